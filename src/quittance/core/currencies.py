"""Currencies of ISO 4217 and the number of decimals of their minor unit.

The active codes and exponents are those of the list published by the ISO 4217 maintenance agency (SIX,
"list one", current currency and funds codes) on 2026-01-01. Codes without a minor unit (precious metals,
special drawing rights, testing, "no currency") are left out on purpose: nothing can be owed in them here.
Withdrawn codes stay readable because ledgers go back further than the list does.
"""

from __future__ import annotations

from datetime import date
from typing import Final

LIST_PUBLISHED_DATE: Final = date(2026, 1, 1)

_TWO_DECIMALS: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
YER ZAR ZMW ZWG
"""
_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS: Final = "CLF UYW"

EXPONENTS_OTHER_THAN_TWO: Final[dict[str, int]] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(_FOUR_DECIMALS.split(), 4),
}

WITHDRAWN_EXPONENTS: Final[dict[str, int]] = {
    "ANG": 2,
    "BGN": 2,
    "BYR": 0,
    "CUC": 2,
    "EEK": 2,
    "HRK": 2,
    "LTL": 2,
    "LVL": 2,
    "MRO": 2,
    "SKK": 2,
    "SLL": 2,
    "STD": 2,
    "VEF": 2,
    "ZMK": 2,
    "ZWL": 2,
}

ACTIVE_CURRENCIES: Final[frozenset[str]] = frozenset(_TWO_DECIMALS.split()) | EXPONENTS_OTHER_THAN_TWO.keys()

KNOWN_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **EXPONENTS_OTHER_THAN_TWO,
    **WITHDRAWN_EXPONENTS,
}


class UnknownCurrency(ValueError):
    """The text is not an ISO 4217 code of a currency that has a minor unit."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code!r} is not a known ISO 4217 currency code")
        self.code = code


def currency_exponent(currency: str) -> int:
    """Return the number of decimals of the currency's minor unit.

    >>> currency_exponent("EUR"), currency_exponent("JPY"), currency_exponent("TND")
    (2, 0, 3)

    :raises UnknownCurrency: for anything else than an upper-case known code.
    """
    try:
        return KNOWN_EXPONENTS[currency]
    except (KeyError, TypeError):
        raise UnknownCurrency(currency) from None


def is_known_currency(currency: str) -> bool:
    """Tell whether amounts in this code can be read, withdrawn codes included."""
    return currency in KNOWN_EXPONENTS
