"""Time the worklist over generated accounts of three sizes: `python -m bench.worklist [ACCOUNTS]`.

For each size: seconds of a full refresh when everything is new, when nothing has changed, and of the next day, when
nearly every row changes; milliseconds to follow one account and a hundred; tasks found; then queries and milliseconds
of server time of Today, one's own list and the team's (the middle of nine). 50,000 accounts must be ranked in 2 s,
the cost must grow linearly, the page stay below 20 queries and 150 ms.
At the end the same ranking by a loop over the models, account by account, timed on a sample: how many times as long it
takes for all accounts, and for the hundred of an incremental refresh, with the queries of both.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bench.dunning_run import ACCOUNTS
from quittance.foundation import postgres

COLLECTORS = 20
TRIES = 9
SAMPLE = 300
TOUCHED = 100
ACCOUNTS_WANTED, SECONDS_WANTED = 50_000, 2.0
# Each collector has a share; limits are low, so that most accounts are to be called about.
SHARE = """
UPDATE parties_customeraccount SET collector_id = %(first_person)s + mod(id, %(people)s) WHERE collector_id IS NULL;
UPDATE parties_customer SET credit_limit = 50 + mod(id, 40) * 500, is_strategic = mod(id, 25) = 0
WHERE credit_limit IS NULL;
"""


def main() -> None:
    """Run the bench on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="?", type=int, default=50_000)
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

    from quittance.foundation import clock
    from quittance.ledger.services import refresh_balances
    from quittance.parties.models import Company, Department, User
    from quittance.worklist.models import Task
    from quittance.worklist.services import refresh_tasks

    today = clock.today()
    company = Company.objects.create(code="BEN", name="Bench")
    department = Department.objects.create(company=company, code="D", name="D")
    people = [
        User.objects.create(email=f"p{n}@bench.example", name=f"P {n}", roles=["COLLECTOR"], sees_all_companies=True)
        for n in range(COLLECTORS)
    ]
    done = 0
    print("accounts   all new   unchanged   next day   one account  hundred     tasks     MiB   Today: mine   team")
    for size in (accounts // 10, accounts // 3, accounts):
        values: dict[str, Any] = {
            "first": done + 1,
            "last": size,
            "company": company.pk,
            "department": department.pk,
            "today": today,
            "first_person": people[0].pk,
            "people": COLLECTORS,
        }
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE worklist_task")
            for statement in (ACCOUNTS + SHARE).strip().rstrip(";").split(";"):
                cursor.execute(statement, values)
        done = size
        refresh_balances(account_ids=None, as_of=today)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        new = _seconds(lambda: refresh_tasks(as_of=today))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE worklist_task")
        same = _seconds(lambda: refresh_tasks(as_of=today))
        refresh_balances(account_ids=None, as_of=today + timedelta(days=1))
        next_day = _seconds(lambda: refresh_tasks(as_of=today + timedelta(days=1)))
        refresh_balances(account_ids=None, as_of=today)
        refresh_tasks(as_of=today)
        touched = list(Task.objects.filter(account__isnull=False).values_list("account_id", flat=True)[:TOUCHED])
        one = _seconds(lambda touched=touched: refresh_tasks(as_of=today, account_ids=touched[:1]))
        hundred = _seconds(lambda touched=touched: refresh_tasks(as_of=today, account_ids=touched))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        pages = "   ".join(_page(people[3], query) for query in ("", "?who=team"))
        print(
            f"{size:>8,} {new:>8.1f}s {same:>10.1f}s {next_day:>9.1f}s"
            f" {one * 1000:>9.0f} ms {hundred * 1000:>6.0f} ms {Task.objects.count():>9,} {peak:>7}   " + pages,
            flush=True,
        )
    if done >= ACCOUNTS_WANTED and max(new, same, next_day) > SECONDS_WANTED:
        print(f"slower than wanted: {ACCOUNTS_WANTED:,} accounts in {SECONDS_WANTED:.0f} s")
    sample = min(SAMPLE, accounts)
    naive = _seconds(lambda: _rank_by_loop(today, sample)) / sample
    queries = _queries(lambda: _rank_by_loop(today, TOUCHED))
    whole, part = (_queries(lambda ids=ids: refresh_tasks(as_of=today, account_ids=ids)) for ids in (None, touched))
    print(f"a loop over the models: {naive * 1000:.1f} ms and {queries / TOUCHED:.1f} queries an account")
    print(f"  all {done:,} accounts: {naive * done / same:,.0f} times as long; {whole} queries here")
    print(f"  {len(touched)} accounts: {naive * len(touched) / hundred:,.1f} times as long; {part} queries here")


def _rank_by_loop(today: Any, count: int) -> int:
    """Rank some accounts as one would without SQL: load each with what belongs to it and ask the core."""
    from django.db.models import Max

    from quittance.cases.models import Dispute
    from quittance.cash.models import BankTransaction
    from quittance.core.worklist import AccountFacts, rank_account
    from quittance.dunning.models import DunningNotice
    from quittance.ledger.models import OpenItem
    from quittance.parties.models import Contact, CustomerAccount
    from quittance.promises.models import PromisedItem, PromiseToPay
    from quittance.worklist.models import Call, Task

    total = 0
    for account in CustomerAccount.objects.select_related("customer", "balance").order_by("id")[:count]:
        items = list(OpenItem.objects.filter(account=account, amount_open__gt=0, due_date__lt=today))
        disputed = sum(
            dispute.amount_disputed
            for item in items
            for dispute in Dispute.objects.filter(item=item, closed_date__isnull=True)
        )
        promised = sum(
            part.amount for item in items for part in PromisedItem.objects.filter(item=item, promise__state="OPEN")
        )
        waiting = sum(
            line.amount for line in BankTransaction.objects.filter(customer=account.customer, state="WAITING")
        )
        broken = PromiseToPay.objects.filter(account=account, state="BROKEN").aggregate(day=Max("decided_date"))["day"]
        called = Call.objects.filter(account=account).aggregate(at=Max("made_at"))["at"]
        noticed = DunningNotice.objects.filter(account=account).aggregate(day=Max("notice_date"))["day"]
        days = [(today - day).days for day in (called and called.date(), noticed) if day]
        overdue = sum(item.amount_open for item in items)
        limit = account.customer.credit_limit or 0
        exposure = sum(one.balance.open_total for one in account.customer.accounts.select_related("balance") if limit)
        facts = AccountFacts(
            amount_overdue=Decimal(overdue),
            amount_claimable=max(Decimal(overdue) - disputed - promised - waiting, Decimal(0)),
            oldest_overdue_days=max(((today - item.due_date).days for item in items), default=0),
            usual_delay_days=account.balance.usual_delay_days,
            amount_over_limit=max(Decimal(exposure - limit), Decimal(0)),
            credit_limit=Decimal(limit),
            promise_broken_days=(today - broken).days if broken else None,
            is_strategic=account.customer.is_strategic,
            has_contact=Contact.objects.filter(customer=account.customer, is_active=True).exists(),
            last_touch_days=min(days, default=None),
        )
        total += rank_account(facts=facts).score
        Task.objects.filter(key=f"account:{account.id}").first()
    return total


def _seconds(run: Any) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _queries(run: Any) -> int:
    """Return how many queries something takes."""
    from django.db import connection

    count = 0

    def counted(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        run()
    return count


def _page(person: Any, query: str) -> str:
    """Return queries and milliseconds of the page."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(person)
    address = f"/today/{query}"
    count = _queries(lambda: client.get(address))
    assert client.get(address).status_code == 200
    times = [_seconds(lambda: client.get(address)) * 1000 for _ in range(TRIES)]
    return f"{count:>2} queries {statistics.median(times):>5.0f} ms"


if __name__ == "__main__":
    main()
