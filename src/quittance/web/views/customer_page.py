"""What the page of a customer shows, put together from the apps below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from quittance.cases import queries as cases
from quittance.cash.learnt import list_learnt
from quittance.cash.returns import list_returns
from quittance.debits.queries import list_failed_debits, list_mandates
from quittance.delivery.queries import list_refused_addresses
from quittance.delivery.services import consent_media, list_refused_media
from quittance.dunning import account_pages
from quittance.foundation.permissions import Permission
from quittance.interest.queries import AccruedSum, sum_accrued
from quittance.ledger import queries as ledger
from quittance.ledger.queries import customer_pages
from quittance.parties.attachments import list_attachments
from quittance.parties.labels import ACCOUNT_LABELS
from quittance.promises import queries as promises
from quittance.promises.plan_queries import list_plans
from quittance.segments.queries import segments_of_accounts
from quittance.web.access import Desk, permissions_of_request
from quittance.web.agreement_words import agreed_words
from quittance.web.behaviour_words import behaviour_text
from quittance.web.cash_words import return_reason_word
from quittance.web.debit_words import MANDATE_STATES
from quittance.web.event_words import find_url_of
from quittance.web.insight_words import BUCKET_LABELS
from quittance.web.learnt_words import learnt_sentence
from quittance.web.plan_words import plan_state
from quittance.web.segment_words import segment_name
from quittance.web.views.item_story import named_dispute
from quittance.web.views.item_table import ItemTable, PastItemTable, bulk_actions, wants_open
from quittance.web.views.learnt_table import thing_url
from quittance.web.views.notes import note_form
from quittance.web.views.work_forms import AttachmentForm

PREFIX = "items-"
CLOSED_SHOWN = 5
RETURNS_SHOWN_DAYS = 365


def item_table(request: HttpRequest, desk: Desk, customer_id: int) -> ItemTable:
    """Return the table of the customer's items, without the columns that are the same in all rows."""
    rows = ledger.list_items(
        as_of=desk.as_of, scope=desk.scope, customer_id=customer_id, is_open=wants_open(request.GET, PREFIX)
    )
    can_collect = Permission.COLLECT in permissions_of_request(request) and not desk.is_past
    bulk = bulk_actions(f"customer={customer_id}&prefix={PREFIX}") if can_collect else ()
    kind = PastCustomerItemTable if desk.is_past else CustomerItemTable
    return kind(request, desk, rows, prefix=PREFIX, bulk=bulk)


class CustomerItemTable(ItemTable):
    """Items of one customer: the account instead of the customer's name."""

    key = "customer-items"
    page_size = 25
    has_saved_views = False
    columns = [
        *(
            column
            for column in ItemTable.columns
            if column.is_visible and column.key not in ("customer_name", "currency")
        ),
        *(column for column in ItemTable.columns if not column.is_visible),
    ]


class PastCustomerItemTable(PastItemTable):
    """The same on a past day."""

    key = "customer-items"
    page_size = 25
    has_saved_views = False
    columns = [column for column in PastItemTable.columns if column.key != "customer_name"]


