"""Single fields of CFONB 120 records: places in the line, overpunched amounts, days, who paid and for what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from quittance.adapters.statements.assembling import day_of
from quittance.adapters.statements.camt_values import ValueUnreadable, is_iban
from quittance.core.currencies import is_known_currency
from quittance.core.ports.statements import ParsedBalance
from quittance.core.reasons import ReasonCode, because

Fields = dict[str, Any]
WIDTH: Final = 120

CODE: Final = slice(0, 2)
BANK: Final = slice(2, 7)
INTERNAL_CODE: Final = slice(7, 11)
BRANCH: Final = slice(11, 16)
CURRENCY: Final = slice(16, 19)
DECIMALS: Final = slice(19, 20)
ACCOUNT: Final = slice(21, 32)
OPERATION: Final = slice(32, 34)
DAY: Final = slice(34, 40)
RETURN_CODE: Final = slice(40, 42)
VALUE_DAY: Final = slice(42, 48)
LABEL: Final = slice(48, 79)
ENTRY_NUMBER: Final = slice(81, 88)
AMOUNT: Final = slice(90, 104)
REFERENCE: Final = slice(104, 120)
AMOUNT_END: Final = 104
QUALIFIER: Final = slice(45, 48)
COMPLEMENT: Final = slice(48, 118)

# The last digit carries the sign. é and è are what { and } become on the way out of a French mainframe.
_LAST: Final = {
    **{letter: (digit, 1) for digit, letter in enumerate("{ABCDEFGHI")},
    **{letter: (digit, -1) for digit, letter in enumerate("}JKLMNOPQR")},
    "é": (0, 1),
    "è": (0, -1),
}
_DIGITS: Final = re.compile(r"[0-9 ]{0,13}")
_ORIGINAL: Final = re.compile(r"([A-Z]{3})([0-9])([0-9]{14})")
_HALF: Final = 35
_TEXTS: Final = ("LCC", "LC2", "LIB", "LCS")


def read_amount(text: str, *, decimals: int) -> Decimal:
    """Return a signed amount. :raises ValueUnreadable:

    >>> read_amount("0000000001904}", decimals=2), read_amount("0000000000186B", decimals=2)
    (Decimal('-190.40'), Decimal('18.62'))
    """
    text = text.strip()
    if not text:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_MISSING))
    if text[-1] not in _LAST or not _DIGITS.fullmatch(text[:-1]):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=text))
    digit, sign = _LAST[text[-1]]
    return sign * Decimal(int(text[:-1].replace(" ", "0") or "0") * 10 + digit).scaleb(-decimals)


def read_money(line: str, *, currency: str, decimals: str) -> tuple[Decimal, str]:
    """Return the signed amount and the currency of a record, which may leave the currency to another one.

    :raises ValueUnreadable:
    """
    currency = line[CURRENCY].strip() or currency
    decimals = line[DECIMALS].strip() or decimals
    if not currency:
        raise ValueUnreadable(because(ReasonCode.CURRENCY_MISSING))
    if not is_known_currency(currency):
        raise ValueUnreadable(because(ReasonCode.CURRENCY_UNKNOWN, value=currency))
    if not (decimals.isascii() and decimals.isdigit()):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=line[AMOUNT].strip()))
    return read_amount(line[AMOUNT], decimals=int(decimals)), currency


def read_balance(line: str, *, currency: str, decimals: str) -> ParsedBalance:
    """Return the balance of a record 01 or 07, credit positive. :raises ValueUnreadable:"""
    amount, known = read_money(line, currency=currency, decimals=decimals)
    return ParsedBalance(code=line[CODE], amount=amount, currency=known, balance_date=read_day(line[DAY]))


def read_day(text: str) -> date:
    """Return a day written DDMMYY. :raises ValueUnreadable:"""
    if not text.strip():
        raise ValueUnreadable(because(ReasonCode.DATE_MISSING))
    if not (text.isascii() and text.isdigit()):
        raise ValueUnreadable(because(ReasonCode.DATE_UNREADABLE, value=text.strip()))
    day = day_of(year=text[4:6], month=text[2:4], day=text[:2])
    if isinstance(day, date):
        return day
    raise ValueUnreadable(day)


def account_of(line: str) -> Fields:
    """Return what names our account: the IBAN that follows from bank, branch and account, else those three.

    >>> account_of("01" + "30006" + "    " + "00001" + "EUR2 " + "12345678901")
    {'account_iban': 'FR7630006000011234567890189'}
    """
    bank, branch, account = line[BANK], line[BRANCH], line[ACCOUNT]
    iban = french_iban(bank=bank, branch=branch, account=account)
    if iban:
        return {"account_iban": iban}
    return {"account_other_id": " ".join(part.strip() for part in (bank, branch, account) if part.strip())}


def french_iban(*, bank: str, branch: str, account: str) -> str:
    """Return the IBAN of a French account, blank where the three parts are not whole.

    Its two checks (RIB key, then the check digits of the IBAN) follow from the parts.
    """
    if not (re.fullmatch("[0-9]{5}", bank) and re.fullmatch("[0-9]{5}", branch)):
        return ""
    if not re.fullmatch("[0-9A-Z]{11}", account):
        return ""
    digits = account.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789"))
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(digits)) % 97
    bban = f"{bank}{branch}{account}{key:02d}"
    check = 98 - int("".join(str(int(character, 36)) for character in bban + "FR00")) % 97
    return f"FR{check:02d}{bban}"


def read_complements(lines: Sequence[tuple[str, str]], *, is_credit: bool) -> Fields:
    """Return what the complements (qualifier, text) say of a movement: who, why, which references.

    A complement of no known kind is kept in the additional text.
    """
    said: dict[str, list[str]] = {}
    for qualifier, text in lines:
        said.setdefault(qualifier, []).append(text)
    first = {qualifier: texts[0].rstrip() for qualifier, texts in said.items()}
    sides = ("PY", "BE") if is_credit else ("BE", "PY")
    name = next((first["N" + side] for side in sides if first.get("N" + side, "").strip()), "")
    known = {"NPY", "NBE", "IPY", "IBE", "NPO", "RCN", "RUM", *_TEXTS}
    left = [f"{qualifier} {text.strip()}".strip() for qualifier, text in lines if qualifier not in known]
    left += [first["I" + side] for side in sides if first.get("I" + side, "").strip()]
    reference = first.get("RCN", "")
    purpose = reference[_HALF:].strip()
    text = " ".join(["".join(said.get("LCC", ()))] + [part for key in _TEXTS[1:] for part in said.get(key, ())])
    return {
        **_ordered(first.get("MMO", "")),
        "counterparty_name": " ".join(name.split()),
        "counterparty_iban": _iban_of(first),
        "ultimate_debtor": " ".join(first.get("NPO", "").split()),
        "text": " ".join(f"{text} {purpose}".split()),
        "additional_text": " ".join(" ".join(left).split()),
        "end_to_end_id": _said(reference[:_HALF]),
        "mandate_id": first.get("RUM", "")[:_HALF].strip(),
    }


def _ordered(text: str) -> Fields:
    """Return what was ordered in another currency (MMO): its code, its decimals, fourteen digits.

    >>> _ordered("USD200000000012345")
    {'instructed_amount': Decimal('123.45'), 'instructed_currency': 'USD'}
    """
    found = _ORIGINAL.match(text)
    if not found or not is_known_currency(found[1]):
        return {}
    amount = Decimal(int(found[3])).scaleb(-int(found[2]))
    return {"instructed_amount": amount, "instructed_currency": found[1]}


def _iban_of(first: dict[str, str]) -> str:
    for qualifier in ("IPY", "IBE", "CPY", "CBE"):
        compact = "".join(first.get(qualifier, "").split()).upper()
        if is_iban(compact):
            return compact
    return ""


def _said(text: str) -> str:
    text = text.strip()
    return "" if text.upper() in {"NOTPROVIDED", "NON RENSEIGNE", "NONREF"} else text
