"""Django's entry for the app."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Name the app."""

    name = "quittance.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"
