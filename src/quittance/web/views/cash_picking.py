"""Read what a person searched and picked on the cash desk, and show it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from quittance.cases.queries import reason_choices
from quittance.cash import queries
from quittance.cash.limits import get_limit
from quittance.cash.services import ItemChoice
from quittance.core.amount_text import UnreadableAmount, parse_amount
from quittance.ledger.queries.picking import PickableItem, find_pickable, list_pickable
from quittance.parties.payments import list_account_choices
from quittance.parties.queries import list_companies
from quittance.web.access import Desk
from quittance.web.cash_words import DIFFERENCE_WORDS

ITEMS_MAX = 60
ACCOUNTS_MAX = 6
LEAVE = "LEAVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What a form says: items with an amount or without, what becomes of the difference, and why."""

    choices: tuple[ItemChoice, ...]
    way: str
    dispute_reason: str
    comment: str
    unreadable: str


def read_picked(data: QueryDict) -> Picked:
    """Read the form of picks; an amount that cannot be read is told, never taken for none."""
    choices, unreadable = [], ""
    for text in dict.fromkeys(data.getlist("item")):
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            continue
        written = data.get(f"amount-{text}", "").strip()
        try:
            amount = parse_amount(written) if written else None
        except UnreadableAmount:
            unreadable, amount = written, None
        choices.append(ItemChoice(item_id=int(text), amount=amount))
    way = data.get("way", LEAVE)
    return Picked(
        choices=tuple(choices),
        way=way if way in DIFFERENCE_WORDS else LEAVE,
        dispute_reason=data.get("dispute_reason", ""),
        comment=data.get("comment", "").strip()[:200],
        unreadable=unreadable,
    )


def picking_context(request: HttpRequest, found: queries.TransactionRow, seen: Desk, data: QueryDict) -> dict[str, Any]:
    """Return what the picker shows: what was searched, the items, those picked, and the ways to treat a difference."""
    picked = read_picked(data)
    amounts = {choice.item_id: data.get(f"amount-{choice.item_id}", "") for choice in picked.choices}
    way, proposal = picked.way, str(data.get("proposal", ""))
    if proposal.isascii() and proposal.isdigit() and not amounts:
        amounts, planned = _of_proposal(found, int(proposal))
        way = planned or way
    text = data.get("find", "").strip()
    accounts = list_account_choices(
        company_id=found.company_id, customer_id=found.customer_id, text=text, limit=ACCOUNTS_MAX
    )
    wanted = data.get("account", "")
    chosen = next((choice for choice in accounts if str(choice.id) == wanted), None)
    items = _items(found, seen, amounts, text, [chosen.id] if chosen else [one.id for one in accounts])
    return {
        "find": text,
        "accounts": accounts,
        "chosen": chosen or (accounts[0] if len(accounts) == 1 and not text else None),
        "items": [
            {"item": item, "is_picked": item.id in amounts, "amount": amounts.get(item.id, "")} for item in items
        ],
        "is_picking": bool(amounts) or bool(text) or chosen is not None,
        "way": way,
        "ways": DIFFERENCE_WORDS.items(),
        "dispute_reasons": reason_choices(),
        "dispute_reason": picked.dispute_reason,
        "comment": picked.comment,
        "limit": get_limit(user_id=seen.scope.user_id or 0, company_id=found.company_id),
        "company_currency": list_companies(company_ids=frozenset({found.company_id}))[0].currency,
    }


def _of_proposal(found: queries.TransactionRow, proposal_id: int) -> tuple[dict[int, str], str]:
    """Return the items of an explanation, to be changed before it is applied, and what it makes of a difference."""
    rows = queries.list_proposals(transaction_id=found.id, states=["PROPOSED"])
    chosen = [row for row in rows if row.id == proposal_id]
    planned = next((reason for row in chosen for reason, _amount in row.planned), "")
    return {part.item_id: "" for row in chosen for part in row.lines}, planned


def _items(
    found: queries.TransactionRow, seen: Desk, picked: Mapping[int, str], text: str, account_ids: list[int]
) -> list[PickableItem]:
    ids = {*picked}
    named = find_pickable(company_id=found.company_id, currency=found.currency, text=text) if text else []
    if not (ids or named or account_ids):
        return []
    items = list_pickable(
        company_id=found.company_id, currency=found.currency, as_of=seen.today, item_ids=[*ids, *named],
        account_ids=account_ids, limit=ITEMS_MAX,
    )  # fmt: skip
    return sorted(items, key=lambda item: (item.id not in ids, item.id not in named, item.due_date, item.id))


def split_amounts(text: str, *, total: Decimal) -> list[Decimal]:
    """Return the parts that a text like `600 + 350,50` names; what is missing to the total is the last one.

    :raises UnreadableAmount: one of them is no amount

    >>> [str(amount) for amount in split_amounts("600 + 350,50", total=Decimal("1000"))]
    ['600', '350.50', '49.50']
    """
    parts = [parse_amount(part) for part in text.replace(";", "+").split("+") if part.strip()]
    rest = total - sum(parts, Decimal(0))
    return [*parts, rest] if parts and rest > 0 else parts


def refusal_of_split(reason: str) -> str:
    """Return why picks cannot be paid as they are, in words."""
    words = {
        "NOTHING_TO_PAY": _("There is nothing to pay among what was picked: take an invoice."),
        "MORE_THAN_OPEN": _("An amount is more than the item has open."),
        "MORE_THAN_PAID": _("The amounts are more than the payment."),
        "CREDITS_EXCEED_DEBITS": _("The credit notes alone are more than the invoices."),
        "ITEM_NOT_REACHED": _("The payment does not reach one of the items: leave it out."),
        "SHORT_AND_OVER": _("Something is missing of an item while money is left: set the amounts right first."),
    }
    return words.get(reason, reason)
