"""Django's entry for the app."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Name the app."""

    name = "quittance.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"
