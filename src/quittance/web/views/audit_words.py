"""The areas of the audit trail, and how the details of an event are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.web.event_words import event_sentence
from quittance.web.remittance_words import EVENT_TITLES as REMITTANCE_TITLES
from quittance.web.views.audit_details import name_text, value_text

# Area and the beginnings of its kinds of events.
_AREAS: Mapping[str, tuple[str, ...]] = {
    "ledger": ("item.", "allocation.", "payment.", "import."),
    "reminders": ("dunning", "transmission.", "letter.", "print_batch.", "simulation.", "trial."),
    "cash": (
        "match.",
        "statement",
        "bank",
        "cash",
        "transaction.",
        "proposal.",
        "difference.",
        "write_off_limit.",
        "difference_rule.",
        "payer.",
        "habit.",
        "remittance.",
        "writeback",
    ),
    "cases": ("dispute.", "promise.", "plan.", "interest.", "handover.", "limitation.", "corrective_action."),
    "work": ("call.", "task."),
    "customers": ("customer.", "account.", "contact.", "note.", "attachment."),
    "settings": (
        "company.",
        "department.",
        "person.",
        "absence.",
        "exchange_rate.",
        "delay_reason.",
        "late_rate.",
        "segment.",
        "team.",
        "target.",
        "worklist_weights.",
        "api_token.",
    ),
}
EVENT_AREAS = [
    ("ledger", _("Ledger and imports")),
    ("reminders", _("Reminders")),
    ("cash", _("Cash")),
    ("cases", _("Disputes and promises")),
    ("work", _("Calls and tasks")),
    ("customers", _("Customers")),
    ("settings", _("Settings")),
]

_TITLES = {
    "import.finished": _("Import finished"),
    "statement.imported": _("Bank statement imported"),
    **REMITTANCE_TITLES,
    "item.changed_by_erp": _("Changed by the ERP"),
    "item.closed_by_erp": _("Closed by the ERP"),
    "item.reopened_by_erp": _("Opened again by the ERP"),
    "item.returned_by_erp": _("Posted by the ERP and back"),
    "customer.changed_by_erp": _("Customer changed by the ERP"),
    "company.created": _("Company created"),
    "company.changed": _("Company changed"),
    "department.created": _("Department added"),
    "person.created": _("Person added"),
    "person.changed": _("Person changed"),
    "team.added": _("Team added"),
    "team.changed": _("Team changed"),
    "target.set": _("Target set"),
    "worklist_weights.set": _("Ranking of Today changed"),
    "absence.planned": _("Absence planned"),
    "absence.cancelled": _("Absence taken back"),
    "delay_reason.added": _("Reason of delay added"),
    "delay_reason.renamed": _("Reason of delay renamed"),
    "delay_reason.retired": _("Reason of delay retired"),
    "delay_reason.restored": _("Reason of delay offered again"),
    "exchange_rate.set": _("Exchange rate set"),
    "write_off_limit.set": _("Limit of write-offs set"),
    "payer.added": _("Payer added by hand"),
    "payer.switched_off": _("Payer no longer recognised so"),
    "payer.switched_on": _("Payer recognised so again"),
    "payer.moved": _("Payer given to another customer"),
    "payer.forgotten": _("Payer forgotten"),
    "habit.switched_off": _("Habit of paying no longer used"),
    "habit.switched_on": _("Habit of paying used again"),
    "habit.forgotten": _("Habit of paying forgotten"),
    "difference_rule.set": _("Rule of differences changed"),
    "late_rate.set": _("Rate of late-payment interest set"),
    "interest.shown_in_reminders": _("Interest in reminders chosen"),
    "corrective_action.opened": _("Corrective action opened"),
    "corrective_action.changed": _("Corrective action changed"),
    "corrective_action.done": _("Corrective action done"),
    "corrective_action.dropped": _("Corrective action given up"),
    "corrective_action.reopened": _("Corrective action opened again"),
    "segment.created": _("Segment built"),
    "segment.changed": _("Segment changed"),
    "segment.archived": _("Segment archived"),
    "segment.restored": _("Segment used again"),
    "segment.reordered": _("Order of segments changed"),
    "simulation.started": _("Simulation of policies started"),
    "simulation.cancelled": _("Simulation of policies stopped"),
    "trial.started": _("Trial of two policies started"),
    "trial.stopped": _("Trial of two policies stopped"),
    "print_batch.closed": _("Print batch closed"),
    "print_batch.printed": _("Print batch printed"),
    "print_batch.posted": _("Print batch posted"),
    "print_batch.step_undone": _("Step of a print batch taken back"),
    "demo.loaded": _("Demo loaded"),
    "dunning_run.prepared": _("Reminders prepared"),
    "dunning_run.released": _("Reminders released"),
    "dunning_run.cancelled": _("Reminders cancelled"),
    "statement.refused": _("Bank statement refused"),
    "transmission.resolved": _("Fate of a message noted"),
    "transmission.bounced": _("Message came back"),
    "transmission.delivered": _("Message delivered"),
    "transmission.repeated": _("Message sent once more"),
    "inbound.received": _("Reply received"),
    "inbound.filed": _("Reply kept with an account"),
    "inbound.assigned": _("Reply given to somebody"),
    "delivery.opted_out": _("Messages before the due date stopped"),
    "delivery.opted_in": _("Messages before the due date taken again"),
    "delivery.sender_set": _("Sender of messages changed"),
    "delivery.price_set": _("Price of a medium set"),
    "task.done": _("Task done"),
    "task.assigned": _("Task given to somebody"),
    "task.snoozed": _("Task snoozed"),
    "task.reopened": _("Task reopened"),
}
_SUBJECTS = {
    "account": _("Account"),
    "attachment": _("File"),
    "contact": _("Contact"),
    "bank_account": _("Bank account"),
    "bank_transaction": _("Line"),
    "call": pgettext_lazy("event", "Call"),
    "company": _("Company"),
    "corrective_action": _("Corrective action"),
    "customer": _("Customer"),
    "delay_reason": _("Reason of delay"),
    "dispute": _("Dispute"),
    "dunning_notice": _("Message"),
    "dunning_run": _("Run"),
    "exchange_rate": _("Rate"),
    "agreed_rate": _("Rate"),
    "late_rate": _("Rate"),
    "interest_claim": _("Interest"),
    "import": pgettext_lazy("subject", "Import"),
    "item": _("Item"),
    "letter": _("Letter"),
    "print_batch": _("Print batch"),
    "note": _("Note"),
    "person": _("Person"),
    "promise": _("Promise"),
    "plan": _("Payment plan"),
    "handover": _("Hand-over"),
    "limitation_event": _("Limitation"),
    "segment": _("Segment"),
    "simulation": _("Simulation"),
    "trial": _("Trial"),
    "transmission": _("Message"),
}


def event_title(event: Mapping[str, Any]) -> str:
    """Return the sentence of an event; one that has none gets its kind, readable."""
    return str(_TITLES.get(event["kind"]) or event_sentence(event))


def subject_text(kind: str, subject_id: str) -> str:
    """Return what an event speaks of, in words with its id; a kind that has no word is written readable."""
    return f"{_SUBJECTS.get(kind) or kind.replace('_', ' ').capitalize()} {subject_id}".strip()


def area_condition(areas: list[str]) -> Q:
    """Return the condition that keeps events of these areas."""
    condition = Q()
    for area in areas:
        for beginning in _AREAS[area]:
            condition |= Q(kind__startswith=beginning)
    return condition


def detail_pairs(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Write the details of an event as names and values; blank ones are left out.

    >>> detail_pairs({"due_date": "2026-01-31", "note": "", "codes": ["A", "B"], "name": ["old", "new"]})
    [('due', '2026-01-31'), ('codes', 'A, B'), ('name', 'old, new')]
    """
    return [
        (name_text(name), value_text(name, value)) for name, value in payload.items() if value not in (None, "", [], {})
    ]
