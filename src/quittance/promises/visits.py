"""How often the public page of a plan may be opened: so many times a minute, whichever worker answers."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from quittance.foundation import clock
from quittance.promises.models import LinkVisit

VISITS_A_MINUTE_MAX = 30
_COUNT = """
INSERT INTO promises_linkvisit (key, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (key, minute) DO UPDATE SET count = promises_linkvisit.count + 1 RETURNING count
"""


def is_visit_allowed(*, what: str) -> bool:
    """Count one more visit of a plan, or from an address, in this minute; say whether it is not one too many."""
    key = salted_hmac("quittance.plan-visit", what, algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, clock.now().replace(second=0, microsecond=0)])
        return bool(cursor.fetchone()[0] <= VISITS_A_MINUTE_MAX)


def forget_visits() -> int:
    """Delete what was counted before yesterday; return how many rows."""
    return LinkVisit.objects.filter(minute__lt=clock.now() - timedelta(days=1)).delete()[0]
