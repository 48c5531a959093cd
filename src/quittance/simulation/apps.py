"""Django's entry for the app."""

from django.apps import AppConfig


class SimulationConfig(AppConfig):
    """Name the app."""

    name = "quittance.simulation"
    label = "simulation"
    default_auto_field = "django.db.models.BigAutoField"
