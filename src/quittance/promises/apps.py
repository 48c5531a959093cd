"""Django's entry for the app."""

from django.apps import AppConfig


class PromisesConfig(AppConfig):
    """Name the app."""

    name = "quittance.promises"
    label = "promises"
    default_auto_field = "django.db.models.BigAutoField"
