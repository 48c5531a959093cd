"""Whether two names of a bank account mean the same one: its IBAN, and the number that the country used before.

Banks write the IBAN in one format and the old number in another, so that one account would be taken for two.
"""

from __future__ import annotations

import re
from typing import Final

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CURRENCY: Final = re.compile(r"(?<=[0-9])[ /]?[A-Z]{3}$")
_SEPARATORS: Final = re.compile(r"[^A-Z0-9]+")
# Fewer digits than this may be the number of another account at another bank.
_DIGITS_MIN: Final = 7
_KEY_LENGTH: Final = 2
_WITH_KEY: Final = frozenset({"FR", "MC", "PT", "BE"})
"""Countries whose IBAN ends with two check digits of the old number, which are often left out of it."""

_ACCOUNT_LENGTHS: Final = {
    "AT": 11, "CH": 12, "CZ": 10, "DE": 10, "DK": 10, "ES": 10, "FR": 11, "GB": 8, "IE": 8, "IT": 12, "LI": 12,
    "LU": 13, "MC": 11, "NL": 10, "SK": 10, "SM": 12,
}  # fmt: skip
"""How many characters of the IBAN's end (before such check digits) are the account's own (registry of ISO 13616)."""


def names_same_account(one: str, other: str) -> bool:
    """Say whether an IBAN and an old number, in whichever order, are of one account; two of a kind must be equal.

    The bank of the old number, where it is named, must be the IBAN's too.

    >>> names_same_account("DE29508800500194787400", "50880050/0194787400EUR")
    True
    >>> names_same_account("NL91ABNA0417164300", "417164300"), names_same_account("PL61109010140000071219812874", "61 "
    ...     "1090 1014 0000 0712 1981 2874")
    (True, True)
    >>> names_same_account("FR7630006000011234567890189", "30006 00001 12345678901")
    True
    >>> names_same_account("DE29508800500194787400", "10020030/0194787400")
    False
    >>> names_same_account("NL91ABNA0417164300", "17164300")
    False
    """
    first, second = _compact(one), _compact(other)
    if first == second:
        return bool(first)
    if _is_iban(first) == _is_iban(second):
        return False
    iban, number = (first, other) if _is_iban(first) else (second, one)
    return _is_of_iban(iban, number)


def _compact(text: str) -> str:
    return "".join(text.split()).upper()


def _is_iban(text: str) -> bool:
    return _IBAN.fullmatch(text) is not None


def _is_of_iban(iban: str, number: str) -> bool:
    parts = [part for part in _SEPARATORS.split(_CURRENCY.sub("", number.strip().upper())) if part]
    joined = "".join(parts)
    if sum(character.isdigit() for character in joined.lstrip("0")) < _DIGITS_MIN:
        return False
    national = iban[4:]
    bodies = [national, national[:-_KEY_LENGTH]] if iban[:2] in _WITH_KEY else [national]
    if joined == iban[2:] or joined in bodies:
        return True
    return any(_ends_with(body, parts, length=_ACCOUNT_LENGTHS.get(iban[:2], 0)) for body in bodies)


def _ends_with(body: str, parts: list[str], *, length: int) -> bool:
    """Say whether the last part is the account at the end, only zeros added, and those before it the bank."""
    account = parts[-1].lstrip("0")
    if sum(character.isdigit() for character in account) < _DIGITS_MIN:
        return False
    bank = "".join(parts[:-1])
    if bank:
        rest = body[len(bank) :]
        return body.startswith(bank) and rest.endswith(account) and not rest[: -len(account)].strip("0")
    return length > 0 and body[-length:] == account.zfill(length)
