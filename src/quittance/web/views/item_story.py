"""What the page of an item tells: facts, what was applied, what the ERP changed, reminders, and what holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.cases import queries as cases
from quittance.dunning import account_pages
from quittance.dunning import queries as dunning
from quittance.dunning.policies import NoDefaultPolicy
from quittance.dunning.policy_words import LEVEL_WORDS, policy_name
from quittance.dunning.reasons import reason_word
from quittance.dunning.services import ANNOUNCED_DAYS
from quittance.foundation.permissions import Permission
from quittance.ledger.queries import ItemDetail
from quittance.ledger.queries.finding import item_kind_choices
from quittance.parties.people import names_of_people
from quittance.promises import queries as promises
from quittance.promises.plan_queries import list_plans
from quittance.web import formats
from quittance.web.access import Desk
from quittance.web.delay_reason_words import delay_reason_names
from quittance.web.event_words import event_entry
from quittance.web.plan_words import plan_state
from quittance.web.views.interest import interest_of_item
from quittance.web.views.item_copies import copy_of_item
from quittance.web.views.item_source import item_status
from quittance.web.views.limitation import limitation_of_item

ORIGIN_WORDS = {"ERP": _("ERP"), "RULE": _("Rule"), "PERSON": _("Person")}
COMPARED: Mapping[str, Any] = {
    "document_number": _("Document"),
    "kind": _("Kind"),
    "document_date": _("Issued"),
    "posting_date": _("Posted"),
    "due_date": _("Due"),
    "currency": _("Currency"),
    "amount_original": _("Amount"),
    "amount_company": _("Amount, company currency"),
    "label": _("Label"),
    "reference": _("Reference"),
    "account_id": _("Account"),
}


def item_context(item: ItemDetail, *, desk: Desk, allowed: frozenset[Permission]) -> dict[str, Any]:
    """Return the context of the item page and of its panel."""
    row = {**item.row, "status": item_status(item.row)}
    disputes = cases.list_disputes_of_item(item_id=row["id"], as_of=desk.as_of)
    promised = promises.list_promises_of_item(item_id=row["id"], as_of=desk.as_of)
    can_work = Permission.COLLECT in allowed and not desk.is_past and row["open_amount"] > 0
    return {
        "item": row,
        "kind": dict(item_kind_choices()).get(row["kind"], row["kind"]),
        "delay_reason": _delay_reason(row["delay_reason_code"]),
        "allocations": _allocations(item),
        "changes": list(_changes(item)),
        "disputes": [named_dispute(one) for one in disputes],
        "promises": promised,
        "plans": [plan_state(one) for one in list_plans(as_of=desk.as_of, scope=desk.scope, item_id=row["id"])],
        "notices": [
            {**notice, "level": LEVEL_WORDS.get(notice["level_code"], notice["level_name"])}
            for notice in dunning.list_notices_of_item(item_id=row["id"])
        ],
        "decisions": [
            {**decision, "reason": decision["detail"] or reason_word(decision["reason_code"])}
            for decision in account_pages.list_decisions_of_item(item_id=row["id"])
        ],
        "hold": _hold(row, desk),
        "interest": interest_of_item(row, desk=desk, allowed=allowed),
        "limitation": limitation_of_item(row, desk=desk, may_work=Permission.COLLECT in allowed and not desk.is_past),
        **_blocks(row, desk, allowed),
        "copy": copy_of_item(row, may_keep=Permission.WRITE_NOTES in allowed and not desk.is_past),
        "entries": [event_entry(event) for event in item.events],
        "can_collect": can_work,
        "can_dispute": can_work and not any(one["closed_date"] is None for one in disputes),
        "can_promise": can_work and not any(one["state"] == "OPEN" for one in promised),
        "can_reverse": Permission.MATCH_CASH in allowed and not desk.is_past,
        "can_see_runs": Permission.SEE_RUNS in allowed,
    }


def _delay_reason(code: str) -> str:
    return delay_reason_names().get(code, code) if code else ""


def named_dispute(dispute: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dispute with the word of its reason and its address."""
    return {
        **dispute,
        "reason_name": dict(cases.reason_choices()).get(dispute["reason_code"], dispute["reason_code"]),
        "href": reverse("case_detail", args=[dispute["id"]]),
    }


def _allocations(item: ItemDetail) -> list[dict[str, Any]]:
    names = names_of_people(user_ids=[row["posted_by_id"] for row in item.allocations])
    sign = 1 if item.row["amount_original"] > 0 else -1
    return [
        {
            **row,
            "effect": -sign * row["amount"],
            "other_href": reverse("item_detail", args=[row["other_item_id"]]),
            "by": names.get(row["posted_by_id"]) or ORIGIN_WORDS.get(row["origin"], row["origin"]),
        }
        for row in item.allocations
    ]


def _changes(item: ItemDetail) -> Iterable[dict[str, Any]]:
    """Yield what each version changed, latest first: the row that followed against the row it replaced."""
    after: Mapping[str, Any] = item.row
    for version in item.versions:
        before = version["row"]
        changed = [
            {"label": label, "before": _shown(name, before.get(name)), "after": _shown(name, after.get(name))}
            for name, label in COMPARED.items()
            if _shown(name, before.get(name)) != _shown(name, after.get(name))
        ]
        yield {"version": version["version"] + 1, "at": version["replaced_at"], "changes": changed}
        after = before


def _shown(name: str, value: Any) -> str:
    """Write a value of a version (JSON) or of the item (typed) the same way."""
    if value is None or value == "":
        return ""
    if name.endswith("_date"):
        return formats.short_date_text(value if isinstance(value, date) else date.fromisoformat(value))
    if name.startswith("amount"):
        try:
            return formats.amount_text(value if isinstance(value, Decimal) else Decimal(str(value)))
        except InvalidOperation:
            return str(value)
    if name == "kind":
        return str(dict(item_kind_choices()).get(value, value))
    return str(value)


def _blocks(row: Mapping[str, Any], desk: Desk, allowed: frozenset[Permission]) -> dict[str, Any]:
    """Return the holds that a person put on the item or on its whole account, and whether this one may."""
    blocks = account_pages.list_blocks_in_force(account_ids=[row["account_id"]], as_of=desk.as_of)
    may_collect = Permission.COLLECT in allowed and not desk.is_past
    return {
        "blocks": [
            {**block, "document_number": None, "account_name": "" if block["item_id"] else row["account_number"]}
            for block in blocks
            if block["item_id"] in (None, row["id"])
        ],
        "announcements": [
            {**one, "is_over": one["until_date"] < desk.today}
            for one in dunning.list_announcements_of_account(account_id=row["account_id"])
            if one["item_id"] in (None, row["id"]) and one["until_date"] >= desk.as_of
        ],
        "announced_until": desk.today + timedelta(days=ANNOUNCED_DAYS),
        "can_hold": may_collect and row["open_amount"] > 0,
        "can_release": may_collect,
    }


def _hold(row: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """Return what a reminder would say of the item on the day: taken or held, and why; None when nothing is owed."""
    if row["open_amount"] <= 0:
        return None
    try:
        figures = dunning.explain_account(account_id=row["account_id"], as_of=desk.as_of)
    except NoDefaultPolicy:
        return None
    if figures is None:
        return None
    found = next((one for one in figures.decision.items if one.item_id == row["id"]), None)
    if found is None:
        return None
    return {
        "is_included": found.included,
        "reason": found.detail or reason_word(found.reason.value),
        "account_outcome": figures.decision.outcome.value,
        "account_reason": reason_word(figures.decision.reason.value),
        "policy": policy_name(figures.account.policy.name),
    }