def context(
    request: HttpRequest, found: ledger.Customer360, *, desk: Desk, allowed: frozenset[Permission]
) -> dict[str, Any]:
    """Return the context of the page."""
    customer = found.customer
    account_ids = [one.account.id for one in found.accounts]
    figures, totals = customer_pages.list_figures(customer_id=customer["id"], as_of=desk.as_of, scope=desk.scope)
    can_note = Permission.WRITE_NOTES in allowed
    return {
        "customer": customer,
        "accounts": _accounts(found, figures, desk),
        "has_differences": len(found.accounts) > 1,
        "totals": [_total(request, row) for row in totals],
        "headroom": customer_pages.headroom_of(customer=customer, totals=totals),
        "group": [row for row in found.group if row["balances"] or row["id"] == customer["id"]],
        "contacts": _contacts(found.contacts, account_ids),
        "notes": [one for one in found.notes if one["account_id"] in (None, *account_ids)],
        "note_form": note_form([one.account for one in found.accounts]) if can_note else None,
        "files": list_attachments(customer_id=customer["id"]),
        "file_form": AttachmentForm() if can_note else None,
        "imports": [
            {**one, "href": find_url_of("import_detail", one["batch_id"])}
            for one in customer_pages.list_imports_of_accounts(account_ids=account_ids)
        ],
        "can_see_imports": Permission.SEE_IMPORTS in allowed,
        "can_see_runs": Permission.SEE_RUNS in allowed,
        "can_note": can_note,
        "can_edit": Permission.EDIT_CUSTOMERS in allowed and not desk.is_past,
        "can_collect": Permission.COLLECT in allowed and not desk.is_past,
        "returns": [
            {**one, "reason": return_reason_word(one["return_reason"]), "href": _cash_line_url(one["id"], allowed)}
            for one in list_returns(
                customer_id=customer["id"], since=desk.as_of - timedelta(days=RETURNS_SHOWN_DAYS), scope=desk.scope
            )
            if one["booking_date"] <= desk.as_of
        ],
        **_debits(found, desk, allowed),
        **_learnt(customer["id"], desk, allowed),
        **_work(customer["id"], account_ids, desk),
    }


def _contacts(contacts: Iterable[Mapping[str, Any]], account_ids: list[int]) -> list[dict[str, Any]]:
    """Return the contacts of these accounts, each with whether its address refused for good, and what it refuses."""
    own = [one for one in contacts if one["account_id"] in (None, *account_ids)]
    bounced = list_refused_addresses(account_ids=account_ids)
    refused = list_refused_media(contact_ids=[one["id"] for one in own])
    media = dict(consent_media())
    return [
        {
            **one,
            "is_refused": one["email"] in bounced,
            "refused_media": [media[code] for code in sorted(refused.get(one["id"], ()))],
        }
        for one in own
    ]


def _debits(found: ledger.Customer360, desk: Desk, allowed: frozenset[Permission]) -> dict[str, Any]:
    """Return mandates, the accounts without one in force, and the debits that did not go through lately."""
    customer_id = found.customer["id"]
    mandates = [
        {**row, "word": MANDATE_STATES[row["state"]][0], "tone": MANDATE_STATES[row["state"]][1]}
        for row in list_mandates(customer_id=customer_id, scope=desk.scope)
    ]
    signed = {row["account_id"] for row in mandates if row["state"] in ("ACTIVE", "PENDING")}
    since = desk.as_of - timedelta(days=RETURNS_SHOWN_DAYS)
    return {
        "mandates": mandates,
        "unsigned": [one.account for one in found.accounts if one.account.id not in signed],
        "can_keep_mandate": Permission.MATCH_CASH in allowed and not desk.is_past,
        "can_see_cash": Permission.SEE_CASH in allowed,
        "failed_debits": [
            {**row, "reason": return_reason_word(row["reason_code"])}
            for row in list_failed_debits(since=since, customer_id=customer_id, scope=desk.scope)
            if row["ended_on"] <= desk.as_of and not row["may_repeat"]
        ],
    }


def _learnt(customer_id: int, desk: Desk, allowed: frozenset[Permission]) -> dict[str, Any]:
    """Return what was learnt of how the customer pays, for who sees the cash pages."""
    if Permission.SEE_CASH not in allowed:
        return {"learnt": None}
    return {
        "learnt": [
            {**one, "sentence": learnt_sentence(one), "href": thing_url(one)}
            for one in list_learnt(customer_id=customer_id, scope=desk.scope)
        ],
        "can_match_cash": Permission.MATCH_CASH in allowed and not desk.is_past,
    }


def _cash_line_url(transaction_id: int, allowed: frozenset[Permission]) -> str:
    return reverse("cash_line", args=[transaction_id]) if Permission.SEE_CASH in allowed else ""


