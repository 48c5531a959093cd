"""The words of the cash desk: why a line waits, how an explanation was found, what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

Text = str | Promise

WAITING_WORDS: dict[str, Text] = {
    "AMBIGUOUS": lazy("Several explanations are as likely"),
    "BELOW_THRESHOLD": lazy("Likely, but not certain"),
    "AMOUNT_DIFFERS": lazy("The amount differs"),
    "DISPUTED_ITEM_REFERENCED": lazy("It names a disputed item"),
    "ITEM_WANTED_TWICE": lazy("Two payments name one item"),
    "NO_EXPLANATION": lazy("Payer unknown"),
    "PAYER_KNOWN": lazy("Payer known, items not clear"),
    "ITEM_TAKEN": lazy("The item was paid meanwhile"),
    "RATE_MISSING": lazy("No exchange rate for its day"),
    "UNDONE": lazy("A match was undone"),
    "RETURNED": lazy("A returned payment"),
    "DETAILED_BY_NOTIFICATION": lazy("Its payments came one by one"),
    "NOT_A_CUSTOMER": lazy("Not a customer's payment"),
}
STRATEGY_WORDS: dict[str, Text] = {
    "EXACT_REFERENCE": lazy("By reference"),
    "AMOUNT_WITH_PAYER": lazy("By payer and amount"),
    "REFERENCE_WITH_DIFFERENCE": lazy("By reference, amount differs"),
    "PICKED": lazy("Picked by a person"),
    "RETURN": lazy("Return of a payment"),
}
RETURN_EVIDENCE_WORDS: dict[str, Text] = {
    "REFERENCE": lazy("Both have the same reference."),
    "IBAN": lazy("Both are of one bank account."),
    "NAME": lazy("Both have the same name."),
}
# The codes of ISO 20022 (ExternalReturnReason) that banks send for direct debits and transfers.
RETURN_REASON_WORDS: dict[str, Text] = {
    "AC01": lazy("account number wrong"),
    "AC03": lazy("account number wrong"),
    "AC04": lazy("account closed"),
    "AC06": lazy("account blocked"),
    "AC13": lazy("consumer's account"),
    "AG01": lazy("not allowed on this account"),
    "AG02": lazy("wrong kind of transaction"),
    "AM04": lazy("not enough money"),
    "AM05": lazy("collected twice"),
    "BE05": lazy("creditor not recognised"),
    "CNOR": lazy("creditor's bank not recognised"),
    "DNOR": lazy("debtor's bank not recognised"),
    "FOCR": lazy("recalled by the payer's bank"),
    "MD01": lazy("no valid mandate"),
    "MD06": lazy("refund asked by the payer"),
    "MD07": lazy("payer deceased"),
    "MS02": lazy("refused by the payer, no reason given"),
    "MS03": lazy("no reason given by the bank"),
    "RC01": lazy("bank identifier wrong"),
    "RR01": lazy("refused for a regulation"),
    "RR04": lazy("refused for a regulation"),
    "SL01": lazy("payer's bank blocks this creditor"),
}
KIND_WORDS: dict[str, Text] = {
    "STATEMENT": lazy("Statement"),
    "REPORT": lazy("Intraday report"),
    "NOTIFICATION": lazy("Notification"),
}
_AGAINST = frozenset(
    {"AMOUNT_DIFFERS", "AMOUNT_NOT_UNIQUE", "PAYER_IS_ANOTHER", "REFERENCE_LEFT_OUT", "ITEM_AFTER_PAYMENT"}
)


def return_reason_word(code: str) -> str:
    """Return why the bank sent a payment back, with its code; an unknown code stands alone.

    >>> return_reason_word("ZZ99")
    'ZZ99'
    """
    word = RETURN_REASON_WORDS.get(code)
    return f"{word} ({code})" if word else code or str(_("no reason given by the bank"))


def evidence_words(fact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact as a sentence, and whether it speaks against the explanation."""
    return {"text": _sentence(str(fact["kind"]), str(fact["text"])), "is_against": fact["kind"] in _AGAINST}


def _sentence(kind: str, text: str) -> str:
    sentences = {
        "REFERENCE_IN_TEXT": _("The text names %(what)s."),
        "REFERENCE_STRUCTURED": _("The payment reference is %(what)s."),
        "REFERENCE_END_TO_END": _("The payer's own reference is %(what)s."),
        "AMOUNT_EQUAL": _("The amount is exactly right."),
        "AMOUNT_DIFFERS": _("The amount is not what is open."),
        "AMOUNT_NOT_UNIQUE": _("%(what)s open items have this amount."),
        "PAYER_IBAN_KNOWN": _("This customer has paid from this bank account before."),
        "PAYER_NAME_EQUAL": _("The payer is called like this customer."),
        "PAYER_NAME_SIMILAR": _("The payer is called nearly like this customer."),
        "PAYER_IS_ANOTHER": _("The payer looks like somebody else."),
        "REFERENCE_LEFT_OUT": _("%(what)s is named too and not paid by this."),
        "ITEM_AFTER_PAYMENT": _("The item is younger than the payment."),
    }
    return sentences.get(kind, "%(what)s") % {"what": text}


def marked_text(text: str, evidence: Sequence[Mapping[str, Any]]) -> list[tuple[str, bool]]:
    """Return the text in pieces, each with whether it is a reference that was found.

    >>> marked_text("pay F-12 now", [{"start": 4, "end": 8}])
    [('pay ', False), ('F-12', True), (' now', False)]
    """
    spans = sorted({(fact["start"], fact["end"]) for fact in evidence if fact.get("start") is not None})
    pieces: list[tuple[str, bool]] = []
    position = 0
    for start, end in spans:
        if start < position or end > len(text):
            continue
        pieces += [(text[position:start], False), (text[start:end], True)]
        position = end
    pieces.append((text[position:], False))
    return [piece for piece in pieces if piece[0]]
