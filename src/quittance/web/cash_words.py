"""The words of the cash desk: why a line waits, how an explanation was found, what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.web.match_words import AGAINST, evidence_sentence

Text = str | Promise

WAITING_WORDS: dict[str, Text] = {
    "AMBIGUOUS": lazy("Several explanations are as likely"),
    "BELOW_THRESHOLD": lazy("Likely, but not certain"),
    "AMOUNT_DIFFERS": lazy("The amount differs"),
    "DISPUTED_ITEM_REFERENCED": lazy("It names a disputed item"),
    "ITEM_WANTED_TWICE": lazy("Two payments name one item"),
    "DOCUMENT_NOT_OPEN": lazy("It names a document that is paid"),
    "NO_EXPLANATION": lazy("Payer unknown"),
    "PAYER_KNOWN": lazy("Payer known, items not clear"),
    "ITEM_TAKEN": lazy("The item was paid meanwhile"),
    "RATE_MISSING": lazy("No exchange rate for its day"),
    "UNDONE": lazy("A match was undone"),
    "RETURNED": lazy("A returned payment"),
    "MAY_BE_DUPLICATE": lazy("It may be in twice, by two formats"),
    "DETAILED_BY_NOTIFICATION": lazy("Its payments came one by one"),
    "NOT_A_CUSTOMER": lazy("Not a customer's payment"),
    "MERGED": lazy("Part of a receipt that is one again"),
    "BULK_DIFFERS": lazy("It names a collection of another sum: take in the bank's answer first"),
    "BULK_TAKEN": lazy("An item of its collection was paid meanwhile"),
}
# What becomes of the difference between a payment and what it pays.
DIFFERENCE_WORDS: dict[str, Text] = {
    "LEAVE": lazy("Leave it: open on the items, or unapplied"),
    "SMALL_DIFFERENCE": lazy("Write it off as a small difference"),
    "BANK_FEE": lazy("Fee kept by a bank"),
    "EXCHANGE": lazy("Exchange difference"),
    "DISCOUNT": lazy("Discount taken"),
    "DEDUCTION": lazy("Deduction: open a dispute"),
}
# What a company may post by itself.
RULE_NAMES: dict[str, Text] = {
    "SMALL_DIFFERENCE": lazy("Small difference"),
    "BANK_FEE": lazy("Fee kept by a bank"),
    "EXCHANGE": lazy("Exchange difference"),
}
PLANNED_WORDS: dict[str, Text] = {**RULE_NAMES, "DISCOUNT": lazy("Discount taken")}
RETURN_EVIDENCE_WORDS: dict[str, Text] = {
    "REFERENCE": lazy("Both have the same reference."),
    "IBAN": lazy("Both are of one bank account."),
    "NAME": lazy("Both have the same name."),
}
# The codes of ISO 20022 that banks send for direct debits, transfers and cheques: ExternalReturnReason, and, where a
# bank gives no reason, the sub-family of the movement; then those of BAI2.
RETURN_REASON_WORDS: dict[str, Text] = {
    "AC01": lazy("account number wrong"),
    "AC03": lazy("account number wrong"),
    "AC04": lazy("account closed"),
    "AC06": lazy("account blocked"),
    "AC13": lazy("consumer's account"),
    "AC14": lazy("wrong kind of account"),
    "AG01": lazy("not allowed on this account"),
    "AG02": lazy("wrong kind of transaction"),
    "AGNT": lazy("bank identifier wrong"),
    "AM04": lazy("not enough money"),
    "AM05": lazy("collected twice"),
    "AM09": lazy("wrong amount"),
    "ARDT": lazy("returned already"),
    "BE04": lazy("creditor's address missing"),
    "BE05": lazy("creditor not recognised"),
    "CNOR": lazy("creditor's bank not recognised"),
    "CURR": lazy("wrong currency"),
    "CUST": lazy("recalled at the payer's wish"),
    "CUTA": lazy("recalled for an inquiry"),
    "DNOR": lazy("debtor's bank not recognised"),
    "DUPL": lazy("recalled: paid twice"),
    "ED05": lazy("settlement between the banks failed"),
    "FF05": lazy("wrong kind of transaction"),
    "FOCR": lazy("recalled by the payer's bank"),
    "FRAD": lazy("recalled: fraud"),
    "LEGL": lazy("refused for a legal reason"),
    "MD01": lazy("no valid mandate"),
    "MD02": lazy("mandate incomplete"),
    "MD06": lazy("refund asked by the payer"),
    "MD07": lazy("payer deceased"),
    "MS02": lazy("refused by the payer, no reason given"),
    "MS03": lazy("no reason given by the bank"),
    "NOAS": lazy("no answer of the customer"),
    "RC01": lazy("bank identifier wrong"),
    "RC07": lazy("bank identifier wrong"),
    "RR01": lazy("refused for a regulation"),
    "RR02": lazy("refused for a regulation"),
    "RR03": lazy("refused for a regulation"),
    "RR04": lazy("refused for a regulation"),
    "SL01": lazy("payer's bank blocks this creditor"),
    "SL11": lazy("creditor not on the payer's list"),
    "SL12": lazy("creditor on the payer's list of blocked ones"),
    "SL13": lazy("above the payer's limit of amount"),
    "SL14": lazy("above the payer's limit of debits"),
    "SVNR": lazy("service not rendered"),
    "TECH": lazy("recalled: technical error"),
    "UPAY": lazy("recalled: not owed"),
    "CQRV": lazy("cheque taken back"),
    "PRDD": lazy("direct debit reversed"),
    "RCDD": lazy("direct debit cancelled"),
    "RPCR": lazy("recalled by the payer's bank"),
    "RRTN": lazy("transfer returned"),
    "UPCQ": lazy("cheque unpaid"),
    "UPCT": lazy("card payment unpaid"),
    "UPDD": lazy("direct debit unpaid"),
    "BAI555": lazy("deposited item returned"),
    "BAI557": lazy("direct debit unpaid"),
    "BAI558": lazy("direct debit reversed"),
}
KIND_WORDS: dict[str, Text] = {
    "STATEMENT": lazy("Statement"),
    "REPORT": lazy("Intraday report"),
    "NOTIFICATION": lazy("Notification"),
}


def return_reason_word(code: str) -> str:
    """Return why the bank sent a payment back, with its code; an unknown code stands alone.

    >>> return_reason_word("ZZ99")
    'ZZ99'
    """
    word = RETURN_REASON_WORDS.get(code)
    return f"{word} ({code})" if word else code or str(_("no reason given by the bank"))


def evidence_words(fact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact as a sentence, and whether it speaks against the explanation."""
    return {"text": evidence_sentence(str(fact["kind"]), str(fact["text"])), "is_against": fact["kind"] in AGAINST}


def marked_text(text: str, evidences: Sequence[Sequence[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Return the text in pieces, each with the numbers (from 1) of the explanations that found it; blank for none.

    >>> marked_text("pay F-12 now", [[{"start": 4, "end": 8}], [{"start": None}], [{"start": 4, "end": 6}]])
    [('pay ', ''), ('F-', '1 3'), ('12', '1'), (' now', '')]
    """
    spans = [
        (fact["start"], fact["end"], number)
        for number, facts in enumerate(evidences, start=1)
        for fact in facts
        if fact.get("start") is not None and 0 <= fact["start"] < fact["end"] <= len(text)
    ]
    borders = sorted({0, len(text), *(edge for start, end, _number in spans for edge in (start, end))})
    pieces = []
    for start, end in pairwise(borders):
        numbers = sorted({number for first, last, number in spans if first <= start and end <= last})
        pieces.append((text[start:end], " ".join(map(str, numbers))))
    return pieces
