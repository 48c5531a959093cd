"""Django's entry for the app."""

from django.apps import AppConfig


class LitigationConfig(AppConfig):
    """Name the app."""

    name = "quittance.litigation"
    label = "litigation"
    default_auto_field = "django.db.models.BigAutoField"
