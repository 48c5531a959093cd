"""What the customer told us of its late items, and what it can tell us: the rows of the home page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import get_language

from quittance.cases.delay_reasons import list_delay_reasons
from quittance.dunning import queries as dunning
from quittance.dunning.services import ANNOUNCED_AGAIN_DAYS, ANNOUNCED_DAYS, PAID_DAYS_AGO_MAX
from quittance.foundation.queries import list_events
from quittance.parties.people import list_portal_people

EVENTS_READ_MAX = 1000
# Reasons of the shipped list that say how our people fared: not for the customer to choose.
_OURS: Final = frozenset({"PAID_ELSEWHERE", "UNREACHABLE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An answer that could not be taken: of which item, in which field (`paid_on`, `reason`), and why."""

    item_id: int
    field: str
    text: str
    typed: str


def is_late(row: Mapping[str, Any], today: date) -> bool:
    """Tell whether something of the item is owed and its due date has passed."""
    return bool(row["open_amount"] > 0 and row["due_date"] < today)


def offered_reasons() -> list[tuple[str, str]]:
    """Return code and name of the reasons that a customer may give, in the reader's language. One query."""
    language = _language()
    return [(row.code, row.name(language)) for row in list_delay_reasons() if row.is_active and row.code not in _OURS]


def tell_choices(today: date) -> dict[str, Any]:
    """Return what the forms of all rows share: reasons, and the days between which a payment lies. One query."""
    return {
        "reasons": offered_reasons(),
        "today": today,
        "first": today - timedelta(days=PAID_DAYS_AGO_MAX),
        "last": today + timedelta(days=ANNOUNCED_DAYS),
    }


def with_answers(
    rows: Iterable[Mapping[str, Any]], *, customer_id: int, today: date, refused: Refused | None
) -> list[dict[str, Any]]:
    """Return the rows with `is_late`; late ones with what was told: `paid`, `reason`, `can_announce`, `refused`.

    `paid` is the last word that the item is paid, with `is_over` once reminders no longer wait for the money.
    Four queries, none when nothing is late.
    """
    late_ids = [row["id"] for row in rows if is_late(row, today)]
    paid = _announced(late_ids, today) if late_ids else {}
    reasons = _told_reasons(customer_id) if late_ids else {}
    return [
        {
            **row,
            "is_late": is_late(row, today),
            "paid": paid.get(row["id"]),
            "can_announce": not paid.get(row["id"], {}).get("is_fresh", False),
            "reason": reasons.get(row["id"], ""),
            "refused": refused if refused and refused.item_id == row["id"] else None,
        }
        for row in rows
    ]


def _announced(item_ids: list[int], today: date) -> dict[int, dict[str, Any]]:
    """Return the last announcement of each item; what our people wrote down of it stays with them."""
    found: dict[int, dict[str, Any]] = {}
    since = today - timedelta(days=ANNOUNCED_AGAIN_DAYS)
    for row in dunning.list_announcements_of_items(item_ids=item_ids):
        is_own = row["source"] == "PORTAL"
        is_over = row["until_date"] < today
        if row["item_id"] in found or (is_over and not is_own):
            continue
        found[row["item_id"]] = {
            "said": row["said"] if is_own else "",
            "is_over": is_over,
            "until_date": row["until_date"],
            "is_fresh": not is_over or row["announced_on"] > since,
        }
    return found


def _told_reasons(customer_id: int) -> dict[int, str]:
    """Return the name of the reason that the customer's own people gave last, by item."""
    own = set(list_portal_people(customer_id=customer_id))
    language = _language()
    names = {row.code: row.name(language) for row in list_delay_reasons()}
    told: dict[int, str] = {}
    for event in list_events(customer_id=customer_id, kinds=("item.delay_reason_set",), limit=EVENTS_READ_MAX):
        if event["actor_id"] in own:
            told.setdefault(event["item_id"], names.get(event["payload"]["after"], ""))
    return told


def _language() -> str:
    return (get_language() or "en")[:2]
