"""Django's entry for the app."""

from django.apps import AppConfig


class WritebackConfig(AppConfig):
    """Name the app."""

    name = "quittance.writeback"
    label = "writeback"
    default_auto_field = "django.db.models.BigAutoField"
