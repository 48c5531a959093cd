"""Time segments over generated accounts of three sizes: `python -m bench.segments [ACCOUNTS]`.

For each size: seconds to work out all shipped segments when nobody belonged yet and when nothing has changed, rows
kept; milliseconds to count and sample a rule while somebody builds it. 100,000 accounts must be worked out in 10 s, a
rule be counted in 1 s, and the cost grow linearly. At the end the same by a loop that asks for the facts of each.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from typing import Any

from bench.dunning_run import ACCOUNTS
from quittance.foundation import postgres

SAMPLE = 300
ACCOUNTS_WANTED, SECONDS_WANTED, PREVIEW_SECONDS_WANTED = 100_000, 10.0, 1.0
# Payers of every manner, some strategic, some public, some promises kept and broken.
MANNERS = """
UPDATE ledger_accountbalance SET usual_delay_days = mod(account_id, 50) - 5, paid_count = mod(account_id, 12);
UPDATE parties_customer SET is_strategic = mod(id, 25) = 0,
    kind = CASE WHEN mod(id, 30) = 1 THEN 'PUBLIC' ELSE kind END;
INSERT INTO promises_promisetopay (account_id, amount, currency, made_on, promised_date, tolerance_days, state,
    decided_date, amount_kept, made_by_contact, comment, recorded_at)
SELECT a.id, 10, 'EUR', %(today)s::date - 60, %(today)s::date - 40, 3, (ARRAY['KEPT', 'BROKEN'])[1 + mod(a.id, 2)],
    %(today)s::date - 30, 0, '', '', now()
FROM parties_customeraccount a WHERE mod(a.id, 5) = 0 AND substr(a.number, 5)::bigint BETWEEN %(first)s AND %(last)s
"""
RULE = {
    "all": [
        {"field": "country", "is": "ONE_OF", "value": ["FR", "DE"]},
        {"field": "overdue", "is": "AT_LEAST", "value": "500"},
        {
            "any": [
                {"field": "payer_class", "is": "ONE_OF", "value": ["LATE", "VERY_LATE"]},
                {"field": "promises_kept_pct", "is": "AT_MOST", "value": 50},
            ]
        },
    ]
}


def main() -> None:
    """Run the bench on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="?", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres.temporary_server() as address:
        os.environ |= {
            "QUITTANCE_DATA_DIR": folder,
            "QUITTANCE_DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "quittance.config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(options.accounts)


def measure(accounts: int) -> None:
    """Grow to each size and print its figures."""
    from django.db import connection

    from quittance.core.segments import read_rule
    from quittance.foundation import clock
    from quittance.ledger.services import refresh_balances
    from quittance.parties.models import Company, Department
    from quittance.segments.queries import preview_rule
    from quittance.segments.services import refresh_memberships

    today, rule = clock.today(), read_rule(RULE)
    company = Company.objects.create(code="BEN", name="Bench")
    department = Department.objects.create(company=company, code="D", name="D")
    first = 1
    print("accounts   all new  unchanged     rows  one rule")
    for size in (accounts // 10, accounts // 3, accounts):
        place = {"company": company.pk, "department": department.pk}
        values = {**place, "first": first, "last": size, "today": today}
        _run(ACCOUNTS, values)
        refresh_balances(account_ids=None, as_of=today)
        _run(MANNERS, values)
        first = size + 1
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE segments_membership; ANALYZE")
        new = _seconds(lambda: refresh_memberships(as_of=today))
        same = _seconds(lambda: refresh_memberships(as_of=today))
        preview = _seconds(lambda: preview_rule(rule=rule, as_of=today))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM segments_membership")
            rows = (cursor.fetchone() or (0,))[0]
        print(f"{size:>8,} {new:>8.2f}s {same:>9.2f}s {rows:>8,} {preview * 1000:>6.0f} ms", flush=True)
    if accounts >= ACCOUNTS_WANTED and (new > SECONDS_WANTED or preview > PREVIEW_SECONDS_WANTED):
        print(f"slower than wanted: {SECONDS_WANTED:.0f} s, and {PREVIEW_SECONDS_WANTED:.0f} s a rule")
    count = min(SAMPLE, accounts)
    naive = _seconds(lambda: _by_loop(today, count)) / count
    print(f"a loop over the accounts: {naive * 1000:.1f} ms an account, {naive * accounts / new:,.0f} times as long")


def _run(statements: str, values: dict[str, Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements.strip().rstrip(";").split(";"):
            cursor.execute(statement, values)


def _by_loop(today: Any, count: int) -> None:
    """Ask for the facts of each account and judge all segments by the core."""
    from quittance.core.segments import evaluate
    from quittance.parties.models import CustomerAccount
    from quittance.segments.compiler import read_facts
    from quittance.segments.queries import list_segments

    segments = list_segments()
    for account_id in CustomerAccount.objects.order_by("id").values_list("id", flat=True)[:count]:
        facts = read_facts(account_ids=[account_id], as_of=today)[account_id]
        for segment in segments:
            evaluate(rule=segment.rule, facts=facts)


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
