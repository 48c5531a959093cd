"""Time the simulation of two policies over generated accounts: `python -m bench.simulation [ACCOUNTS]`.

For each of three sizes: seconds to read the history of half a year, to try the standard policy and one with a learnt
timing on it, account days per second of each, and of the whole job with its rows; the largest resident size. Ten items
an account, most of them paid around their due date. At the end the same accounts judged on every day: the ratio is
what looking only on days that matter saves.
"""

from __future__ import annotations

import resource
import time
from datetime import timedelta

from bench.dunning_run import ACCOUNTS
from bench.frame import grow, make_company, run_on_own_database

DAYS = 182
SAMPLE = 300
# Four items in five are paid, by one payment for each, between ten days before and thirty after the due date.
PAYMENTS = """
INSERT INTO ledger_openitem (account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label, reference,
    journal_code, entry_number, receivable_account, delay_reason_code, is_factored, source, external_id, payload_hash,
    version, recorded_at)
SELECT i.account_id, 'PAYMENT', 'P' || i.id, 1, p.day, p.day, p.day, 'EUR', -i.amount_original, -i.amount_original,
    'EUR', -i.amount_company, -i.amount_company, '', i.id::text, '', '', '411', '', false, 'BENCH-PAID', i.id::text, '',
    1, now()
FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
CROSS JOIN LATERAL (SELECT i.due_date + (mod(i.id * 13, 40) - 10)::int AS day) p
WHERE i.kind = 'INVOICE' AND mod(i.id, 5) > 0 AND p.day <= %(today)s
  AND substr(a.number, 5)::bigint BETWEEN %(first)s AND %(last)s;
INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit,
    effective_date, posted_at, origin, code, strategy, evidence)
SELECT p.reference::bigint, p.id, -p.amount_original, -p.amount_company, -p.amount_company, p.document_date, now(),
    'ERP', '', '', '{}'
FROM ledger_openitem p JOIN parties_customeraccount a ON a.id = p.account_id
WHERE p.source = 'BENCH-PAID' AND substr(a.number, 5)::bigint BETWEEN %(first)s AND %(last)s;
ANALYZE ledger_openitem; ANALYZE ledger_allocation;
"""
# The items of the run's bench lie around today; here they lie all over the half year.
SPREAD = "(20 - mod(a.id * 7 + i * 31, 60))", "(20 - mod(a.id * 7 + i * 31, 200))"


def main() -> None:
    """Run the bench on a database of its own."""
    run_on_own_database(description=__doc__, accounts=10_000, measure=measure)


def measure(accounts: int) -> None:
    """Grow to each size and print its figures."""
    from quittance.foundation import clock

    owner = make_company()
    done = 0
    print("accounts   read   standard   learnt     job   account days/s (standard, learnt, job of both)   MiB")
    for size in (accounts // 10, accounts // 3, accounts):
        statements = f"{ACCOUNTS.replace(*SPREAD)}{PAYMENTS}"
        grow(statements=statements, first=done + 1, last=size, today=clock.today(), owner=owner)
        done = size
        print_size(size)
    print_every_day()


def print_size(size: int) -> None:
    """Read, try and run the job at one size."""
    from quittance.core.simulation import Period, simulate_account
    from quittance.dunning.policies import read_policies
    from quittance.foundation import clock
    from quittance.foundation.permissions import SYSTEM
    from quittance.simulation import services
    from quittance.simulation.history import list_accounts, read_history
    from quittance.simulation.policies import policy_tried

    last = clock.today() - timedelta(days=1)
    period = Period(first=last - timedelta(days=DAYS - 1), last=last)
    started = time.perf_counter()
    ids = list_accounts(first=period.first, last=last, today=last, company_id=None, segment_id=None)
    found = [
        one
        for start in range(0, len(ids), 500)
        for one in read_history(account_ids=ids[start : start + 500], first=period.first, last=last)
    ]
    seconds = [time.perf_counter() - started]
    book = read_policies(as_of=last)
    for code in ("STANDARD", "STRATEGIC"):
        policy = policy_tried(policy=book.by_code[code])
        started = time.perf_counter()
        for one in found:
            simulate_account(account=one.account, policy=policy, period=period)
        seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    simulation_id = services.start_simulation(
        policy_a_id=book.by_code["STANDARD"].id, policy_b_id=book.by_code["STRATEGIC"].id, company_id=None,
        segment_id=None, first_date=period.first, last_date=last, warm_up_days=0, is_on_weekends=True, actor=SYSTEM,
    )  # fmt: skip
    services.run_simulation(simulation_id=simulation_id)
    seconds.append(time.perf_counter() - started)
    days = len(ids) * DAYS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{size:>8,} {seconds[0]:>5.1f}s {seconds[1]:>8.1f}s {seconds[2]:>7.1f}s {seconds[3]:>6.1f}s"
        f" {days / seconds[1]:>14,.0f} {days / seconds[2]:>11,.0f} {2 * days / seconds[3]:>11,.0f} {peak:>20}",
        flush=True,
    )


def print_every_day() -> None:
    """Judge some accounts on every day, and say how much slower that is."""
    from quittance.core.simulation import Period, simulate_account
    from quittance.dunning.policies import read_policies
    from quittance.foundation import clock
    from quittance.simulation.history import list_accounts, read_history
    from quittance.simulation.policies import policy_tried

    last = clock.today() - timedelta(days=1)
    period = Period(first=last - timedelta(days=DAYS - 1), last=last)
    ids = list_accounts(first=period.first, last=last, today=last, company_id=None, segment_id=None)[:SAMPLE]
    policy = policy_tried(policy=read_policies(as_of=last).by_code["STANDARD"])
    accounts = read_history(account_ids=ids, first=period.first, last=last)
    seconds = []
    for is_every_day_judged in (False, True):
        started = time.perf_counter()
        for one in accounts:
            simulate_account(account=one.account, policy=policy, period=period, is_every_day_judged=is_every_day_judged)
        seconds.append(time.perf_counter() - started)
    print(f"on every day: {seconds[1] / seconds[0]:.1f} times the work ({len(accounts)} accounts)")


if __name__ == "__main__":
    main()
