"""Django's entry for the app."""

from django.apps import AppConfig


class RemittancesConfig(AppConfig):
    """Name the app."""

    name = "quittance.remittances"
    label = "remittances"
    default_auto_field = "django.db.models.BigAutoField"
