"""Django's entry for the app."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Name the app."""

    name = "quittance.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"
