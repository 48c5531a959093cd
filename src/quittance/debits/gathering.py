"""Gather what the core needs to decide on debits: a fixed number of queries for any number of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from quittance.cases.queries import list_disputed_parts
from quittance.core.debits import AccountDebit, DebitItemFact, decide_debit
from quittance.debits.models import DebitedItem, DebitInstruction, Mandate
from quittance.foundation.permissions import Scope
from quittance.ledger.queries import list_items
from quittance.letters.queries import get_letterheads
from quittance.litigation.queries import item_ids_handed_over
from quittance.parties.queries import list_contacts
from quittance.promises.plan_queries import item_ids_planned
from quittance.promises.queries import list_promised_parts, list_promises

DIRECT_DEBIT = "DIRECT_DEBIT"
CONTACT_ROLES = ("ACCOUNTS_PAYABLE", "FINANCE", "MANAGEMENT")
# The bank has paid these, and the money is not applied yet: debiting them again would take it twice.
_PAID_NOT_APPLIED = """
SELECT x.item_id FROM debits_debiteditem x JOIN debits_debitinstruction n ON n.id = x.instruction_id
JOIN ledger_openitem o ON o.id = x.item_id
WHERE n.state = 'SETTLED' AND o.account_id = ANY(%s) AND abs(o.amount_open) > abs(x.amount_open_then - x.amount)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredDebit:
    """What is decided of an account, with its mandate and its items by id as rows of the ledger."""

    account_id: int
    mandate: Mandate | None
    decision: AccountDebit
    items: dict[int, dict[str, Any]]


def gather_debits(
    *, company_id: int, as_of: date, collection_date: date, due_until: date, needs_notice: bool
) -> list[GatheredDebit]:
    """Decide for every account of a company that pays by debit and owes something due by a day. Twelve queries."""
    scope = Scope(company_ids=frozenset({company_id}))
    rows = list(
        list_items(as_of=as_of, scope=scope).filter(
            account__payment_method=DIRECT_DEBIT, account__is_active=True
        ).order_by("account_id", "due_date", "id")
    )  # fmt: skip
    by_account: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_account[row["account_id"]].append(row)
    owing = {
        account_id: items
        for account_id, items in by_account.items()
        if any(row["open_amount"] > 0 and row["due_date"] <= due_until for row in items)
    }
    facts = item_facts(items=[row for items in owing.values() for row in items], as_of=as_of)
    mandates = newest_mandates(account_ids=owing)
    told = reachable_accounts(account_ids=owing) if needs_notice else set(owing)
    return [
        GatheredDebit(
            account_id=account_id,
            mandate=mandates.get(account_id),
            decision=decide_debit(
                items=[facts[row["id"]] for row in items],
                mandate=mandates[account_id].fact if account_id in mandates else None,
                collection_date=collection_date,
                due_until=due_until,
                can_be_told=account_id in told,
            ),
            items={row["id"]: row for row in items},
        )
        for account_id, items in sorted(owing.items())
    ]


def item_facts(*, items: Iterable[dict[str, Any]], as_of: date, heeds_live: bool = True) -> dict[int, DebitItemFact]:
    """Return what the core needs of items (rows of `list_items`), by id. Seven queries.

    Without `heeds_live` the debits that the items are in now do not keep them out.
    """
    rows = list(items)
    ids, account_ids = {row["id"] for row in rows}, {row["account_id"] for row in rows}
    disputed = list_disputed_parts(as_of=as_of, account_ids=account_ids)
    promised = _promised(rows, account_ids, as_of)
    planned = {row["item_id"] for row in item_ids_planned(as_of=as_of).filter(item_id__in=ids)}
    handed = {row["item_id"] for row in item_ids_handed_over(as_of=as_of).filter(item_id__in=ids)}
    taken = _paid_not_applied(account_ids)
    if heeds_live:
        live = DebitedItem.objects.filter(item_id__in=ids, until_date__isnull=True)
        taken |= set(live.values_list("item_id", flat=True))
    back = DebitedItem.objects.filter(
        item_id__in=ids,
        amount__gt=0,
        instruction__state__in=[DebitInstruction.State.REJECTED, DebitInstruction.State.RETURNED],
        instruction__may_repeat=False,
    )
    returned = set(back.values_list("item_id", flat=True))
    return {
        row["id"]: DebitItemFact(
            item_id=row["id"],
            due_date=row["due_date"],
            amount_open=row["open_amount"],
            currency=row["currency"],
            disputed_amount=disputed[row["id"]].amount if row["id"] in disputed else row["open_amount"] * 0,
            is_promised=row["id"] in promised,
            in_payment_plan=row["id"] in planned,
            is_handed_over=row["id"] in handed,
            is_factored=row["is_factored"],
            is_in_collection=row["id"] in taken,
            is_returned=row["id"] in returned,
        )
        for row in rows
    }


def _promised(rows: Iterable[dict[str, Any]], account_ids: Collection[int], as_of: date) -> set[int]:
    """Return the items that are promised; a promise that names none speaks of everything due by its day."""
    found = set(list_promised_parts(as_of=as_of, account_ids=account_ids))
    whole: defaultdict[int, list[date]] = defaultdict(list)
    for row in list_promises(as_of=as_of, states=["OPEN"]).filter(account_id__in=list(account_ids)):
        if not row["item_count"] and row["promised_date"] + timedelta(days=row["tolerance_days"]) >= as_of:
            whole[row["account_id"]].append(row["promised_date"])
    for row in rows:
        if any(row["due_date"] <= day for day in whole.get(row["account_id"], ())):
            found.add(row["id"])
    return found


def _paid_not_applied(account_ids: Collection[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_PAID_NOT_APPLIED, [list(account_ids)])
        return {item_id for (item_id,) in cursor.fetchall()}


def newest_mandates(*, account_ids: Iterable[int]) -> dict[int, Mandate]:
    """Return the mandate of each account that is in force, else the last that was. One query."""
    found: dict[int, Mandate] = {}
    for row in Mandate.objects.filter(account_id__in=list(account_ids)).order_by("account_id", "id"):
        known = found.get(row.account_id)
        if known is None or known.ended_on is not None:
            found[row.account_id] = row
    return found


def reachable_accounts(*, account_ids: Iterable[int]) -> set[int]:
    """Return the accounts whom a pre-notification can reach by e-mail or by post. Two queries."""
    wanted = list(account_ids)
    by_post = {account_id for account_id, head in get_letterheads(account_ids=wanted).items() if head.is_complete}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT a.id FROM parties_customeraccount a"
            " JOIN parties_contact k ON k.customer_id = a.customer_id AND (k.account_id = a.id OR k.account_id IS NULL)"
            " WHERE a.id = ANY(%s) AND k.is_active AND k.email <> '' AND k.role = ANY(%s)",
            [wanted, list(CONTACT_ROLES)],
        )
        return by_post | {account_id for (account_id,) in cursor.fetchall()}


def find_recipient(*, customer_id: int, account_id: int) -> dict[str, Any] | None:
    """Return whom an account is told by e-mail: its own contact before the customer's, by role. One query."""
    contacts = [
        one
        for one in list_contacts(customer_id=customer_id, account_id=account_id)
        if one["email"] and one["role"] in CONTACT_ROLES
    ]
    contacts.sort(key=lambda one: (CONTACT_ROLES.index(one["role"]), one["account_id"] is None, one["id"]))
    return contacts[0] if contacts else None
