"""The card on top of Today: one task whole, with everything one needs to act on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.parties.queries import list_contacts
from quittance.web import formats
from quittance.web.event_words import event_entry
from quittance.web.views import task_words
from quittance.web.views.today_table import title_of
from quittance.worklist import queries as worklist
from quittance.worklist.candidates import strongest_first

TOUCH_KINDS = (
    "call.logged", "dunning_notice.sent", "promise.taken", "promise.broken", "promise.part_kept", "promise.kept",
    "dispute.opened", "dispute.closed", "note.added",
)  # fmt: skip
TOUCHES_MAX = 3
_BUCKETS = ("not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120")
_CALL_ROLES = ("ACCOUNTS_PAYABLE", "FINANCE", "MANAGEMENT", "BUYER", "LEGAL", "LOGISTICS")
_OF_ACCOUNT = frozenset({"CALL", "BROKEN_PROMISE", "PROMISE_DUE", "NO_CONTACT"})


def focus_context(
    task: Mapping[str, Any], *, allowed: Collection[Permission], as_of: date, next_url: str
) -> dict[str, Any]:
    """Return what the card shows. Two queries for an account, none for other tasks."""
    account_id = task["account_id"]
    contacts = callable_contacts(task["customer_id"], account_id, set(task["wrong_numbers"])) if account_id else []
    gained = sum(part["points"] for part in task["score_parts"] if part["points"] > 0) or 1
    parts = [
        {
            **part,
            "size": abs(part["points"]),
            "family": task_words.family_of(part["code"]),
            "share": round(100 * abs(part["points"]) / gained),
            "text": task_words.part_text(part, currency=task["currency"], kind=task["kind"]),
        }
        for part in strongest_first(task["score_parts"])
    ]
    can_collect = Permission.COLLECT in allowed and account_id is not None
    return {
        "task": task,
        "title": title_of(task),
        "place": _place(task),
        "customer_url": find_url("customer_detail", task["customer_id"]) if task["customer_id"] else "",
        "amount_word": _amount_word(task),
        "action": task_words.action_text(task["action_code"]),
        "reason": task_words.reason_text(task["action_reason"]),
        "parts": parts,
        "is_account": task["kind"] in _OF_ACCOUNT,
        "buckets": _buckets(task) if account_id and task["open_total"] is not None else [],
        "late": task_words.late_text(task["days_late"], task["item_count"]) if task["days_late"] > 0 else "",
        "limit": _limit(task),
        "documents": worklist.find_call_documents(call_id=int(task["subject_id"]))
        if task["kind"] == "COPY_WANTED"
        else "",
        "usual": task_words.usual_text(task["usual_delay_days"], task["paid_count"]),
        "contact": contacts[0] if contacts else None,
        "touches": recent_touches(account_id) if account_id else [],
        "step": formats.late_step(task["days_late"]),
        "links": _links(task, next_url or reverse("today")),
        "urls": _urls(task),
        "can_collect": can_collect,
        "can_edit": Permission.EDIT_CUSTOMERS in allowed,
        "can_work": can_work(allowed),
        "next_url": next_url,
        "as_of": as_of,
    }


def can_work(allowed: Collection[Permission]) -> bool:
    """Say whether a person may tick tasks off and put them off."""
    return Permission.COLLECT in allowed or Permission.MATCH_CASH in allowed


def callable_contacts(customer_id: int, account_id: int, wrong_numbers: set[str]) -> list[dict[str, Any]]:
    """Return the contacts of an account, who is best to call first; `is_wrong` marks a wrong number. One query."""
    contacts = list_contacts(customer_id=customer_id, account_id=account_id)
    found = [{**contact, "is_wrong": contact["phone"] in wrong_numbers} for contact in contacts]

    def rank(contact: dict[str, Any]) -> tuple[bool, int, bool]:
        role = contact["role"]
        place = _CALL_ROLES.index(role) if role in _CALL_ROLES else len(_CALL_ROLES)
        return not contact["phone"] or contact["is_wrong"], place, contact["account_id"] is None

    return sorted(found, key=rank)


def recent_touches(account_id: int) -> list[dict[str, Any]]:
    """Return the last things that were done about an account, in words. One query."""
    events = list_events(account_id=account_id, kinds=TOUCH_KINDS, limit=TOUCHES_MAX)
    found = []
    for event in events:
        entry = event_entry(event)
        if event["kind"] == "call.logged":
            outcome = task_words.OUTCOMES.get(event["payload"].get("outcome", ""), "")
            entry["title"] = _("Call: %(outcome)s") % {"outcome": outcome}
        found.append({**entry, "day": timezone.localdate(event["occurred_at"])})
    return sorted(found, key=lambda entry: entry["at"], reverse=True)


def _place(task: Mapping[str, Any]) -> str:
    """Return where the customer sits, and with whom of us it has its account."""
    department = " / ".join(filter(None, (task["company_name"], task["department_name"])))
    return " · ".join(filter(None, (task["town"], department)))


def _limit(task: Mapping[str, Any]) -> str:
    limit = task["credit_limit"]
    if task["kind"] != "OVER_LIMIT" or limit is None:
        return ""
    return task_words.limit_text(limit + task["amount"], limit, task["currency"])


def _amount_word(task: Mapping[str, Any]) -> str:
    words = {
        "OVER_LIMIT": _("over the limit"),
        "UNMATCHED_CASH": _("to match"),
        "UNAPPLIED_CASH": _("to apply"),
        "DISPUTE_LATE": _("disputed"),
        "RUN_TO_RELEASE": _("to claim"),
        "TO_VALIDATE": _("to claim"),
    }
    return str(words.get(task["kind"], _("late")))


def _urls(task: Mapping[str, Any]) -> dict[str, str]:
    """Return the addresses of the keys."""
    found = {name: reverse(f"task_{name}", args=[task["id"]]) for name in ("snooze", "done", "assign")}
    if task["account_id"]:
        for name in ("call", "promise", "dispute", "reason"):
            found[name] = reverse(f"account_{name}", args=[task["account_id"]])
    return found


def _buckets(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    labels = (_("Not due"), _("1–30 days"), _("31–60"), _("61–90"), _("91–120"), _("over 120"))
    return [
        {"label": label, "amount": task[name], "step": step}
        for step, (name, label) in enumerate(zip(_BUCKETS, labels, strict=True))
        if task[name] or step < 2
    ]


def _links(task: Mapping[str, Any], next_url: str) -> list[tuple[str, str]]:
    """Return (label, address) of the places where the task is worked on, the first one the main one.

    Sending a run leads on to `next_url`.
    """
    subject, customer = task["subject_id"], task["customer_id"]
    wanted = {
        "dispute": [(_("Open the dispute"), "case_detail", subject)],
        "bank_account": [(_("Open the cash desk"), "cash_desk", None)],
        "dunning_run": [
            (
                _("Validate the messages") if task["kind"] == "TO_VALIDATE" else _("Review the run"),
                "run_detail",
                subject,
            )
        ],
        "company": [(_("Prepare reminders"), "run_list", None)],
        "dunning_notice": [(_("Open the step"), "notice_detail", subject)],
        "transmission": [(_("Open the message"), "message_detail", subject)],
        "payment_plan": [(_("Open the plan"), "plan_detail", subject)],
        "limitation": [(_("Open the clocks of limitation"), "limitation_list", None)],
        "corrective_action": [(_("Open the action"), "action_detail", subject)],
        "import": [(_("Open the import"), "import_detail", subject)],
    }.get(task["subject_kind"], [])
    if task["kind"] == "UNAPPLIED_CASH":
        wanted = [(_("Open the cash desk"), "cash_desk", None)]
    if customer:
        wanted = [*wanted, (_("Open the customer"), "customer_detail", customer)]
    back = "?" + urlencode({"next": next_url})
    found = [(label, find_url(name, argument), name) for label, name, argument in wanted]
    return [(label, url + back if name == "run_detail" else url) for label, url, name in found if url]


def find_url(name: str, argument: Any = None) -> str:
    """Return an address, '' when the site has no such page."""
    try:
        return reverse(name, args=[] if argument is None else [int(argument)])
    except NoReverseMatch:
        return ""
