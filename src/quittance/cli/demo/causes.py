"""Why items of the demo are late, as people said it, and what is done about the greatest reasons."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

from quittance.cases.corrective_actions import open_action
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger import queries as ledger_queries
from quittance.ledger import services as ledger
from quittance.parties.people import list_people

SHARE_SAID: Final = 0.6
# Reasons with how often people gave them.
REASONS: Final = {
    "PROCESS": 30, "ORDER_MISSING": 22, "CASH_SHORT": 14, "INVOICE_MISSING": 10, "GOODS": 8, "PRICE": 6,
    "CREDIT_NOTE_DUE": 5, "TERMS": 3, "UNREACHABLE": 2,
}  # fmt: skip
# Reason, what is done, whose it is, opened how many days ago, due in how many days.
ACTIONS: Final = (
    ("ORDER_MISSING", "Exiger le numéro de commande à la saisie", "Claire Martin", 40, -6),
    ("PROCESS", "Demander aux dix plus gros clients leur circuit de validation", "Hugo Bernard", 20, 14),
    ("INVOICE_MISSING", "Passer les factures papier au courriel", "Sophie Leroy", 12, 33),
)


def say_why_late(*, today: date, actor: Actor, seed: int) -> None:
    """Give reasons to most of what is late, and open actions against some of them."""
    rng = Random(seed)
    rows = ledger_queries.list_items(as_of=today).filter(due_date__lt=today - timedelta(days=5), amount_open__gt=0)
    by_reason: dict[str, list[int]] = {}
    for item_id in [row["id"] for row in rows.iterator(chunk_size=5000)]:
        if rng.random() < SHARE_SAID:
            by_reason.setdefault(rng.choices(list(REASONS), list(REASONS.values()))[0], []).append(item_id)
    for reason, item_ids in sorted(by_reason.items()):
        ledger.set_delay_reason(item_ids=item_ids, reason_code=reason, actor=actor)
    owners = {name: user_id for user_id, name in list_people()}
    for reason, title, owner, days_ago, days_left in ACTIONS:
        if owner in owners:
            open_action(
                title=title, reason_code=reason, owner_id=owners[owner], due_date=today + timedelta(days=days_left),
                opened_date=clock.today() - timedelta(days=days_ago), actor=actor,
            )  # fmt: skip
