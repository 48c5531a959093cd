"""Django's entry for the app."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """Name the app."""

    name = "quittance.parties"
    label = "parties"
    default_auto_field = "django.db.models.BigAutoField"
