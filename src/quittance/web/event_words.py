"""The sentences of the timeline: what each kind of event is called, its tone, and the filter it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.dunning.policy_words import MEDIUM_WORDS
from quittance.web import formats
from quittance.web.cash_event_words import TITLES as BANK_LINE_TITLES
from quittance.web.cash_words import return_reason_word
from quittance.web.debit_words import EVENT_SENTENCES as DEBIT_SENTENCES
from quittance.web.event_changes import changes_text
from quittance.web.litigation_words import EVENT_KINDS
from quittance.web.remittance_words import EVENT_SENTENCES as REMITTANCE_SENTENCES
from quittance.web.writeback_words import EVENT_SENTENCES as WRITEBACK_SENTENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGroup:
    """A filter of the timeline: beginnings of the kinds it shows."""

    code: str
    label: str | Promise
    kinds: tuple[str, ...]


EVENT_GROUPS = (
    EventGroup(code="reminders", label=_("Reminders"), kinds=("dunning_", "transmission.", "delivery.", "letter.")),
    EventGroup(code="replies", label=_("Replies"), kinds=("inbound.",)),
    EventGroup(code="calls", label=_("Calls"), kinds=("call.",)),
    EventGroup(code="promises", label=_("Promises and plans"), kinds=("promise.", "plan.")),
    EventGroup(code="litigation", label=_("Litigation"), kinds=("handover.", "limitation.")),
    EventGroup(code="disputes", label=_("Disputes"), kinds=("dispute.",)),
    EventGroup(
        code="cash",
        label=_("Cash"),
        kinds=(
            "allocation.",
            "payment.",
            "match.",
            "transaction.",
            "difference.",
            "remittance.",
            "debit",
            "mandate.",
            "virtual_iban.",
        ),
    ),
    EventGroup(code="interest", label=_("Interest"), kinds=("interest.",)),
    EventGroup(code="notes", label=_("Notes and files"), kinds=("note.", "attachment.")),
    EventGroup(code="edits", label=_("Changes by hand"), kinds=("customer.edited", "account.edited", "contact.")),
    EventGroup(code="erp", label=_("From the ERP"), kinds=("item.", "import.", "customer.changed_by_erp")),
)

_SENTENCES: dict[str, tuple[str | Promise, str]] = {
    **BANK_LINE_TITLES,
    "item.posted": (_("%(document)s posted: %(amount)s"), ""),
    "item.changed_by_erp": (_("%(document)s changed by the ERP"), ""),
    "item.closed_by_erp": (_("%(document)s is no longer open in the ERP: closed"), "settled"),
    "item.reopened_by_erp": (_("%(document)s is open in the ERP again"), "soon"),
    "item.returned_by_erp": (_("%(document)s is in the books of the ERP now"), "settled"),
    "item.delay_reason_set": (_("Reason of delay set on %(document)s"), ""),
    "allocation.posted": (_("%(amount)s of %(credit)s applied to %(debit)s"), "settled"),
    "allocation.reversed": (_("%(amount)s of %(credit)s on %(debit)s undone"), "soon"),
    "payment.withdrawn": (_("Payment of %(amount)s taken back"), "soon"),
    "payment.returned": (_("Payment of %(amount)s of %(paid_date)s sent back: %(return_reason)s"), "late"),
    "payment.return_undone": (_("Payment of %(amount)s was not sent back after all"), ""),
    "dispute.opened": (_("Dispute opened on %(document)s: %(amount)s"), "disputed"),
    "dispute.assigned": (_("Dispute on %(document)s handed over"), "disputed"),
    "dispute.closed": (_("Dispute on %(document)s closed"), "settled"),
    "promise.taken": (_("%(amount)s promised for %(promised_date)s"), "promised"),
    "promise.withdrawn": (_("Promise of %(amount)s withdrawn"), ""),
    "promise.kept": (_("Promise of %(amount)s kept"), "settled"),
    "promise.part_kept": (_("Promise of %(amount)s kept in part"), "soon"),
    "promise.broken": (_("Promise of %(amount)s broken"), "late"),
    "promise.open": (_("Promise of %(amount)s open again"), "promised"),
    "plan.proposed": (_("Payment plan of %(amount)s proposed in %(instalments)s instalments"), "promised"),
    "plan.link_sent": (_("Link to the payment plan sent to %(recipient)s"), ""),
    "plan.accepted": (_("Payment plan of %(amount)s accepted by %(accepted_by)s"), "promised"),
    "plan.declined": (_("Payment plan of %(amount)s declined"), "late"),
    "plan.expired": (_("Payment plan of %(amount)s not answered in time"), ""),
    "plan.cancelled": (_("Payment plan of %(amount)s cancelled"), ""),
    "plan.kept": (_("Payment plan of %(amount)s paid"), "settled"),
    "plan.broken": (_("Payment plan of %(amount)s broken: instalment %(position)s"), "late"),
    "plan.active": (_("Payment plan of %(amount)s runs again"), "promised"),
    **DEBIT_SENTENCES,
    "handover.prepared": (_("Hand-over to %(to)s prepared"), "soon"),
    "handover.handed_over": (_("Handed over to %(to)s"), "promised"),
    "handover.returned": (_("Came back from %(to)s"), "late"),
    "handover.closed": (_("Hand-over to %(to)s closed"), "settled"),
    "handover.cancelled": (_("Hand-over to %(to)s given up"), ""),
    "handover.dossier_written": (_("Dossier written: %(filename)s"), ""),
    "limitation.recorded": (_("Recorded of the claim of %(document)s: %(happened)s"), "soon"),
    "limitation.ended": (_("Over, of the claim of %(document)s: %(happened)s"), ""),
    "limitation.withdrawn": (_("Taken back, of the claim of %(document)s: %(happened)s"), ""),
    "dunning_notice.sent": (_("Reminder sent"), "soon"),
    "dunning_message.sent": (_("Message in our own words sent"), "neutral"),
    "transmission.bounced": (_("Message to %(recipient)s came back"), "late"),
    "transmission.delivered": (_("Message to %(recipient)s delivered"), "settled"),
    "transmission.repeated": (_("Message to %(recipient)s sent once more"), ""),
    "inbound.received": (_("Reply from %(sender)s: %(subject)s"), "promised"),
    "inbound.filed": (_("Message from %(sender)s kept with this account: %(subject)s"), ""),
    "inbound.assigned": (_("Reply handed over: %(subject)s"), ""),
    "delivery.opted_out": (_("%(address)s wants no messages before the due date"), "soon"),
    "delivery.opted_in": (_("%(address)s takes messages before the due date again"), ""),
    "dunning_notice.held": (_("Reminder held at sending"), ""),
    "dunning_notice.failed": (_("Reminder could not be sent"), "late"),
    "dunning_notice.uncertain": (_("Reminder may not have left"), "soon"),
    "dunning_decision.excluded": (_("Left out of a run by hand"), ""),
    "dunning_decision.included": (_("Put back into a run"), ""),
    "dunning_block.set": (_("Reminders put on hold"), "soon"),
    "dunning_block.set_until": (_("Reminders put on hold until %(until_date)s"), "soon"),
    "dunning_block.lifted": (_("Hold on reminders lifted"), ""),
    "dunning_policy.chosen": (_("Policy of reminders chosen"), ""),
    "dunning_policy.changed": (_("Policy of reminders changed"), ""),
    "dunning_text.changed": (_("Text of a message changed"), ""),
    "dunning_text.withdrawn": (_("Planned text of a message taken back"), ""),
    "dunning_task.opened": (_("Step left to a person"), "soon"),
    "dunning_task.done": (_("Step done"), "settled"),
    "dunning_announcement.made": (_("Said to be paid: reminders wait until %(until_date)s"), "promised"),
    "dunning_announcement.ended": (_("Reminders no longer wait for a payment that was announced"), ""),
    "letter.ordered": (_("Statement of account of %(as_of_date)s sent by post"), "soon"),
    "letter.batched": (_("Letter to be printed: %(subject)s"), "soon"),
    "letter.posted": (_("Letter posted: %(subject)s"), "settled"),
    "letter.taken_out": (_("Letter taken out before printing: %(subject)s"), ""),
    "letter.put_back": (_("Letter to be printed after all: %(subject)s"), "soon"),
    "letter.tracked": (_("Tracking number of the letter: %(after)s"), ""),
    "interest.claimed": (_("Interest on %(document)s claimed: %(amount)s"), "soon"),
    "interest.waived": (_("Interest on %(document)s waived: %(amount)s"), ""),
    "interest.paid": (_("Interest on %(document)s paid: %(amount)s"), "settled"),
    "interest.withdrawn": (_("Decision on the interest of %(document)s taken back"), ""),
    "interest.rate_agreed": (_("Agreed rate of late-payment interest kept: %(rate)s %% a year"), ""),
    "call.logged": (pgettext_lazy("event", "Call"), "promised"),
    "customer.edited": (_("Customer changed by hand"), ""),
    "account.edited": (_("Account changed by hand"), ""),
    "virtual_iban.given": (_("Account %(iban)s given to this customer alone"), ""),
    "virtual_iban.taken_back": (_("Account %(iban)s is no longer this customer's alone"), "soon"),
    "contact.added": (_("Contact %(contact)s added"), ""),
    "contact.edited": (_("Contact %(contact)s changed"), ""),
    "contact.consented": (_("%(contact)s may be written to by %(medium)s"), ""),
    "contact.refused": (_("%(contact)s refuses %(medium)s"), "soon"),
    "contact.retired": (_("Contact %(contact)s retired"), ""),
    "contact.restored": (_("Contact %(contact)s used again"), ""),
    "note.added": (_("Note written"), ""),
    "note.restored": (_("Note put back"), ""),
    "note.deleted": (_("Note deleted"), ""),
    "attachment.added": (_("File kept: %(filename)s"), ""),
    **REMITTANCE_SENTENCES,
    **WRITEBACK_SENTENCES,
    "api_token.created": (_("Token “%(name)s” of the API made"), ""),
    "api_token.revoked": (_("Token “%(name)s” of the API revoked"), ""),
    "attachment.deleted": (_("File deleted: %(filename)s"), ""),
}


def event_entry(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as an entry of the timeline."""
    return {
        "at": event["occurred_at"],
        "title": event_sentence(event),
        "who": event["actor_label"],
        "text": changes_text(event) or _text(event["payload"]),
        "tone": _SENTENCES.get(event["kind"], ("", ""))[1],
        "href": _href(event),
        "id": event["id"],
    }


