"""How an explanation of a payment was found, and what speaks for or against it, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

STRATEGY_WORDS: dict[str, str | Promise] = {
    "REMITTANCE": lazy("By remittance advice"),
    "EXACT_REFERENCE": lazy("By reference"),
    "REFERENCE_WITH_CREDIT_NOTES": lazy("By reference, less credit notes"),
    "REFERENCE_WITH_DISCOUNT": lazy("By reference, less discount"),
    "REFERENCE_WITH_SMALL_DIFFERENCE": lazy("By reference, small difference"),
    "REFERENCE_WITH_BANK_FEE": lazy("By reference, less a bank fee"),
    "REFERENCE_WITH_EXCHANGE": lazy("By reference, exchange difference"),
    "REFERENCE_WITH_OTHERS": lazy("By reference and other items"),
    "AMOUNT_WITH_PAYER": lazy("By payer and amount"),
    "AMOUNT_WITH_DISCOUNT": lazy("By payer and amount, less discount"),
    "AMOUNT_WITH_SMALL_DIFFERENCE": lazy("By payer and amount, small difference"),
    "AMOUNT_WITH_BANK_FEE": lazy("By payer and amount, less a bank fee"),
    "AMOUNT_WITH_EXCHANGE": lazy("By payer and amount, exchange difference"),
    "ANNOUNCED_ITEMS": lazy("As the customer announced"),
    "WHOLE_BALANCE": lazy("The whole balance"),
    "WHOLE_MONTH": lazy("All of one month"),
    "DUE_UNTIL": lazy("All that was due until a day"),
    "CONSECUTIVE_ITEMS": lazy("Items one after the other"),
    "SUM_OF_ITEMS": lazy("Some items that add up"),
    "OLDEST_FIRST": lazy("Oldest first, as agreed"),
    "REFERENCE_WITH_DIFFERENCE": lazy("By reference, amount differs"),
    "AMOUNT_ALONE": lazy("By amount alone"),
    "PICKED": lazy("Picked by a person"),
    "RETURN": lazy("Return of a payment"),
    "DIRECT_DEBIT": lazy("By direct debit"),
}
AGAINST = frozenset(
    {
        "AMOUNT_DIFFERS",
        "AMOUNT_NOT_UNIQUE",
        "DISCOUNT_LATE",
        "PAID_SHORT",
        "PAID_OVER",
        "PAYER_IS_ANOTHER",
        "REFERENCE_LEFT_OUT",
        "REFERENCE_NOT_OPEN",
        "ITEM_AFTER_PAYMENT",
    }
)


def evidence_sentence(kind: str, text: str) -> str:
    """Return a fact as a sentence in the reader's language; a kind that nobody knows is what was read."""
    sentences = {**_reference_sentences(), **_amount_sentences(), **_payer_sentences()}
    return sentences.get(kind, "%(what)s") % {"what": text}


def _reference_sentences() -> dict[str, str]:
    return {
        "REFERENCE_IN_TEXT": _("The text names %(what)s."),
        "REFERENCE_STRUCTURED": _("The payment reference is %(what)s."),
        "REFERENCE_END_TO_END": _("The payer's own reference is %(what)s."),
        "REFERENCE_ANNOUNCED": _("The remittance advice names %(what)s."),
        "REFERENCE_PART": _("%(what)s is part of the document's number."),
        "REFERENCE_RANGE": _("The text names all documents of %(what)s."),
        "REFERENCE_CUT": _("The text was cut off: %(what)s begins the document's number."),
        "REFERENCE_MISTYPED": _("%(what)s is the document's number but for one character."),
        "REFERENCE_OWN_NUMBER": _("%(what)s is the payer's own number of the document."),
        "REFERENCE_LEFT_OUT": _("%(what)s is named too and not paid by this."),
        "REFERENCE_NOT_OPEN": _("%(what)s is named and paid already."),
        "ITEM_AFTER_PAYMENT": _("The item is younger than the payment."),
        "ANNOUNCED": _("The customer announced to pay %(what)s."),
        "DEBIT_COLLECTED": _("It is our own direct debit %(what)s."),
        "PAYOUT_OF_ADVICE": _("The remittance advice %(what)s names what was collected of this customer."),
    }


def _amount_sentences() -> dict[str, str]:
    return {
        "AMOUNT_EQUAL": _("The amount is exactly right."),
        "AMOUNT_DIFFERS": _("The amount is not what is open."),
        "AMOUNT_NOT_UNIQUE": _("%(what)s open items have this amount."),
        "ADDS_UP": _("The %(what)s items add up to the payment."),
        "DISCOUNT_TAKEN": _("The discount of the terms was deducted."),
        "SMALL_DIFFERENCE": _("The difference is small, as bank fees make it."),
        "DISCOUNT_LATE": _("The discount of the terms was deducted after its days were over."),
        "FEE_SHOWN": _("A bank seems to have kept a fee: %(what)s."),
        "EXCHANGE_SHOWN": _("The money seems to have been exchanged: %(what)s."),
        "PAID_SHORT": _("Less was paid than is open."),
        "PAID_OVER": _("More was paid than is open."),
        "CREDIT_NOTES_USED": _("The credit note %(what)s was deducted."),
        "OLDEST_FIRST_AGREED": _("It was agreed that the oldest items are paid first."),
    }


def _payer_sentences() -> dict[str, str]:
    return {
        "PAYER_IBAN_KNOWN": _("This customer has paid from this bank account before."),
        "PAYER_VIRTUAL_IBAN": _("It came in on the bank account that only this customer is told."),
        "PAYER_MANDATE": _("The mandate %(what)s is this customer's."),
        "PAYER_NUMBER": _("The text names the customer's number %(what)s."),
        "PAYER_NAME_EQUAL": _("The payer is called like this customer."),
        "PAYER_NAME_SIMILAR": _("The payer is called nearly like this customer."),
        "PAYER_NAME_CUT": _("The payer's name begins this customer's."),
        "PAYER_NAME_INITIALS": _("The payer's name is this customer's initials."),
        "PAYER_IS_ANOTHER": _("The payer looks like somebody else."),
    }
