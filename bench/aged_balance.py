"""Time the aged balance of 1,000,000 open items on 100,000 accounts: `python -m bench.aged_balance [ITEMS]`.

Prints, at three sizes, the seconds of what the page shows (every row added up, the fifty most overdue and the totals)
for today and a past day, from the items and from the sums that are kept, the refresh of these sums, and one page of
items. "Every row" takes 100,000 rows into Python, as the command does. Fails when today by any key takes more than a
second at the largest size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta

SECONDS_MAX = 1.0
DAY = date(2026, 6, 30)

_ACCOUNTS = """
INSERT INTO parties_company (code, name, currency, country, legal_identifier, vat_number, street, postcode, town,
    sender_name, sender_email, phone, language, receivable_prefixes)
VALUES ('B', 'Bench', 'EUR', 'FR', '', '', '', '', '', '', '', '', 'fr', '{411}');
INSERT INTO parties_department (company_id, code, name) SELECT id, 'D' || n, 'Department ' || n
FROM parties_company, generate_series(1, 4) n;
INSERT INTO parties_customer (number, name, kind, is_strategic, country, language, siren, vat_number, lei, street,
    postcode, town, industry, tags, credit_limit_currency, created_at)
SELECT 'C' || n, 'Customer ' || md5(n::text), 'COMPANY', false, 'FR', 'fr', '', '', '', '', '', '', '', '{}', 'EUR',
    now()
FROM generate_series(1, %(accounts)s) n;
UPDATE parties_customer c SET parent_id = p.id FROM parties_customer p
WHERE c.id %% 10 <> 0 AND p.id = c.id - c.id %% 10 AND c.id %% 3 = 0;
INSERT INTO parties_customeraccount (customer_id, company_id, department_id, number, currency, payment_method, language,
    delivery_preference, is_active, created_at)
SELECT c.id, d.company_id, d.id, c.number, 'EUR', 'TRANSFER', 'fr', 'EMAIL', true, now()
FROM parties_customer c JOIN (SELECT id, company_id, row_number() OVER (ORDER BY id) AS n FROM parties_department) d
    ON d.n = 1 + c.id %% 4;
"""
_ITEMS = """
INSERT INTO ledger_openitem (account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label, reference,
    journal_code, entry_number, receivable_account, delay_reason_code, is_factored, source, external_id, payload_hash,
    version, recorded_at)
SELECT a.id, CASE WHEN n %% 11 = 0 THEN 'CREDIT_NOTE' WHEN n %% 7 = 0 THEN 'PAYMENT' ELSE 'INVOICE' END, 'F' || n, 1,
    d.day, d.day, d.day + 30, 'EUR', s.value, s.value, 'EUR', s.value, s.value, '', '', 'VE', '', '411', '', false,
    'BENCH', 'B' || n, '', 1, now()
FROM generate_series(1, %(items)s) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM parties_customeraccount) a
    ON a.place = n %% %(accounts)s
CROSS JOIN LATERAL (SELECT %(day)s::date - (n::bigint * 7919 %% 400)::int AS day) d
CROSS JOIN LATERAL (
    SELECT CASE WHEN n %% 11 = 0 OR n %% 7 = 0 THEN -1 ELSE 1 END * (1 + n %% 99991) / 100.0
        AS value
) s
"""
_ALLOCATIONS = """
INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit,
    effective_date, posted_at, origin, code, strategy, evidence)
SELECT d.id, c.id, 0.01, 0.01, 0.01, greatest(d.document_date, c.document_date, %(day)s - (c.id %% 60)::int), now(),
    'RULE', '', '', '{}'
FROM ledger_openitem c
JOIN LATERAL (
    SELECT id, document_date FROM ledger_openitem d WHERE d.account_id = c.account_id AND d.amount_original > 0
    ORDER BY due_date, id LIMIT 1
) d ON true
WHERE c.kind = 'PAYMENT' AND c.id %% 3 = 0
"""


def main() -> int:
    """Run the bench; fail when the largest size misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=1_000_000)
    options = parser.parse_args()
    from quittance.foundation import postgres

    today_seconds = 0.0
    for items in (options.items // 10, options.items // 3, options.items):
        with tempfile.TemporaryDirectory(prefix="quittance-bench-") as folder, postgres.temporary_server() as url:
            os.environ.update(
                QUITTANCE_DATABASE_URL=url,
                QUITTANCE_DATA_DIR=folder,
                DJANGO_SETTINGS_MODULE="quittance.config.settings",
            )
            subprocess.run([sys.executable, "-m", "django", "migrate", "-v", "0"], check=True, capture_output=True)
            done = subprocess.run(
                [sys.executable, "-c", f"from bench.aged_balance import measure; measure({items})"],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            print(done.stdout, end="", flush=True)
            lines = [line.strip() for line in done.stdout.splitlines() if "today by" in line and "every" not in line]
            today_seconds = max(float(line.split()[-2]) for line in lines)
    return 0 if today_seconds <= SECONDS_MAX else 1


def measure(items: int) -> None:
    """Fill the database and print the seconds of each question."""
    import django

    django.setup()
    from quittance.ledger.queries import GroupBy, aged_balance, list_items
    from quittance.ledger.queries.aged_pages import read_aged_page
    from quittance.ledger.services import refresh_balances
    from quittance.ledger.services.past_days import prepare_past_day

    accounts = fill(items, day=DAY)
    past = DAY - timedelta(days=20)

    def page(group_by: GroupBy, day: date = DAY) -> Callable[[], object]:
        return lambda: read_aged_page(as_of=day, group_by=group_by, order_sql="overdue DESC, id", limit=50)

    questions: dict[str, Callable[[], object]] = {
        "from the items, by account": page(GroupBy.ACCOUNT),
        "from the items, by company": page(GroupBy.COMPANY),
        "refresh of all balances": lambda: refresh_balances(account_ids=None, as_of=DAY),
        **{f"today by {by.value.lower()}": page(by) for by in GroupBy},
        "today by account, every row": lambda: aged_balance(as_of=DAY),
        "20 days ago by account": lambda: aged_balance(as_of=past),
        "20 days ago by company": lambda: aged_balance(as_of=past, group_by=GroupBy.COMPANY),
        "prepare 20 days ago": lambda: prepare_past_day(as_of=past),
        **{f"prepared 20 days ago by {by.value.lower()}": page(by, past) for by in GroupBy},
        "refresh the next day": lambda: refresh_balances(account_ids=None, as_of=DAY + timedelta(days=1)),
        "page of items": lambda: list(list_items(as_of=DAY)[:50]),
        "page of items 20 days ago": lambda: list(list_items(as_of=past)[:50]),
    }
    print(f"{items:,} items, {accounts:,} accounts:")
    for name, question in questions.items():
        best = min(_seconds(question) for _ in range(1 if name.startswith(("refresh", "prepare ")) else 3))
        print(f"  {name} {best:.3f} s")


def fill(items: int, *, day: date) -> int:
    """Write items up to a day on a tenth as many accounts, straight into the tables; return the number of accounts."""
    from django.db import connection

    accounts = max(items // 10, 1)
    parameters = {"items": items, "accounts": accounts, "day": day}
    with connection.cursor() as cursor:
        for sql in (_ACCOUNTS, _ITEMS, _ALLOCATIONS):
            cursor.execute(sql, parameters)
        cursor.execute("VACUUM ANALYZE")
    return accounts


def _seconds(question: Callable[[], object]) -> float:
    started = time.perf_counter()
    question()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
