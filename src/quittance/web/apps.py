"""Django's entry for the app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Name the app."""

    name = "quittance.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
