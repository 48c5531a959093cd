"""Whether money that left our account is a payment that the bank took back: a cheque, a debit, a transfer.

Many banks say so by a code of their own or in their text alone: "IMPAYE CHEQUE 1234567". What they charge for it is
another line, and no return.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

UNPAID_CHEQUE: Final = "UPCQ"
UNPAID_DEBIT: Final = "UPDD"
RETURNED_TRANSFER: Final = "RRTN"
RETURN_CODES: Final = frozenset(
    {UNPAID_CHEQUE, "CQRV", UNPAID_DEBIT, "PRDD", "RCDD", RETURNED_TRANSFER, "RPCR", "UPCT"}
)
"""Sub-families of bank transaction codes (ISO 20022) that undo a payment received."""

_RETURNED_ITEM: Final = "NRTI"  # a returned item in :61: of MT940
_CHARGED: Final = re.compile(
    r"\b(?:FRAIS|FEES?|CHARGES?|COMMISSIONS?|COM|GEBUEHR\w*|GEBUHR\w*|ENTGELT\w*|GASTOS|COMISION\w*|KOSTEN|SPESEN)\b"
)
_REFUSED: Final = r"IMPAYES?|REJETS?|REJETEE?S?|UNPAID|BOUNCED|REFUSED|RECALL(?:ED)?|IMPAGAD[OA]S?|STORNO"
_RETURNED: Final = r"RETOURS?|RETOURNEE?S?|RETURN(?:ED)?|DEVUELT[OA]S?|DEVOLUCION(?:ES)?|RETOUREN?|RUE?CK\w*"
_CHEQUES: Final = r"CHEQUES?|CHQS?|CHECKS?|SCHECKS?"
_DEBITS: Final = r"PRLVS?|PRLVT|PRELEVEMENTS?|SDD|DIRECT DEBITS?|LASTSCHRIFT(?:EN)?|RECIBOS?|ADEUDOS?"
_TRANSFERS: Final = r"VIR|VIRT|VIREMENTS?|VRT|SCT|TRANSFERS?|UE?BERWEISUNG(?:EN)?|TRANSFERENCIAS?"
# A transfer of ours may pay for goods returned: that word alone says nothing of it.
_WORDS: Final = {
    UNPAID_CHEQUE: (f"{_REFUSED}|{_RETURNED}", _CHEQUES),
    UNPAID_DEBIT: (f"{_REFUSED}|{_RETURNED}", _DEBITS),
    RETURNED_TRANSFER: (_REFUSED, _TRANSFERS),
}
# The two words stand together, with at most two short ones between them: "rejet du virement", "chèque 7 impayé".
_BETWEEN: Final = r"(?:\W+\w{1,12}){0,2}?\W+"
_PATTERNS: Final = {
    code: re.compile(rf"\b(?:(?:{back}){_BETWEEN}(?:{thing})|(?:{thing}){_BETWEEN}(?:{back}))\b")
    for code, (back, thing) in _WORDS.items()
}
_ONE_WORD: Final = {
    UNPAID_CHEQUE: re.compile(r"\b(?:RUE?CKSCHECKS?|SCHECKRUE?CKGABE)\b"),
    UNPAID_DEBIT: re.compile(r"\bRUE?CKLASTSCHRIFT(?:EN)?\b"),
    RETURNED_TRANSFER: re.compile(r"\bRUE?CKUE?BERWEISUNG(?:EN)?\b"),
}
_NUMBER: Final = re.compile(r"(?<!\d)\d{6,12}(?!\d)")


def find_return_code(*, text: str, bank_code: str) -> str:
    """Return the code of why money that left was a payment taken back, '' when nothing says that it was.

    `bank_code` is the bank's kind of movement: ISO 20022 sub-family last, or the type of MT940.

    >>> texts = ["IMPAYE CHEQUE 1234567", "Rejet de prélèvement", "VIR SEPA REJETE", "FRAIS REJET PRLV", "PRLV LOYER"]
    >>> [find_return_code(text=text, bank_code="") for text in texts]
    ['UPCQ', 'UPDD', 'RRTN', '', '']
    >>> find_return_code(text="", bank_code="PMNT-RCHQ-UPCQ"), find_return_code(text="", bank_code="NTRF")
    ('UPCQ', '')
    """
    for part in reversed(re.split(r"[-+]", bank_code)):
        if part in RETURN_CODES:
            return part
    folded = _folded(text)
    if _CHARGED.search(folded):
        return ""
    for patterns in (_ONE_WORD, _PATTERNS):
        for code, pattern in patterns.items():
            if pattern.search(folded):
                return code
    return RETURNED_TRANSFER if _RETURNED_ITEM in bank_code.split("+") else ""


def cheque_numbers(*, text: str) -> frozenset[str]:
    """Return what may be the number of a cheque in a bank's text.

    >>> sorted(cheque_numbers(text="IMPAYE CHEQUE 1234567 du 05/01"))
    ['1234567']
    """
    return frozenset(_NUMBER.findall(text))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.upper().replace("Ü", "UE"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
