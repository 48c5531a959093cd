"""Try every shipped policy on a file of settled invoices: `python -m bench.replay_history [FILE]`.

The file is read as the importer reads it, with the mapping it proposes; it must have a column of clearing dates. For
each policy: notices by medium, accounts reached, how many notices were needless in whole or in part
(`core.simulation` says what that is), seconds. Every account is taken to have an address for all media. Without FILE
the reference history is taken from `../shared/data` (QUITTANCE_REFERENCE_DATA names another folder).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quittance.adapters.erp.table import preview_table, read_table
from quittance.core.dates import parse_date
from quittance.core.dunning import (
    ContactRules,
    DunningLevel,
    DunningMedium,
    LearntTiming,
    StepClock,
    StepCondition,
    Validation,
)
from quittance.core.ports.intake import LedgerLine
from quittance.core.simulation import (
    Needless,
    Period,
    SimulatedNotice,
    SimulatedPolicy,
    is_on_its_way,
    judge,
    simulate,
)
from quittance.core.simulation_history import HistoryAccount, HistoryItem, Move

if TYPE_CHECKING:
    from quittance.dunning.shipped import ShippedPolicy

REFERENCE = "ar_history_highradius/highradius_closed_invoices_created_to_20191027.csv.gz"
COUNTRIES = {"USD": "US", "CAD": "CA"}
ON_ITS_WAY = (1, 3, 5)


def main() -> None:
    """Read the file and print a line for each policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    options = parser.parse_args()
    folder = Path(os.environ.get("QUITTANCE_REFERENCE_DATA") or Path(__file__).parents[2] / "shared" / "data")
    path = options.file or folder / REFERENCE
    if not path.is_file():
        raise SystemExit("skipped: no reference data")
    started = time.perf_counter()
    accounts = read_history(path)
    items = [item for account in accounts for item in account.items]
    first = min(item.document_date for item in items)
    last = max(move.day for item in items for move in item.moves)
    print(
        f"{len(items):,} items of {len(accounts):,} accounts, {first} to {last}, "
        f"read in {time.perf_counter() - started:.1f} s"
    )
    print(f"\n{'policy':<18}{'notices':>8}{'accounts':>9}  needless whole / part, paid within {ON_ITS_WAY} days")
    with tempfile.TemporaryDirectory() as data:
        os.environ |= {"QUITTANCE_DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "quittance.config.settings"}
        import django

        django.setup()
        for policy in shipped_policies():
            print_policy(policy, accounts, Period(first=first, last=last))


def read_history(path: Path) -> list[HistoryAccount]:
    """Return the accounts of the file with their items; a line without clearing date stays open."""
    proposal = preview_table(path=path).proposal
    column = dict(proposal.profile.columns).get("cleared_date", "")
    reading = read_table(path=path, profile=replace(proposal.profile, is_cleared_taken=True))
    found: defaultdict[tuple[str, str], list[HistoryItem]] = defaultdict(list)
    for number, line in enumerate(reading.records()):
        if isinstance(line, LedgerLine):
            cleared = dict(line.extra).get(column, "")
            found[line.company_code or "", line.account_number].append(_item(number, line, cleared))
    return [
        HistoryAccount(account_id=number, items=tuple(items), quiet_dates=_holidays(items))
        for number, items in enumerate(found.values(), 1)
    ]


def _item(number: int, line: LedgerLine, cleared: str) -> HistoryItem:
    moves = (Move(day=parse_date(cleared), amount=-line.amount),) if cleared else ()
    return HistoryItem(
        item_id=number,
        document_date=line.document_date,
        due_date=line.due_date or line.document_date,
        currency=line.currency,
        amount=line.amount,
        kind=line.kind,
        weight=line.amount,
        moves=moves,
    )


def _holidays(items: Iterable[HistoryItem]) -> frozenset[date]:
    import holidays

    country = COUNTRIES.get(next(iter(items)).currency, "")
    years = {move.day.year for item in items for move in item.moves}
    return frozenset(holidays.country_holidays(country, years=years)) if country and years else frozenset()


def shipped_policies() -> list[SimulatedPolicy]:
    """Return the policies that every installation has, as the core tries them."""
    from quittance.dunning.shipped import further_policies, standard_policy

    return [policy_of(shipped) for shipped in (standard_policy(), *further_policies())]


def policy_of(shipped: ShippedPolicy) -> SimulatedPolicy:
    """Return a shipped policy as the core takes it: what its rows would say, without writing them."""
    from quittance.dunning.models import DunningPolicy

    names = [
        *("interval_days_min", "amount_min", "touches_max", "touches_days", "is_quiet_on_weekends"),
        *("is_quiet_on_holidays", "is_timing_learnt", "tolerance_days_learnt"),
    ]
    usual = {name: getattr(DunningPolicy(), name) for name in names}
    said = {**usual, **shipped.columns}
    return SimulatedPolicy(
        code=shipped.code,
        levels=tuple(_level(step) for step in shipped.steps),
        interval_days_min=said["interval_days_min"],
        minimum_amount=Decimal(said["amount_min"]),
        rules=ContactRules(
            touches_max=said["touches_max"],
            touches_days=said["touches_days"],
            is_quiet_on_weekends=said["is_quiet_on_weekends"],
            is_quiet_on_holidays=said["is_quiet_on_holidays"],
        ),
        timing=LearntTiming(tolerance_days=said["tolerance_days_learnt"]) if said["is_timing_learnt"] else None,
    )


def _level(step: dict[str, Any]) -> DunningLevel:
    kinds: dict[str, Any] = {
        "medium": DunningMedium,
        "counted_from": StepClock,
        "condition": StepCondition,
        "validated_by": Validation,
        "recipient_roles": tuple,
    }
    columns = {name: kinds[name](value) if name in kinds else value for name, value in step.items() if name != "name"}
    return DunningLevel(**columns)


def print_policy(policy: SimulatedPolicy, accounts: list[HistoryAccount], period: Period) -> None:
    """Run a policy and print what it would have sent."""
    started = time.perf_counter()
    notices = list(simulate(accounts=accounts, policy=policy, period=period))
    seconds = time.perf_counter() - started
    items = {item.item_id: item for account in accounts for item in account.items}
    shares = []
    for days in ON_ITS_WAY:
        counts = Counter(judge_again(notice, items, days) for notice in notices)
        shares.append(f"{counts[Needless.WHOLE]:>6,} / {counts[Needless.PART]:<5,}{_percent(counts, len(notices)):<17}")
    reached = len({notice.account_id for notice in notices if notice.medium.is_touch})
    print(f"{policy.code:<18}{len(notices):>8,}{reached:>9,}  {''.join(shares)}{seconds:.1f} s", flush=True)
    steps = Counter((one.level.rank, one.level.code, one.medium.value) for one in notices)
    whole = Counter(one.level.rank for one in notices if one.needless is Needless.WHOLE)
    for (rank, code, medium), count in sorted(steps.items()):
        share = 100 * whole[rank] / count
        print(f"    {code:<24}{medium:<8}{count:>7,}   needless in whole {whole[rank]:>6,} ({share:.1f} %)")


def judge_again(notice: SimulatedNotice, items: dict[int, HistoryItem], days: int) -> Needless:
    """Judge a notice with another number of days."""
    if not notice.medium.is_touch:
        return Needless.NO
    return judge(
        replace(
            one,
            is_on_its_way=is_on_its_way(
                item=items[one.item_id], amount=one.amount, day=notice.day, on_its_way_days=days
            ),
        )
        for one in notice.items
    )


def _percent(counts: Counter[Needless], total: int) -> str:
    if not total:
        return ""
    return f" {100 * counts[Needless.WHOLE] / total:.1f} / {100 * counts[Needless.PART] / total:.1f} %"


if __name__ == "__main__":
    main()
