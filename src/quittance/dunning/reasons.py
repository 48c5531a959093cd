"""The words for the reasons of dunning: short, for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASON_WORDS: dict[str, str | Promise] = {
    "LEVEL_REACHED": _("Next level reached"),
    "LISTED": _("Listed with the others"),
    "CHOSEN": _("Chosen by a person"),
    "ALLOCATED": _("Paid"),
    "CREDIT": _("Credit"),
    "EXCLUDED_KIND": _("Sold to the factor"),
    "BLOCKED": _("Item on hold"),
    "NOT_DELIVERED": _("Invoice not delivered"),
    "DISPUTED": _("Disputed"),
    "IN_PAYMENT_PLAN": _("In a payment plan"),
    "PROMISED": _("Promised"),
    "PAYMENT_ANNOUNCED": _("Payment announced"),
    "HANDED_OVER": _("Handed over"),
    "IN_COLLECTION": _("In a direct debit on its way"),
    "TO_BE_DEBITED": _("Will be debited"),
    "COVERED_BY_CREDIT": _("Covered by unapplied credit"),
    "NOT_YET_DUE": _("Not due yet"),
    "LEVEL_NOT_REACHED": _("Next level not reached yet"),
    "LEARNT_TIMING": _("Usually pays by itself a few days later"),
    "CONDITION_NOT_MET": _("The next step's condition is not met"),
    "NO_LEVEL": _("No level in the policy"),
    "OVERDUE_FIRST": _("Overdue items come first"),
    "MIN_INTERVAL": _("Written to recently"),
    "LAST_LEVEL_REACHED": _("Last level passed: call or hand over"),
    "ACCOUNT_BLOCKED": _("Account on hold"),
    "STALE_BANK_DATA": _("Bank statements are too old"),
    "QUIET_DAY": _("Weekend or public holiday"),
    "TOO_MANY_TOUCHES": _("Contacted often enough lately"),
    "MEDIUM_NOT_READY": _("Nothing is set up to send it"),
    "AWAITS_MANAGER": _("Waits for the credit manager"),
    "BELOW_MINIMUM": _("Below the smallest amount"),
    "OPTED_OUT": _("Contact wants no messages"),
    "NO_CONTACT": _("No contact with a working address"),
    "NOTHING_DUE": _("Nothing due"),
    "TRIGGER_GONE": _("What it was about is gone"),
    "ALREADY_NOTIFIED": _("Another run has written already"),
}


def reason_word(code: str) -> str:
    """Return the words of a reason; an unknown code is shown readable."""
    return str(REASON_WORDS.get(code, code.replace("_", " ").capitalize()))
