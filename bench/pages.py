"""Queries and server time of every list page at 1,000,000 items and 100,000 accounts: `python -m bench.pages [ITEMS]`.

For each page: number of queries and milliseconds of server time (the middle of seven, after one to warm up). Fails when
a page takes more than 15 queries or more than 150 ms at the size asked for. A second table has the dashboard, and the
pages of a day in the past once the worker has prepared it: the limits stand beside them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

QUERIES_MAX, MILLISECONDS_MAX, TRIES = 15, 150, 7
PAGES = (
    "/today/", "/today/?who=team", "/customers/", "/customers/?sort=name", "/customers/?q=c4c", "/customers/?q=41",
    "/customers/?q=C12", "/items/", "/items/?late=yes",
    "/items/?state=disputed", "/items/?q=F12345", "/items/?q=12,34", "/items/?sort=-open_amount", "/cases/", "/cash/",
    "/cash/lines/", "/cash/statements/", "/reminders/", "/imports/", "/search/?q=customer", "/settings/audit/",
    "/today/calls/", "/today/team/", "/plans/", "/hand-overs/", "/limitation/", "/messages/", "/messages/replies/",
    "/reminders/letters/", "/cash/remittances/", "/cash/learnt/", "/cash/expected/", "/cash/expected/list/",
    "/cash/reports/", "/cash/suspense/", "/cash/suspense/money/", "/cash/erp/", "/cash/erp/batches/", "/cash/debits/",
    "/cash/debits/answers/", "/cash/debits/mandates/", "/settings/segments/",
)  # fmt: skip

PAST_DAYS = 20
DASHBOARD_MAX = 500
# Page, day, milliseconds at most.
MORE_PAGES = (
    ("/cash/reports/", 0, DASHBOARD_MAX), ("/insight/aged-balance/", 0, DASHBOARD_MAX),
    ("/insight/", 0, DASHBOARD_MAX), ("/insight/history/", 0, DASHBOARD_MAX), ("/insight/", PAST_DAYS, DASHBOARD_MAX),
    ("/insight/history/", PAST_DAYS, DASHBOARD_MAX), ("/items/", PAST_DAYS, MILLISECONDS_MAX),
    ("/items/?late=yes", PAST_DAYS, MILLISECONDS_MAX), ("/customers/", PAST_DAYS, MILLISECONDS_MAX),
    ("/customers/?sort=name", PAST_DAYS, MILLISECONDS_MAX), ("/customers/?q=c4c", PAST_DAYS, MILLISECONDS_MAX),
    ("/items/?sort=-open_amount", PAST_DAYS, MILLISECONDS_MAX),
)  # fmt: skip


def main() -> int:
    """Fill a database of its own, then ask each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=1_000_000)
    options = parser.parse_args()
    from quittance.foundation import postgres

    with tempfile.TemporaryDirectory(prefix="quittance-bench-") as folder, postgres.temporary_server() as url:
        os.environ.update(
            QUITTANCE_DATABASE_URL=url, QUITTANCE_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="quittance.config.settings",
            QUITTANCE_ALLOWED_HOSTS="testserver",
        )  # fmt: skip
        subprocess.run([sys.executable, "-m", "django", "migrate", "-v", "0"], check=True, capture_output=True)
        return measure(options.items)


def measure(items: int) -> int:
    """Print the figures of each page; return 1 when one is over its limits."""
    import django

    django.setup()
    from django.test import Client

    from bench.aged_balance import fill
    from quittance.foundation import clock
    from quittance.ledger.services import refresh_balances
    from quittance.ledger.services.past_days import prepare_past_day
    from quittance.parties import setup
    from quittance.worklist.services import refresh_tasks

    fill(items, day=clock.today())
    refresh_balances(account_ids=None, as_of=clock.today())
    setup.add_person(
        email="bench@example.com", name="Bench", password="bench", roles=["CREDIT_MANAGER"], language="en",
        companies=None,
    )  # fmt: skip
    refresh_tasks(as_of=clock.today())
    _vacuum()
    client = Client()
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(email="bench@example.com"))
    print(f"{items:,} items, {max(items // 10, 1):,} accounts")
    over = [page for page in PAGES if not _ask(client, page)]
    print(f"over {QUERIES_MAX} queries or {MILLISECONDS_MAX} ms: {', '.join(over) or 'none'}")
    started = time.perf_counter()
    prepare_past_day(as_of=clock.today() - timedelta(days=PAST_DAYS))
    print(f"The dashboard, and {PAST_DAYS} days ago (prepared in {time.perf_counter() - started:.1f} s):")
    slow = [page for page, days_ago, limit in MORE_PAGES if not _ask_on(client, page, days_ago, limit)]
    print(f"over {QUERIES_MAX} queries or their limit: {', '.join(slow) or 'none'}")
    return 1 if over or slow else 0


def _ask_on(client: Any, page: str, days_ago: int, milliseconds_max: int) -> bool:
    """Choose the day, which the session keeps, then ask the page."""
    from quittance.foundation import clock

    day = (clock.today() - timedelta(days=days_ago)).isoformat() if days_ago else ""
    client.get(f"/today/?desk_as_of={day}")
    label = f"{page} {days_ago} days ago" if days_ago else page
    return _ask(client, page, milliseconds_max=milliseconds_max, label=label)


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _ask(client: Any, page: str, *, milliseconds_max: int = MILLISECONDS_MAX, label: str = "") -> bool:
    """Ask a page some times; print its figures and tell whether it keeps within the limits."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(page)
    with CaptureQueriesContext(connection) as captured:
        status = client.get(page).status_code
    queries = captured.captured_queries  # read now: the next request empties the log
    times = []
    for _ in range(TRIES):
        started = time.perf_counter()
        client.get(page)
        times.append((time.perf_counter() - started) * 1000)
    middle = statistics.median(times)
    limit = f"limit {milliseconds_max}, " if label else ""
    figures = f"{len(queries):>3} queries  {middle:>7.0f} ms  ({limit}least {min(times):.0f})"
    print(f"  {label or page:<36} {status}  {figures}", flush=True)
    slow = max(queries, key=lambda query: float(query["time"]), default=None)
    if slow and middle > milliseconds_max:
        print(f"      slowest query {float(slow['time']) * 1000:.0f} ms: {slow['sql'][:150]}")
    return len(queries) <= QUERIES_MAX and middle <= milliseconds_max and status == 200


if __name__ == "__main__":
    sys.exit(main())
