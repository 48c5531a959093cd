"""Django's entry for the app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Name the app."""

    name = "quittance.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
