"""Django's entry for the app."""

import gc

from django.apps import AppConfig

from quittance.foundation.lookups import register

# Young objects before a collection, and how many of those before older ones are looked at (CPython: 700, 10, 10). A
# report of 100,000 rows is long-lived from the first to the last: with CPython's values a third of its time went into
# looking for garbage among them.
GC_THRESHOLDS = (50_000, 20, 50)


class FoundationConfig(AppConfig):
    """Name the app; set up what every process needs."""

    name = "quittance.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make our lookups known; let the collector of cyclic garbage run less often."""
        register()
        gc.set_threshold(*GC_THRESHOLDS)