def event_sentence(event: Mapping[str, Any]) -> str:
    """Return what an event says in one sentence; a kind that has none is written readable."""
    sentence, _tone = _SENTENCES.get(event["kind"], ("", ""))
    if not sentence:
        return str(event["kind"].replace(".", " ").replace("_", " ").capitalize())
    return str(sentence) % _Words(event["payload"])


class _Words(dict[str, str]):
    """The words of a payload for a sentence; amounts and days written by locale, what is missing as a dash."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__()
        self.payload = payload

    def __missing__(self, name: str) -> str:
        value = str(self.payload.get(name, "") or "")
        if name == "amount" and value:
            return _money(value, str(self.payload.get("currency", "")))
        if name == "happened":
            return str(EVENT_KINDS.get(value, value))
        if name == "medium":
            return str(MEDIUM_WORDS.get(value, value))
        if name in ("return_reason", "reason_code"):
            return return_reason_word(value)
        if name.endswith("_date") and value:
            return _day(value)
        return value or formats.DASH


def _money(value: str, currency: str) -> str:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return value
    return formats.money_text(amount, currency) if currency else formats.amount_text(amount)


def _day(value: str) -> str:
    try:
        return formats.short_date_text(date.fromisoformat(value))
    except ValueError:
        return value


def _text(payload: Mapping[str, Any]) -> str:
    found = (payload.get(name) for name in ("text", "comment", "failure"))
    return next((str(text) for text in found if text), "")


def _href(event: Mapping[str, Any]) -> str:
    """Return the address of what the event speaks of, '' when it has no page."""
    if event["item_id"]:
        return reverse("item_detail", args=[event["item_id"]])
    pages = {
        "dispute": "case_detail",
        "dunning_notice": "notice_detail",
        "letter": "letter_detail",
        "import": "import_detail",
        "inbound_message": "reply_detail",
        "transmission": "message_detail",
        "plan": "plan_detail",
        "handover": "handover_detail",
        "writeback_batch": "writeback_batch",
    }
    name = pages.get(event["subject_kind"], "")
    if name and str(event["subject_id"]).isdigit():
        return find_url_of(name, int(event["subject_id"]))
    return ""


def find_url_of(name: str, argument: int) -> str:
    """Return the address of one thing, '' when the site has no such page."""
    try:
        return reverse(name, args=[argument])
    except NoReverseMatch:
        return ""
