"""What a line of a customer account is, told from the journal that holds it and its sign.

A FEC names journals freely, so the nature of a journal is read from its code and its name. Rule:

=========  ==================  ===========
journal    debit               credit
=========  ==================  ===========
SALES      INVOICE             CREDIT_NOTE
CASH       ADJUSTMENT          PAYMENT
OPENING    INVOICE             PAYMENT
MISC       ADJUSTMENT          PAYMENT
OTHER      INVOICE             PAYMENT
=========  ==================  ===========

A debit in a bank journal is money that went back (a rejected direct debit, a refund): not an invoice.
A credit that calls itself an "avoir" in its label is a CREDIT_NOTE in an opening or other journal.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from quittance.core.mapping.text import fold_words
from quittance.core.ports.intake import LineKind


class JournalNature(StrEnum):
    """What a journal is kept for."""

    SALES = "SALES"
    CASH = "CASH"
    OPENING = "OPENING"
    MISC = "MISC"
    OTHER = "OTHER"


_NAME_WORDS: Final[tuple[tuple[JournalNature, str], ...]] = (
    (
        JournalNature.OPENING,
        (
            r"a ?nouveaux?|ran|report(s)? a nouveau|ouverture|balance initiale|bilan d ouverture|opening|apertura|"
            r"saldos? inicial(es)?"
        ),
    ),
    (
        JournalNature.CASH,
        (
            r"banques?|bank|banco|caisse|cash|caja|ccp|cheques?|chequiers?|virements?|prelevements?|encaissements?|"
            r"reglements?|tresorerie|effets?|receipts?|cobros?|lcr|carte bancaire|cb|paypal|stripe|qonto|bnp|lcl|"
            r"cic|hsbc|bred|credit (agricole|mutuel|lyonnais|cooperatif|du nord)|societe generale|epargne|bpce|"
            r"boursorama|fortis|sepa|payments?"
        ),
    ),
    (
        JournalNature.SALES,
        r"ventes?|vte?s?|factur\w*|sales|revenue|clients?|avoirs?|ventas|invoices?|chiffre d affaires?",
    ),
    (
        JournalNature.MISC,
        (
            r"operations? diverses?|od|o d|divers(es)?|inventaires?|regularisations?|general|miscellaneous|"
            r"extra comptable|situation|cloture|diario|lettrages?|compensations?"
        ),
    ),
)
_NAME_PATTERNS: Final = tuple((nature, re.compile(rf"\b(?:{words})\b")) for nature, words in _NAME_WORDS)
_CODE_PATTERNS: Final[tuple[tuple[JournalNature, re.Pattern[str]], ...]] = (
    (JournalNature.OPENING, re.compile(r"(an|ano|anx|anv|ran|ouv|ou|open)\d*")),
    (JournalNature.SALES, re.compile(r"(ve|vt|ven|vte|vtes|vente|fa|fac|fact|fv|fvt|rev|sal|sales|av|inv|vd|vl)\d*")),
    (
        JournalNature.CASH,
        re.compile(r"(bq|bnq|bk|ba|ban|banq|ca|cai|cais|caisse|cash|bnk|ccp|rch|ch|cb|tr|tre)\w{0,3}"),
    ),
    (JournalNature.MISC, re.compile(r"(od|ods|oda|odr|o i|o d|misc|gen|div)\w{0,3}")),
)
_CREDIT_NOTE: Final = re.compile(r"\b(avoirs?|credit ?notes?|notes? de credit|abonos?|gutschrift)\b")


def journal_nature(*, code: str, name: str) -> JournalNature:
    """Tell what a journal is kept for from its name, else from its code.

    >>> journal_nature(code="VEN", name="Ventes"), journal_nature(code="CRC", name="CREDIT AGRICOLE")
    (<JournalNature.SALES: 'SALES'>, <JournalNature.CASH: 'CASH'>)
    >>> journal_nature(code="BQ1", name=""), journal_nature(code="ZZ", name="?")
    (<JournalNature.CASH: 'CASH'>, <JournalNature.OTHER: 'OTHER'>)
    """
    words = fold_words(name)
    for nature, pattern in _NAME_PATTERNS:
        if pattern.search(words):
            return nature
    folded = fold_words(code)
    for nature, pattern in _CODE_PATTERNS:
        if pattern.fullmatch(folded):
            return nature
    return JournalNature.OTHER


def line_kind(*, nature: JournalNature, is_debit: bool, label: str) -> LineKind:
    """Tell what a line is from the nature of its journal, its sign and its label (table above)."""
    if is_debit:
        if nature in {JournalNature.CASH, JournalNature.MISC}:
            return LineKind.ADJUSTMENT
        return LineKind.INVOICE
    if nature is JournalNature.SALES:
        return LineKind.CREDIT_NOTE
    if nature in {JournalNature.OPENING, JournalNature.OTHER} and says_credit_note(label):
        return LineKind.CREDIT_NOTE
    return LineKind.PAYMENT


def says_credit_note(label: str) -> bool:
    """Tell whether a label calls its line a credit note."""
    return _CREDIT_NOTE.search(fold_words(label)) is not None
