"""The ERP of the tests: it takes the JSON of each batch and keeps what is open on each document."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.writeback.services import Answer, acknowledge_batch, read_batch_file

_ERP = Actor(label="ERP")


@dataclass(slots=True)
class Books:
    """What the ERP has of each (account, document): its own lines at first, then what batches tell."""

    receivable: str = "411000"
    opened: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    taken: set[int] = field(default_factory=set)

    def begin(self) -> None:
        """Take the ERP's own items."""
        for item in OpenItem.objects.filter(source="TEST").select_related("account"):
            self.opened[item.account.number, item.document_number] += item.amount_company

    def take(self, batch_id: int, *, refuses: frozenset[int] = frozenset()) -> None:
        """Take a batch in, but for some entries, and answer."""
        told = json.loads(read_batch_file(batch_id=batch_id, format="JSON").content)
        for entry in told["entries"]:
            if entry["number"] in refuses:
                continue
            assert entry["number"] not in self.taken, "an entry came twice"
            self.taken.add(entry["number"])
            for line in entry["lines"]:
                if line["account"] != self.receivable:
                    continue
                moved = Decimal(line["debit"]) - Decimal(line["credit"])
                sign = 1 if line["purpose"] == "POST" else -1
                self.opened[line["customer_account"], line["document"]] += sign * moved
        numbers = refuses & {entry["number"] for entry in told["entries"]}
        acknowledge_batch(
            batch_id=batch_id, reference=f"ERP-{batch_id}", actor=_ERP,
            but=[Answer(number=number, refusal="no") for number in sorted(numbers)],
        )  # fmt: skip

    def open_documents(self) -> dict[tuple[str, str], Decimal]:
        """Return what is open by document, without what is settled."""
        return {key: amount for key, amount in self.opened.items() if amount}


def ledger_documents() -> dict[tuple[str, str], Decimal]:
    """Return the same of our ledger."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for item in OpenItem.objects.select_related("account"):
        found[item.account.number, item.document_number] += item.amount_company_open
    return {key: amount for key, amount in found.items() if amount}
