"""Django's entry for the app."""

from django.apps import AppConfig


class DunningConfig(AppConfig):
    """Name the app."""

    name = "quittance.dunning"
    label = "dunning"
    default_auto_field = "django.db.models.BigAutoField"
