"""Django's entry for the app."""

from django.apps import AppConfig


class DebitsConfig(AppConfig):
    """Name the app."""

    name = "quittance.debits"
    label = "debits"
    default_auto_field = "django.db.models.BigAutoField"
