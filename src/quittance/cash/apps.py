"""Django's entry for the app."""

from django.apps import AppConfig


class CashConfig(AppConfig):
    """Name the app."""

    name = "quittance.cash"
    label = "cash"
    default_auto_field = "django.db.models.BigAutoField"
