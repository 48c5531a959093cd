"""Time a dunning run over generated accounts of three sizes: `python -m bench.dunning_run [ACCOUNTS]`.

Ten open items an account. For each size: seconds of the dry run, to prepare the run (decide and write down every
decision with its items), processor seconds of this process in it, to release it; accounts per second; milliseconds of a
message sent (judged again, rendered, claimed, handed to a channel that takes it); the largest resident size. The cost
must grow linearly. The target is 1,000,000 items on 100,000 accounts prepared in 30 s and 1 GiB.

Beside it a naive loop, as a plain program would do it: item by item through the ORM, asking for its notices, disputes,
promises, holds, for the account's credit and contact, and saving what it decided. It is timed on a sample and
extrapolated to the largest size; the last line is the ratio.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time

from quittance.foundation import postgres

SENT = 200
ITEMS_PER_ACCOUNT = 10
NAIVE_ACCOUNTS = 100

ACCOUNTS = f"""
INSERT INTO parties_customer (number, name, kind, is_strategic, country, language, siren, vat_number, lei, street,
    postcode, town, industry, tags, credit_limit_currency, created_at)
SELECT 'B' || n, 'Customer ' || n, 'COMPANY', false, 'FR', (ARRAY['fr', 'en', 'es'])[1 + mod(n, 3)], '', '', '', '',
    '', '', '', '{{}}', 'EUR', now() FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO parties_customeraccount (customer_id, company_id, department_id, number, currency, payment_method, language,
    delivery_preference, is_active, created_at)
SELECT c.id, %(company)s, %(department)s, '411' || c.number, 'EUR', 'TRANSFER', c.language, 'EMAIL', true, now()
FROM parties_customer c WHERE substr(c.number, 2)::bigint BETWEEN %(first)s AND %(last)s;
INSERT INTO parties_contact (customer_id, role, name, email, phone, language, is_opted_out, is_active)
SELECT c.id, 'ACCOUNTS_PAYABLE', 'A. P.', 'ap@' || lower(c.number) || '.example', '', '', false, true
FROM parties_customer c WHERE substr(c.number, 2)::bigint BETWEEN %(first)s AND %(last)s;
INSERT INTO ledger_openitem (account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label, reference,
    journal_code, entry_number, receivable_account, delay_reason_code, is_factored, source, external_id, payload_hash,
    version, recorded_at)
SELECT a.id, 'INVOICE', 'F' || a.id || '-' || i, 1, d.due - 30, d.due - 30, d.due, 'EUR', d.amount, d.amount, 'EUR',
    d.amount, d.amount, '', '', '', '', '411', '', false, 'BENCH', a.id || '-' || i, '', 1, now()
FROM parties_customeraccount a CROSS JOIN generate_series(1, {ITEMS_PER_ACCOUNT}) i
CROSS JOIN LATERAL (SELECT %(today)s::date + (20 - mod(a.id * 7 + i * 31, 60))::int AS due,
                           (100 + mod(a.id * i, 900000))::numeric / 100 AS amount) d
