"""Explain a line by items that its payer said it pays: a word on the portal, to a person, or a promise."""

from __future__ import annotations

from quittance.core.matching.explaining import Explanation, View, exact, explain
from quittance.core.matching.values import Evidence, EvidenceKind, Strategy
from quittance.core.matching.weighing import ANNOUNCED_SHARE


def explain_by_announcement(view: View) -> list[Explanation]:
    """Return each set of announced items that adds up to the payment to the cent.

    What was announced in several sets divides the share among them: that one of many fits says less. Disputed items
    are never proposed.
    """
    found = []
    for items in view.announced:
        if sum(item.amount_open_minor for item in items) != view.line.amount_minor:
            continue
        if any(item.disputed for item in items):
            continue
        names = ", ".join(item.references[0] if item.references else str(item.item_id) for item in items)
        found.append(
            explain(
                view=view,
                strategy=Strategy.ANNOUNCED_ITEMS,
                items=items,
                weight=view.weigh(share=ANNOUNCED_SHARE, ways=len(view.announced)),
                evidence=[Evidence(kind=EvidenceKind.ANNOUNCED, text=names), exact(view.line.amount_minor)],
            )
        )
    return found
