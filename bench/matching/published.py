"""Match problems that others published with their answers; nothing of theirs that tells the answer is read before.

    python -m bench.matching.published

A payment is right when it is applied by itself to exactly the items and amounts of the answer.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from quittance.core.matching import (
    AnnouncedLine,
    BankLine,
    CandidateItem,
    CandidatePool,
    FamilyRules,
    PayerDirectory,
    decide_line,
)
from quittance.core.money import to_minor_units

CURRENCY = "USD"
RULES = FamilyRules(small_difference_minor=5_000)
Answer = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Items by their number, customer names by family, payments in their order, and the answers by payment."""

    name: str
    items: Mapping[str, CandidateItem]
    names: Mapping[int, str]
    lines: tuple[BankLine, ...]
    answers: Mapping[int, Answer]
    labels: Mapping[int, str]
    is_amount_told: bool


def _minor(amount: object) -> int:
    return to_minor_units(Decimal(str(amount)), CURRENCY)


def read_taskgraph(path: Path) -> Problem:
    """Read invoices, payments and remittance lines; the ground truth goes to the answers alone."""
    told = json.loads(path.read_text())
    families: dict[str, int] = {}
    names: dict[int, str] = {}
    items = {}
    for number, row in enumerate(told["invoices"], 1):
        family = families.setdefault(row["customer_id"], len(families) + 1)
        names[family] = row["customer_name"]
        items[row["invoice_id"]] = _item(number, family, row, _minor(row["amount"]), (row["invoice_id"],))
    announced: defaultdict[str, list[AnnouncedLine]] = defaultdict(list)
    for row in told["remittance_lines"]:
        line = AnnouncedLine(reference=row["invoice_ref"], amount_minor=_minor(row["amount"]))
        announced[row["payment_id"]].append(line)
    lines = []
    ids = {}
    for number, row in enumerate(sorted(told["payments"], key=lambda row: (row["payment_date"], row["payment_id"])), 1):
        ids[row["payment_id"]] = number
        lines.append(_line(number, row["payment_date"], row["amount"], row["payer_name"], row["reference_info"]))
        lines[-1] = replace(lines[-1], announced=tuple(announced[row["payment_id"]]))
    answers: defaultdict[int, set[tuple[str, int]]] = defaultdict(set)
    labels = {}
    for row in told["ground_truth"]["applications"]:
        answers[ids[row["payment_id"]]].add((row["invoice_id"], _minor(row["applied_amount"])))
        labels[ids[row["payment_id"]]] = row["match_type"]
    return Problem(
        name=path.stem,
        items=items,
        names=names,
        lines=tuple(lines),
        answers={number: frozenset(found) for number, found in answers.items()},
        labels=labels,
        is_amount_told=True,
    )


def read_hackathon(folder: Path) -> Problem:
    """Read open items and a statement.

    Which payment an invoice belongs to stands in notes of some invoices, read as answers only; of other payments no
    answer is given in a form that can be compared.
    """
    open_ar = json.loads((folder / "open_ar.json").read_text())
    statement = json.loads((folder / "bank_statement.json").read_text())
    families: dict[str, int] = {}
    names: dict[int, str] = {}
    items = {}
    answers: defaultdict[int, set[tuple[str, int]]] = defaultdict(set)
    ids = {row["txn_id"]: number for number, row in enumerate(statement["transactions"], 1)}
    for number, row in enumerate(open_ar["invoices"], 1):
        family = families.setdefault(row["customer_id"], len(families) + 1)
        names[family] = row["customer_name"]
        references = tuple(one for one in (row["invoice_id"], row.get("po_reference")) if one)
        item = _item(number, family, row, _minor(row["open_amount"]), references)
        if row.get("discount_pct") and row.get("discount_deadline"):
            taken = item.amount_open_minor * int(row["discount_pct"] * 100) // 10_000
            until = date.fromisoformat(row["discount_deadline"])
            item = replace(item, discount_minor=taken, discount_until=until)
        items[row["invoice_id"]] = replace(item, disputed=row.get("status") == "DISPUTED")
        for txn in re.findall(r"TXN-\d+-\d+", row.get("note") or ""):
            if txn in ids:
                answers[ids[txn]].add((row["invoice_id"], 0))
    lines = tuple(
        _line(ids[row["txn_id"]], row["date"], row["amount"], row["payer_raw"], row["remittance_text"] or "")
        for row in statement["transactions"]
    )
    return Problem(
        name=folder.name,
        items=items,
        names=names,
        lines=lines,
        answers={number: frozenset(found) for number, found in answers.items()},
        labels={},
        is_amount_told=False,
    )


