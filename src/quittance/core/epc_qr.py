"""Make the text of an EPC QR code (EPC069-12) and creditor references (ISO 11649).

The text is what the payer's bank application reads; drawing the code is done elsewhere (error level M, version
13 at most). Version 002 is used: the BIC is optional.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

AMOUNT_MIN = Decimal("0.01")
AMOUNT_MAX = Decimal("999999999.99")
NAME_LENGTH_MAX = 70
TEXT_LENGTH_MAX = 140
INFORMATION_LENGTH_MAX = 70
PAYLOAD_BYTES_MAX = 331

_IBAN = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[0-9A-Z]{2}(?:[0-9A-Z]{3})?")
_PURPOSE = re.compile(r"[0-9A-Z]{1,4}")
_REFERENCE = re.compile(r"RF\d{2}[0-9A-Z]{1,21}")
_REFERENCE_CORE_LENGTH_MAX = 21


class EpcQrError(ValueError):
    """The payment cannot be put into an EPC QR code; the subclass names the field."""


class InvalidName(EpcQrError):
    """The name of the payee is empty, too long or has line breaks."""


class InvalidIban(EpcQrError):
    """The IBAN is malformed or its check digits are wrong."""


class InvalidBic(EpcQrError):
    """The BIC is malformed."""


class InvalidAmount(EpcQrError):
    """The amount is outside 0.01 to 999999999.99 EUR or has more than two decimals."""


class InvalidPurpose(EpcQrError):
    """The purpose code is not one to four capitals or digits."""


class InvalidReference(EpcQrError):
    """The structured reference is no creditor reference with right check digits."""


class InvalidText(EpcQrError):
    """The free text or the information is too long or has line breaks."""


class ReferenceAndText(EpcQrError):
    """A structured reference and a free text exclude each other."""


class PayloadTooLong(EpcQrError):
    """The whole is longer than 331 bytes in UTF-8."""


def epc_qr_payload(
    *,
    name: str,
    iban: str,
    amount: Decimal | None,
    reference: str = "",
    text: str = "",
    bic: str = "",
    purpose: str = "",
    information: str = "",
) -> str:
    r"""Return the text to encode, lines ended by \n, empty ones at the end left out.

    ``amount`` is in euro; None lets the payer fill it in. ``reference`` is an ISO 11649 creditor reference and
    excludes ``text``.

    >>> epc_qr_payload(
    ...     name="Red Cross of Belgium", iban="BE72 0000 0000 1616", amount=Decimal("1"), text="Urgency fund"
    ... ).split("\n")
    ['BCD', '002', '1', 'SCT', '', 'Red Cross of Belgium', 'BE72000000001616', 'EUR1.00', '', '', 'Urgency fund']

    :raises EpcQrError: the subclass names what is wrong.
    """
    name, text, information = (_clean(part) for part in (name, text, information))
    if not name or len(name) > NAME_LENGTH_MAX or _has_controls(name):
        raise InvalidName(f"name must have 1 to {NAME_LENGTH_MAX} characters on one line: {name!r}")
    if reference and text:
        raise ReferenceAndText("give a structured reference or a text, not both")
    if len(text) > TEXT_LENGTH_MAX or _has_controls(text):
        raise InvalidText(f"text must have at most {TEXT_LENGTH_MAX} characters on one line: {text!r}")
    if len(information) > INFORMATION_LENGTH_MAX or _has_controls(information):
        raise InvalidText(f"information must have at most {INFORMATION_LENGTH_MAX} characters: {information!r}")
    if purpose and not _PURPOSE.fullmatch(purpose):
        raise InvalidPurpose(f"not a purpose code: {purpose!r}")
    lines = [
        *("BCD", "002", "1", "SCT"),
        _checked_bic(bic),
        name,
        _checked_iban(iban),
        _written_amount(amount),
        purpose,
        _checked_reference(reference),
        text,
        information,
    ]
    payload = "\n".join(lines).rstrip("\n")
    if len(payload.encode()) > PAYLOAD_BYTES_MAX:
        raise PayloadTooLong(f"{len(payload.encode())} bytes, at most {PAYLOAD_BYTES_MAX}")
    return payload


def creditor_reference(text: str) -> str:
    """Return the ISO 11649 creditor reference for a document number, with its check digits.

    Letters and digits are kept, accents and all else dropped; a number that already is a right creditor
    reference comes back as it is.

    >>> creditor_reference("539007547034")
    'RF18539007547034'
    >>> creditor_reference("FA-2024-00123")
    'RF93FA202400123'

    :raises InvalidReference: nothing is left, or more than 21 characters.
    """
    folded = unicodedata.normalize("NFKD", text).upper()
    core = "".join(character for character in folded if character.isascii() and character.isalnum())
    if is_creditor_reference(core):
        return core
    if not 1 <= len(core) <= _REFERENCE_CORE_LENGTH_MAX:
        raise InvalidReference(f"a creditor reference holds 1 to 21 letters and digits, not {text!r}")
    check_digits = 98 - _mod97(core + "RF00")
    return f"RF{check_digits:02d}{core}"


def is_creditor_reference(reference: str) -> bool:
    """Say whether the text, blanks aside, is an ISO 11649 reference with right check digits.

    >>> is_creditor_reference("RF18 5390 0754 7034"), is_creditor_reference("RF19539007547034")
    (True, False)
    """
    compact = "".join(reference.split()).upper()
    return bool(_REFERENCE.fullmatch(compact)) and _mod97(compact[4:] + compact[:4]) == 1


def is_iban(iban: str) -> bool:
    """Say whether the text, blanks aside, has the form and the check digits of an IBAN."""
    compact = "".join(iban.split()).upper()
    return bool(_IBAN.fullmatch(compact)) and _mod97(compact[4:] + compact[:4]) == 1


def _mod97(characters: str) -> int:
    """Return the remainder by 97, letters counting A = 10 to Z = 35 (ISO 7064)."""
    return int("".join(str(int(character, 36)) for character in characters)) % 97


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def _checked_iban(iban: str) -> str:
    if not is_iban(iban):
        raise InvalidIban(f"not an IBAN: {iban!r}")
    return "".join(iban.split()).upper()


def _checked_bic(bic: str) -> str:
    compact = bic.strip().upper()
    if compact and not _BIC.fullmatch(compact):
        raise InvalidBic(f"not a BIC: {bic!r}")
    return compact


def _checked_reference(reference: str) -> str:
    if reference and not is_creditor_reference(reference):
        raise InvalidReference(f"not a creditor reference: {reference!r}")
    return "".join(reference.split()).upper()


def _written_amount(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    if not amount.is_finite() or not AMOUNT_MIN <= amount <= AMOUNT_MAX:
        raise InvalidAmount(f"amount must be {AMOUNT_MIN} to {AMOUNT_MAX} EUR, not {amount}")
    whole_cents = amount.scaleb(2)
    if whole_cents != whole_cents.to_integral_value():
        raise InvalidAmount(f"amount has more than two decimals: {amount}")
    return f"EUR{amount:.2f}"
