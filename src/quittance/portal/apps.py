"""Django's entry for the app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Name the app."""

    name = "quittance.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"
