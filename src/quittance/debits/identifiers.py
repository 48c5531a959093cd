"""Check what banks know people by: IBAN, BIC and the creditor identifier of the SEPA schemes."""

from __future__ import annotations

import re
from typing import Final

from stdnum import bic, iban
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError

# Countries and territories of the SEPA schemes by the first letters of their IBANs: EPC409-09, version of May 2025.
SEPA_COUNTRIES: Final = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)
_REFERENCE: Final = re.compile(r"[A-Za-z0-9+?/:().,'-]{1,35}")


class IdentifierWrong(ValueError):
    """It is not what it should be; the code says why: EMPTY, WRONG, NOT_SEPA."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_iban(text: str) -> str:
    """Return an IBAN of the SEPA area without spaces. :raises IdentifierWrong:

    >>> read_iban("fr76 3000 6000 0112 3456 7890 189")
    'FR7630006000011234567890189'
    >>> read_iban("FR76 3000 6000 0112 3456 7890 188")
    Traceback (most recent call last):
    ...
    quittance.debits.identifiers.IdentifierWrong: WRONG
    """
    found = _read(text, iban.validate)
    if found[:2] not in SEPA_COUNTRIES:
        raise IdentifierWrong("NOT_SEPA")
    return found


def read_bic(text: str) -> str:
    """Return a BIC of 8 or 11 characters. :raises IdentifierWrong:"""
    return _read(text, bic.validate)


def read_creditor_identifier(text: str) -> str:
    """Return a creditor identifier (AT-02, ICS in France) without spaces. :raises IdentifierWrong:

    >>> read_creditor_identifier("FR72 ZZZ 123456")
    'FR72ZZZ123456'
    """
    return _read(text, at_02.validate)


def is_reference(text: str) -> bool:
    """Say whether a text can be the reference of a mandate: up to 35 letters, digits and signs, no space, no //.

    >>> is_reference("RUM-2026/0001"), is_reference("RUM 1"), is_reference("A//B")
    (True, False, False)
    """
    return bool(_REFERENCE.fullmatch(text)) and "//" not in text and not (text.startswith("/") or text.endswith("/"))


def message_of(end_to_end_id: str) -> str:
    """Return the name of the file that a debit of ours is in, by the reference of the debit; blank when it has none.

    >>> message_of("QTC-1-000012-00004"), message_of("NOTPROVIDED")
    ('QTC-1-000012', '')
    """
    return end_to_end_id.strip().rpartition("-")[0]


def hidden_iban(text: str) -> str:
    """Return an IBAN of which only the ends can be read.

    >>> hidden_iban("FR7630006000011234567890189")
    'FR76 … 0189'
    """
    return f"{text[:4]} … {text[-4:]}" if len(text) > 8 else text


def _read(text: str, validate: object) -> str:
    if not text.strip():
        raise IdentifierWrong("EMPTY")
    try:
        return str(validate(text)).upper()  # type: ignore[operator]
    except ValidationError as error:
        raise IdentifierWrong("WRONG") from error
