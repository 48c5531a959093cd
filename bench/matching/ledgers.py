"""Match the payments of real ledgers without their letters, and compare group by group with the accountant's lettering.

    python -m bench.matching.ledgers

Each payment is decided on its day, with the items that were open then, its label as the bank's text and the account as
the known payer. What was decided rightly is settled as decided; what was left to a person as the accountant did it.
Names and labels are not printed.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from quittance.adapters.erp.fec import FecReader
from quittance.core.matching import (
    BankLine,
    CandidateItem,
    CandidatePool,
    Evidence,
    EvidenceKind,
    MatchDecision,
    PayerIdentity,
    decide_line,
)
from quittance.core.money import to_minor_units
from quittance.core.ports.intake import LedgerLine, LineKind, ledger_line_from_row

CONFIDENCE = 980


@dataclass(slots=True, kw_only=True)
class Group:
    """One letter of one account: its items, its payments, and what was decided of them."""

    items: set[int] = field(default_factory=set)
    payments: set[int] = field(default_factory=set)
    balance: int = 0
    applied: set[int] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    strategies: list[str] = field(default_factory=list)
    is_different: bool = False

    @property
    def verdict(self) -> str:
        """Return what came of it, in the words of the report."""
        if self.is_different:
            return "differs"
        if self.reasons and len(self.reasons) == len(self.payments):
            return "left to a person"
        if self.reasons:
            return "agrees in part"
        return "agrees" if self.applied == self.items else "agrees, other items of the group left open"


def read_lines(path: Path) -> list[LedgerLine]:
    """Return the receivable lines of a FEC file."""
    reading = FecReader().open(path=path)
    return [ledger_line_from_row(row) for row in reading.rows() if isinstance(row, tuple)]


def compare(lines: Sequence[LedgerLine]) -> tuple[dict[tuple[str, str], Group], Counter[str]]:
    """Return the groups with what was decided, and what became of the payments that bear no letter."""
    by_account: defaultdict[str, list[LedgerLine]] = defaultdict(list)
    for line in lines:
        by_account[line.account_number].append(line)
    groups: dict[tuple[str, str], Group] = {}
    loose: Counter[str] = Counter()
    for family, account in enumerate(sorted(by_account), 1):
        _compare_account(family, by_account[account], groups, loose)
    return {key: group for key, group in groups.items() if group.payments and group.items}, loose


def _compare_account(
    family: int, lines: list[LedgerLine], groups: dict[tuple[str, str], Group], loose: Counter[str]
) -> None:
    ordered = sorted(lines, key=lambda line: (line.posting_date, _is_payment(line), line.position))
    open_items: dict[int, CandidateItem] = {}
    for line in ordered:
        if line.letter_code:
            group = groups.setdefault((line.account_number, line.letter_code), Group())
            (group.payments if _is_payment(line) else group.items).add(line.position)
            group.balance += to_minor_units(line.amount, line.currency)
    for line in ordered:
        if not _is_payment(line):
            open_items[line.position] = _item(family, line)
            continue
        decision = _decide(family, line, list(open_items.values()))
        mine = groups.get((line.account_number, line.letter_code)) if line.letter_code else None
        if mine is None:
            loose["applied" if decision.proposal else decision.reason.value] += 1
            continue
        _settle(mine, line, decision, open_items)


def _settle(group: Group, line: LedgerLine, decision: MatchDecision, open_items: dict[int, CandidateItem]) -> None:
    """Note the verdict, and take off what is settled: as decided where that is right, else as the accountant did."""
    group.payments.discard(-line.position)
    if decision.proposal is None:
        group.reasons.append(decision.reason.value)
    else:
        chosen = {item_id for item_id, _ in decision.proposal.lines}
        group.strategies.append(decision.proposal.strategy.value)
        if chosen <= group.items:
            group.applied |= chosen
        else:
            group.is_different = True
    done = len(group.reasons) + len(group.strategies)
    if done == len(group.payments):
        for item_id in group.items:
            open_items.pop(item_id, None)
    elif decision.proposal is not None and not group.is_different:
        for item_id, _ in decision.proposal.lines:
            open_items.pop(item_id, None)


def _decide(family: int, line: LedgerLine, items: list[CandidateItem]) -> MatchDecision:
    told = BankLine(
        id=line.position,
        amount_minor=-to_minor_units(line.amount, line.currency),
        currency=line.currency,
        booking_date=line.posting_date,
        text=" ".join(part for part in (line.label, line.document_number, line.reference) if part),
    )
    payer = PayerIdentity(
        account_family=family,
        confidence=CONFIDENCE,
        evidence=(Evidence(kind=EvidenceKind.PAYER_IBAN_KNOWN, text=""),),
    )
    return decide_line(line=told, payers=[payer], pool=CandidatePool(items))


def _is_payment(line: LedgerLine) -> bool:
    return line.kind == LineKind.PAYMENT and line.amount < 0


def _item(family: int, line: LedgerLine) -> CandidateItem:
    return CandidateItem(
        item_id=line.position,
        account_id=family,
        account_family=family,
        amount_open_minor=to_minor_units(line.amount, line.currency),
        currency=line.currency,
        due_date=line.due_date or line.posting_date,
        document_date=line.posting_date,
        references=tuple(part for part in (line.document_number, line.reference) if part),
    )


def _report(path: Path) -> None:
    lines = read_lines(path)
    groups, loose = compare(lines)
    verdicts = Counter(group.verdict for group in groups.values())
    total = len(groups)
    print(f"\n{path.name}: {len(lines):,} receivable lines, {total} letter groups with payments and items")
    for verdict, count in verdicts.most_common():
        print(f"  {verdict:<45}{count:>5}  {100 * count / total:5.1f} %")
    unbalanced = sum(1 for group in groups.values() if group.balance)
    print(f"  of these groups {unbalanced} do not balance")
    for title, kind in (("left to a person", "reasons"), ("applied", "strategies")):
        told = Counter(chain.from_iterable(getattr(group, kind) for group in groups.values()))
        print(f"  {title}: " + ", ".join(f"{name} {count}" for name, count in told.most_common()))
    print("  payments without a letter: " + ", ".join(f"{name} {count}" for name, count in loose.most_common()))
    for (_, letter), group in sorted(groups.items()):
        if group.verdict == "differs":
            balance = "" if not group.balance else f", group off by {group.balance / 100:.2f}"
            print(f"  differs: letter {letter}, {len(group.items)} items, by {group.strategies}{balance}")


def main() -> None:
    """Compare every FEC file of the reference data."""
    folder = Path(os.environ.get("QUITTANCE_REFERENCE_DATA") or Path(__file__).parents[3] / "shared" / "data")
    files = sorted((folder / "fec").rglob("*FEC*.txt")) if (folder / "fec").is_dir() else []
    if not files:
        raise SystemExit("skipped: no reference data")
    for path in files:
        _report(path)


if __name__ == "__main__":
    main()
