"""Django's entry for the app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Name the app."""

    name = "quittance.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"