def _item(number: int, family: int, row: Mapping[str, Any], amount: int, references: tuple[str, ...]) -> CandidateItem:
    return CandidateItem(
        item_id=number,
        account_id=family,
        account_family=family,
        amount_open_minor=amount,
        currency=CURRENCY,
        document_date=date.fromisoformat(row["invoice_date"]),
        due_date=date.fromisoformat(row["due_date"]),
        references=references,
    )


def _line(number: int, day: str, amount: object, name: str, text: str) -> BankLine:
    return BankLine(
        id=number,
        amount_minor=_minor(amount),
        currency=CURRENCY,
        booking_date=date.fromisoformat(day),
        payer_name=name,
        text=text,
    )


def solve(problem: Problem, *, is_shown: bool) -> Counter[str]:
    """Decide the payments in their order, each with what those before it left open; return what became of them."""
    number_of = {item.item_id: number for number, item in problem.items.items()}
    open_items = {item.item_id: item for item in problem.items.values()}
    directory = PayerDirectory(ibans=[], names=[(name, family) for family, name in problem.names.items()])
    rules = dict.fromkeys(problem.names, RULES)
    counts: Counter[str] = Counter()
    for line in problem.lines:
        pool = CandidatePool([item for item in open_items.values() if item.amount_open_minor])
        decision = decide_line(line=line, payers=directory.identify(line), pool=pool, rules=rules)
        answer = problem.answers.get(line.id, frozenset())
        told = decision.proposal or next(iter(decision.alternatives), None)
        lines = frozenset((number_of[item_id], amount) for item_id, amount in told.lines) if told else frozenset()
        if not problem.is_amount_told:
            lines = frozenset((number, 0) for number, _ in lines)
        is_right = lines == answer and bool(answer)
        if not answer and not problem.is_amount_told:
            verdict = "applied, no answer given" if decision.proposal else "left, no answer given"
        elif decision.proposal is not None:
            verdict = "applied, right" if is_right else "applied, not as the answer says"
        elif not answer:
            verdict = "left, as the answer says"
        else:
            verdict = "left, right one first" if is_right else "left"
        counts[verdict] += 1
        if is_shown and verdict.startswith(("applied, not", "left")):
            label = problem.labels.get(line.id, "")
            print(f"    {verdict}: {line.amount_minor} {line.text!r} {decision.reason.value} {label}")
            print(f"       ours {sorted(lines)[:4]} answer {sorted(answer)[:4]}")
        for item_id, amount in decision.proposal.lines if decision.proposal else ():
            item = open_items[item_id]
            open_items[item_id] = replace(item, amount_open_minor=item.amount_open_minor - amount)
        for one in decision.proposal.differences if decision.proposal else ():
            if one.item_id:
                item = open_items[one.item_id]
                open_items[one.item_id] = replace(item, amount_open_minor=item.amount_open_minor - one.amount_minor)
        for number, amount in answer if decision.proposal is None else ():
            item = problem.items[number]
            left = open_items[item.item_id].amount_open_minor - (amount or item.amount_open_minor)
            open_items[item.item_id] = replace(open_items[item.item_id], amount_open_minor=left)
    return counts


def problems(folder: Path) -> Iterator[Problem]:
    """Yield every published problem of the reference data."""
    for path in sorted(folder.glob("spoj__taskgraph/**/*.json")):
        yield read_taskgraph(path)
    for path in sorted(folder.glob("abhijeet*/**/open_ar.json")):
        yield read_hackathon(path.parent)


def main() -> None:
    """Solve them all and print what became of the payments."""
    root = Path(os.environ.get("QUITTANCE_REFERENCE_DATA") or Path(__file__).parents[3] / "shared" / "data")
    folder = root / "cash_application"
    if not folder.is_dir():
        raise SystemExit("skipped: no reference data")
    for problem in problems(folder):
        counts = solve(problem, is_shown=os.environ.get("SHOW") == "1")
        told = ", ".join(f"{verdict} {count}" for verdict, count in sorted(counts.items()))
        print(f"{problem.name}: {len(problem.lines)} payments, {len(problem.items)} items: {told}")


if __name__ == "__main__":
    main()