WHERE substr(a.number, 5)::bigint BETWEEN %(first)s AND %(last)s;
ANALYZE parties_customer; ANALYZE parties_customeraccount; ANALYZE parties_contact; ANALYZE ledger_openitem;
"""


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

    from quittance.dunning import queries, services
    from quittance.foundation import clock
    from quittance.foundation.permissions import SYSTEM
    from quittance.parties.models import Company, Department

    today = clock.today()
    company = Company.objects.create(code="BEN", name="Bench", sender_email="a@bench.example")
    department = Department.objects.create(company=company, code="D", name="D")
    done = 0
    prepared = 0.0
    print("accounts      items   dry run    prepare (cpu)    release   accounts/s   ms/message   MiB")
    for size in (accounts // 10, accounts // 3, accounts):
        with connection.cursor() as cursor:
            values = {
                "first": done + 1,
                "last": size,
                "company": company.pk,
                "department": department.pk,
                "today": today,
            }
            for statement in ACCOUNTS.strip().rstrip(";").split(";"):
                cursor.execute(statement, values)
        done = size
        started = time.perf_counter()
        decided = sum(1 for _ in queries.simulate_run(company_id=None, as_of=today))
        dry = time.perf_counter() - started
        started, cpu = time.perf_counter(), time.process_time()
        run_id = services.prepare_run(company_id=None, as_of=today, actor=SYSTEM)
        prepared, cpu = time.perf_counter() - started, time.process_time() - cpu
        started = time.perf_counter()
        services.release_run(run_id=run_id, actor=SYSTEM)
        released = time.perf_counter() - started
        per_message = send_some(SENT)
        services.cancel_run(run_id=run_id, actor=SYSTEM)
        with connection.cursor() as cursor:  # the next size starts as this one did
            cursor.execute(
                "TRUNCATE dunning_dunningrun, dunning_dunningdecisionitem, delivery_transmission, procrastinate_jobs"
                " CASCADE"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{size:>8,} {size * ITEMS_PER_ACCOUNT:>10,} {dry:>8.1f}s {prepared:>8.1f}s ({cpu:>4.1f}) {released:>9.1f}s"
            f" {size / prepared:>12,.0f}"
            f" {per_message * 1000:>12.1f} {peak:>5}   ({decided:,} accounts had something due)",
            flush=True,
        )
    compare(size=accounts, prepared=prepared)


def compare(*, size: int, prepared: float) -> None:
    """Print what the naive loop would take for the largest size, from a sample, and the ratio."""
    started = time.perf_counter()
    count = decide_naively(accounts=NAIVE_ACCOUNTS)
    per_item = (time.perf_counter() - started) / count
    naive = per_item * size * ITEMS_PER_ACCOUNT
    print(
        f"naive loop: {per_item * 1000:.2f} ms an item on {count:,} items of {NAIVE_ACCOUNTS} accounts, so"
        f" {naive:,.0f} s for {size * ITEMS_PER_ACCOUNT:,} items (extrapolated); a run takes {prepared:.1f} s:"
        f" {naive / prepared:,.0f}"
        " times faster"
    )


def decide_naively(*, accounts: int) -> int:
    """Decide item by item through the ORM, and save what was decided; return how many items were looked at."""
    from django.db.models import Q, Sum

    from quittance.cases.models import Dispute
    from quittance.dunning.models import (
        DunningBlock,
        DunningDecision,
        DunningDecisionItem,
        DunningLevel,
        DunningNoticeItem,
        DunningPolicy,
        DunningRun,
    )
    from quittance.foundation import clock
    from quittance.ledger.models import OpenItem
    from quittance.parties.models import Contact, CustomerAccount
    from quittance.promises.models import PromisedItem

    today = clock.today()
    policy = DunningPolicy.objects.get(is_default=True)
    run = DunningRun.objects.create(as_of=today, created_at=clock.now())
    count = 0
    for account in CustomerAccount.objects.order_by("id")[:accounts]:
        decision = DunningDecision.objects.create(
            run=run, account=account, outcome="HOLD", reason_code="NOTHING_DUE", policy=policy, company_currency="EUR"
        )
        for item in OpenItem.objects.filter(account=account, amount_open__gt=0):
            count += 1
            days = (today - item.due_date).days
            last = DunningNoticeItem.objects.filter(item=item, notice__state="SENT").order_by("-level_rank").first()
            rank = -1 if last is None or last.level_rank is None else last.level_rank
            level = (
                DunningLevel.objects.filter(policy=policy, offset_days__lte=days, rank__gt=rank)
                .order_by("rank")
                .first()
            )
            disputed = Dispute.objects.filter(item=item, closed_date=None).aggregate(sum=Sum("amount_disputed"))["sum"]
            is_promised = PromisedItem.objects.filter(item=item, promise__state="OPEN").exists()
            is_held = DunningBlock.objects.filter(Q(item=item) | Q(account=account, item=None)).exists()
            credit = OpenItem.objects.filter(account=account, amount_open__lt=0).aggregate(sum=Sum("amount_open"))[
                "sum"
            ]
            contact = Contact.objects.filter(customer_id=account.customer_id, is_active=True).exclude(email="").first()
            is_sent = level is not None and contact and not (disputed or is_promised or is_held or credit)
            DunningDecisionItem.objects.create(
                decision=decision,
                item=item,
                is_included=bool(is_sent),
                reason_code="LEVEL_REACHED" if is_sent else "HELD",
                level_rank=level.rank if level else None,
                currency=item.currency,
                overdue_days=days,
                amount=item.amount_open,
                amount_held=0,
            )
    return count


def send_some(count: int) -> float:
    """Send messages to a channel that takes everything; return seconds each."""
    from quittance.core.ports.channels import OutgoingMessage, Receipt
    from quittance.dunning import services
    from quittance.dunning.models import DunningNotice

    class Taking:
        """Takes everything."""

        identifier = label = medium = "TAKING"

        def is_ready(self) -> bool:
            return True

        def supports(self, message: OutgoingMessage) -> bool:
            return True

        def send(self, message: OutgoingMessage) -> Receipt:
            return Receipt()

        def close(self) -> None:
            """Nothing to close."""

    ids = list(DunningNotice.objects.filter(state="QUEUED").order_by("id").values_list("id", flat=True)[:count])
    started = time.perf_counter()
    services.send_notices(notice_ids=ids, channel=Taking())
    return (time.perf_counter() - started) / max(1, len(ids))


if __name__ == "__main__":
    main()
