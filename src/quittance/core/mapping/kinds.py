"""What a line of a table is, told from its document type, its posting key, its sign and its label.

SAP types: RV, DR invoice; DG, RG credit note; DZ, ZP, ZV payment; AB, SA adjustment. Words are known in French,
English, Spanish and German. A type that is not known falls back to the sign: a debit is an INVOICE, a credit
a CREDIT_NOTE when its label says so, else a PAYMENT.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from quittance.core.mapping.journals import says_credit_note
from quittance.core.mapping.text import fold_words
from quittance.core.ports.intake import LineKind

_TYPES_BY_KIND: Final[tuple[tuple[LineKind, str], ...]] = (
    (
        LineKind.INVOICE,
        "rv dr ri f fa fac fact fc facture factures invoice invoices inv i in si factura facturas rechnung re",
    ),
    (
        LineKind.CREDIT_NOTE,
        "dg rg av avo avoir avoirs cn cm crn credit abono abonos ncr nc gutschrift gs",
    ),
    (
        LineKind.PAYMENT,
        (
            "dz zp zv zr p pay pmt rgl reg reglement reglements paiement paiements payment payments receipt pago "
            "pagos cobro zahlung encaissement virement cheque acompte"
        ),
    ),
    (LineKind.ADJUSTMENT, "ab sa od adj adjustment regularisation ajuste journal"),
)
_TYPES: Final = {word: kind for kind, words in _TYPES_BY_KIND for word in words.split()}
_TYPE_WORDS: Final[tuple[tuple[re.Pattern[str], LineKind], ...]] = (
    (
        re.compile(r"\b(avoirs?|credit (note|memo)|nota de credito|abono|gutschrift|rectificativa)\b"),
        LineKind.CREDIT_NOTE,
    ),
    (
        re.compile(r"\b(reglements?|paiements?|payments?|receipts?|pagos?|cobros?|zahlung|encaissements?)\b"),
        LineKind.PAYMENT,
    ),
    (
        re.compile(r"\b(late interest|interest|interets?|intereses|zinsen|penalites? de retard)\b"),
        LineKind.LATE_INTEREST,
    ),
    (re.compile(r"\b(factures?|invoices?|facturas?|rechnung|debit note|note de debit)\b"), LineKind.INVOICE),
)
CREDIT_KINDS: Final = frozenset({LineKind.CREDIT_NOTE, LineKind.PAYMENT})


@lru_cache(maxsize=1024)
def kind_of_type(text: str) -> LineKind | None:
    """Read a document type; None when it is not known.

    >>> kind_of_type("RV").value, kind_of_type("Avoir client").value, kind_of_type("??")
    ('INVOICE', 'CREDIT_NOTE', None)
    """
    folded = fold_words(text)
    if folded in _TYPES:
        return _TYPES[folded]
    for pattern, kind in _TYPE_WORDS:
        if pattern.search(folded):
            return kind
    return None


def is_credit_type(text: str) -> bool:
    """Tell whether a document type is one of credits."""
    return kind_of_type(text) in CREDIT_KINDS


def table_line_kind(*, type_text: str, is_debit: bool, label: str) -> LineKind:
    """Tell what a line is; a type that the sign contradicts gives an ADJUSTMENT.

    >>> table_line_kind(type_text="RV", is_debit=False, label="").value  # an invoice reversed
    'ADJUSTMENT'
    >>> table_line_kind(type_text="", is_debit=False, label="Avoir 12").value
    'CREDIT_NOTE'
    """
    kind = kind_of_type(type_text)
    if kind is None:
        if is_debit:
            return LineKind.INVOICE
        return LineKind.CREDIT_NOTE if says_credit_note(f"{type_text} {label}") else LineKind.PAYMENT
    if kind is not LineKind.ADJUSTMENT and (kind in CREDIT_KINDS) == is_debit:
        return LineKind.ADJUSTMENT
    return kind
