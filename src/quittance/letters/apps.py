"""Django's entry for the app."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Name the app."""

    name = "quittance.letters"
    label = "letters"
    default_auto_field = "django.db.models.BigAutoField"