def _work(customer_id: int, account_ids: list[int], desk: Desk) -> dict[str, Any]:
    """Return disputes, promises and holds: those that are open, and the last that are over."""
    disputes = [
        named_dispute(one)
        for one in cases.list_disputes_of_customer(customer_id=customer_id, as_of=desk.as_of, scope=desk.scope)
    ]
    promised = promises.list_promises_of_customer(customer_id=customer_id, as_of=desk.as_of, scope=desk.scope)
    return {
        "disputes": _open_first(disputes, lambda one: one["closed_date"] is None),
        "promises": _open_first(promised, lambda one: one["state"] == "OPEN"),
        "plans": _open_first(
            [plan_state(one) for one in list_plans(as_of=desk.as_of, scope=desk.scope, customer_id=customer_id)],
            lambda one: one["state"] in ("PROPOSED", "ACTIVE"),
        ),
        "blocks": account_pages.list_blocks_in_force(account_ids=account_ids, as_of=desk.as_of),
    }


def _open_first(rows: list[dict[str, Any]], is_open: Any) -> list[dict[str, Any]]:
    return [*filter(is_open, rows), *[row for row in rows if not is_open(row)][:CLOSED_SHOWN]]


def _accounts(found: ledger.Customer360, figures: Mapping[int, Mapping[str, Any]], desk: Desk) -> list[dict[str, Any]]:
    """Return each account with its ways and figures; `differs` names what is not the same in all of them."""
    ids = [one.account.id for one in found.accounts]
    behaviours = customer_pages.describe_accounts(account_ids=ids, as_of=desk.as_of)
    policies = account_pages.names_of_policies(account_ids=ids, as_of=desk.as_of)
    interest = _interest(ids, desk)
    segments = segments_of_accounts(account_ids=ids, as_of=desk.as_of)
    delays = {behaviour.usual_delay_days for behaviour in behaviours.values()}
    differs = set(found.differing)
    differs |= {"usual_delay"} if len(delays) > 1 else set()
    differs |= {"policy"} if len(set(policies.values())) > 1 else set()
    return [
        {
            "account": one.account,
            "figures": figures.get(one.account.id),
            "currency": one.account.company_currency,
            "behaviour": behaviours[one.account.id],
            "pays": behaviour_text(behaviours[one.account.id]),
            "policy": policies.get(one.account.id, ""),
            "reminders_href": reverse("account_reminders", args=[one.account.id]),
            "method": ACCOUNT_LABELS["payment_method"].get(one.account.payment_method, ""),
            "delivery": ACCOUNT_LABELS["delivery_preference"].get(one.account.delivery_preference, ""),
            "language": ACCOUNT_LABELS["language"].get(one.account.language, ""),
            "agreed": agreed_words(one.account),
            "segments": [segment_name(row.code, row.name) for row in segments[one.account.id]],
            "segments_href": reverse("account_segments", args=[one.account.id]),
            "interest": interest.get(one.account.id, []),
            "interest_href": reverse("account_interest", args=[one.account.id]),
            "differs": differs,
        }
        for one in found.accounts
    ]


def _interest(account_ids: list[int], desk: Desk) -> dict[int, list[AccruedSum]]:
    """Return what accrued on each account and nobody decided on, by currency."""
    found: dict[int, list[AccruedSum]] = {}
    for row in sum_accrued(account_ids=account_ids, as_of=desk.as_of):
        found.setdefault(row.owner_id, []).append(row)
    return found


def _total(request: HttpRequest, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums of one currency with the ageing bar whose parts filter the table below."""
    chosen = request.GET.getlist(f"{PREFIX}bucket")
    parts = [
        {
            "label": label,
            "amount": row[name],
            "step": step,
            "href": _filter_url(request, "" if name in chosen else name),
            "is_selected": name in chosen,
        }
        for step, (name, label) in enumerate(BUCKET_LABELS.items())
    ]
    return {**row, "parts": parts, "credit_total": row["credits"] + row["unapplied"]}


def _filter_url(request: HttpRequest, bucket: str) -> str:
    query = f"?{PREFIX}bucket={bucket}" if bucket else ""
    return f"{request.path}{query}#table-customer-items"
