"""Django's entry for the API: its page is a template of its own."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Name the interface."""

    name = "quittance.api"
    label = "api"
