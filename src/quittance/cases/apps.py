"""Django's entry for the app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Name the app."""

    name = "quittance.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
