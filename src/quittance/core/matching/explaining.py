"""What the strategies share: one line seen against one family, and the explanations that come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quittance.core.matching.families import Family
from quittance.core.matching.mentions import Mention
from quittance.core.matching.values import (
    BankLine,
    CandidateItem,
    Difference,
    Evidence,
    EvidenceKind,
    FamilyRules,
    PayerIdentity,
    Strategy,
)
from quittance.core.matching.weighing import MILLION, ONE

PER_MILLE = 1000
# What casts a doubt that no amount takes away keeps a match from being applied by itself.
CAP_DOUBTFUL = 900
# From this confidence on, per mille, the payer is no doubt by itself.
PAYER_SURE = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One line, one family, and how likely the family pays it (``prior`` per mille).

    ``chance`` is how likely a payment of something else has just this amount, out of ``ONE``. ``announced`` are sets of
    items that the family said it pays.
    """

    line: BankLine
    family: Family
    rules: FamilyRules
    prior: int
    payer: PayerIdentity | None
    mentions: tuple[Mention, ...]
    chance: int
    announced: tuple[tuple[CandidateItem, ...], ...] = ()

    def weigh(self, *, share: int, ways: int = 1, chance: int = ONE, doubt: int = 0) -> int:
        """Return the weight of one of so many ways with a share and a doubt per million."""
        weight = self.prior * share * chance // (PER_MILLE * MILLION * max(ways, 1))
        return weight * (MILLION - doubt) // MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One way to explain a line, not yet compared with others."""

    lines: tuple[tuple[int, int], ...]
    strategy: Strategy
    weight: int
    evidence: tuple[Evidence, ...]
    difference_minor: int = 0
    differences: tuple[Difference, ...] = ()
    cap: int = field(default=999)


def explain(
    *,
    view: View,
    strategy: Strategy,
    items: Sequence[CandidateItem],
    weight: int,
    evidence: Iterable[Evidence] = (),
    differences: Sequence[Difference] = (),
    cap: int = 999,
) -> Explanation:
    """Settle the items with the payment and the differences; they add up to what the items have open.

    What is younger than the payment is doubted.
    """
    kept_back: Counter[int] = Counter()
    for one in differences:
        kept_back[one.item_id] += one.amount_minor if one.item_id else 0
    lines = tuple(sorted((item.item_id, item.amount_open_minor - kept_back[item.item_id]) for item in items))
    facts = [*evidence, *(view.payer.evidence if view.payer else ())]
    if late := [item.document_date for item in items if item.document_date > view.line.booking_date]:
        facts.append(Evidence(kind=EvidenceKind.ITEM_AFTER_PAYMENT, text=max(late).isoformat()))
        cap = min(cap, CAP_DOUBTFUL)
    return Explanation(
        lines=tuple((item_id, amount) for item_id, amount in lines if amount),
        strategy=strategy,
        weight=weight,
        evidence=tuple(dict.fromkeys(facts)),
        difference_minor=view.line.amount_minor - sum(item.amount_open_minor for item in items),
        differences=tuple(differences),
        cap=cap,
    )


def exact(amount_minor: int) -> Evidence:
    """Say that the amount is what the items have open."""
    return Evidence(kind=EvidenceKind.AMOUNT_EQUAL, text=str(amount_minor))
