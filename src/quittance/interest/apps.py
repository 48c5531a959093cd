"""Django's entry for the app."""

from django.apps import AppConfig


class InterestConfig(AppConfig):
    """Name the app."""

    name = "quittance.interest"
    label = "interest"
    default_auto_field = "django.db.models.BigAutoField"
