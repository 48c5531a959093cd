"""Django's entry for the app."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """Name the app."""

    name = "quittance.worklist"
    label = "worklist"
    default_auto_field = "django.db.models.BigAutoField"
