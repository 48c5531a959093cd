"""What texts name of one customer's items, as a table, and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.matching import CandidateItem, CandidatePool
from quittance.core.matching.families import Family
from quittance.core.matching.mentions import (
    Mention,
    closed_words,
    loose_mentions,
    range_mention,
    whole_mentions,
    words_like_references,
)
from quittance.core.matching.values import BankLine

DAY = date(2026, 3, 1)
NUMBERS = [
    "FA2026-001200",
    "FA2026-001201",
    "FA2026-001202",
    "FA2026-001203",
    "FA2026-001210",
    "AV2026-000777",
    "98765",
]
ITEMS = [
    CandidateItem(
        item_id=number,
        account_id=1,
        account_family=1,
        amount_open_minor=1_000 + number,
        currency="EUR",
        due_date=DAY + timedelta(days=number),
        document_date=DAY,
        references=(reference,),
    )
    for number, reference in enumerate(NUMBERS, 1)
]
POOL = CandidatePool(ITEMS)
FAMILY = Family(ITEMS)
NOISE = "x" * 88

# Items by id; "1|2" is one of them.
NAMED = f"""
text                                     | whole | loose   | range
VIR FA2026-001200                        | 1     | -       | -
facture 1200                             | -     | 1       | -
2026-001201                              | -     | 2       | -
001202, 001203                           | -     | 3 4     | -
FA2026-001200/01/02                      | 1     | 2 3     | -
FA2026-001200 et 02                      | 1     | 3       | -
FA2026-001200, 1201 + 1210               | 1     | 2 5     | -
FA2026-001200 A FA2026-001203            | 1 4   | -       | 1 2 3 4
du FA2026-001200 au FA2026-001202        | 1 3   | -       | 1 2 3
FA2026-001200 - FA2026-001201            | 1 2   | -       | -
VIR FA2026-001209                        | -     | 1|2|3|4 | -
VIR FA2026-001211                        | -     | 2|5     | -
VIR FA2026-010210                        | -     | 5       | -
VIR FA2026-01210                         | -     | 5       | -
VIR 98756                                | -     | -       | -
le 12/00/1200                            | -     | -       | -
le 01/12/2026 pour 1.200,00              | -     | -       | -
{NOISE} AV2026-0007                      | -     | 6       | -
{NOISE} AV2026-0007.                     | -     | -       | -
AV2026-0007                              | -     | -       | -
merci                                    | -     | -       | -
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in row.rsplit(" | ", 3)) for row in table.strip().splitlines()[1:]]


def told(mentions: list[Mention]) -> str:
    placed = sorted(mentions, key=lambda one: one.evidence.start or 0)
    parts = ["|".join(str(items[0].item_id) for items in one.options) for one in placed]
    return " ".join(parts) or "-"


@pytest.mark.parametrize(("text", "whole", "loose", "spread"), rows(NAMED))
def test_what_a_text_names(text: str, whole: str, loose: str, spread: str) -> None:
    line = BankLine(id=1, amount_minor=1, currency="EUR", booking_date=DAY, text=text)
    found = whole_mentions(hits=POOL.find_references(line), family=FAMILY)
    assert told(found) == whole
    more = loose_mentions(text=text, family=FAMILY, whole=found)
    assert told(more) == loose
    between = range_mention(text=text, family=FAMILY, mentions=[*found, *more])
    assert ("-" if between is None else " ".join(str(item.item_id) for item in between[0].items)) == spread


@given(text=st.text(alphabet="FAV 0123456789-/,.àto", max_size=50))
def test_law_mentions_stand_in_the_text_and_name_no_item_twice(text: str) -> None:
    line = BankLine(id=1, amount_minor=1, currency="EUR", booking_date=DAY, text=text)
    whole = whole_mentions(hits=POOL.find_references(line), family=FAMILY)
    found = [*whole, *loose_mentions(text=text, family=FAMILY, whole=whole)]
    sure = [item.item_id for one in found if len(one.options) == 1 for item in one.items]
    assert len(sure) == len(set(sure))
    for one in found:
        assert one.evidence.text == text[one.evidence.start : one.evidence.end]
        assert 0 < one.doubt < 1_000_000


def test_documents_that_are_paid_are_found_by_their_whole_reference() -> None:
    pool = CandidatePool([], closed_references=["FA-2025/009"])
    (found,) = closed_words(text="VIR fa2025-009 merci", closed=pool.closed_references)
    assert found.text == "fa2025-009"
    assert closed_words(text="VIR FA2025-010", closed=pool.closed_references) == []
    assert words_like_references(text="VIR FA2025-010 le 12/01/2026, 3 pieces") == ["FA2025010"]
