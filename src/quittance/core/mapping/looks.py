"""What the values of a column look like: names or numbers, always the same or all different.

Decides between the fields that one heading can mean ("Client": the name or the number) and refuses a column whose
values cannot be what its heading says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from quittance.core.mapping.cells import Cell, cell_text, is_day, is_number, read_currency, read_side
from quittance.core.mapping.kinds import kind_of_type
from quittance.core.mapping.targets import TargetField, ValueType
from quittance.core.mapping.text import words_of

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
_RIB: Final = re.compile(r"\d{10}[A-Z0-9]{11}\d{2}")
_DIGIT: Final = re.compile(r"\d")
_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")
_CONTROL_ACCOUNT: Final = re.compile(r"(4[01]\d*|1[12]\d*|43\d*)0+")
_DAY_SERIAL_MIN: Final = 20_000  # 3 October 1954; smaller numbers of a workbook are counts
_MOST_PCT: Final = 60
_FEW_PCT: Final = 40
_SAMPLE_MIN: Final = 4  # fewer values do not show whether they repeat
_BARE: Final = words_of(
    "client customer cliente tier tercero deudor debitor kunde debtor debiteur payer partner partenaire"
) | {"sold to", "bill to", "sold to party", "business partner", "bill to customer", "client facture"}
_COMPANIES: Final = frozenset({"societe", "company", "empresa", "sociedad", "entity", "entite", "site"})
_ACCOUNTS: Final = frozenset({"compte", "account", "cuenta", "konto", "n compte", "account n", "account code"})


def fits(target: TargetField, cell: Cell) -> bool:
    """Tell whether a value, not blank, can stand in a field."""
    text = cell_text(cell)
    match target.value_type:
        case ValueType.DATE:
            if isinstance(cell, Decimal) and cell < _DAY_SERIAL_MIN:
                return False
            return is_day(cell) or (len(text) == 6 and text.isdigit())
        case ValueType.AMOUNT:
            return is_number(cell)
        case ValueType.CURRENCY:
            return read_currency(cell) is not None or (len(text) == 3 and text.isalpha())
        case ValueType.SIDE:
            return read_side(cell) is not None
        case ValueType.INTEGER:
            return re.fullmatch(r"\d{1,6}(\.0+)?", text) is not None
        case ValueType.EMAIL:
            return _EMAIL.search(text) is not None
        case ValueType.COUNTRY | ValueType.LANGUAGE:
            return _DIGIT.search(text) is None
        case _:
            return len(text) <= 100 and _fits_by_name(target.name, text)


def _fits_by_name(name: str, text: str) -> bool:
    match name:
        case "iban" | "virtual_iban":
            compact = re.sub(r"[\s.-]", "", text).upper()
            return _IBAN.match(compact) is not None or _RIB.fullmatch(compact) is not None
        case "siren" | "vat_number" | "postcode":
            return _DIGIT.search(text) is not None and len(text) <= 25
        case "phone" | "mobile":
            return sum(char.isdigit() for char in text) >= 6
        case "document_number":
            return not _reads_as_words(text)
        case "customer_name" | "contact_name" | "contact_first_name" | "contact_last_name" | "city":
            return any(char.isalpha() for char in text) and "@" not in text
        case _:
            return True


def contradicts(target: TargetField, key: str, cells: Sequence[Cell]) -> bool:
    """Tell whether the values speak against a field that the heading of this key may mean.

    `cells` are the values that are not blank.

    >>> from quittance.core.mapping.targets import TARGETS_BY_NAME
    >>> contradicts(TARGETS_BY_NAME["account_number"], "client", ["Voiles & Cordages", "Tissages du Ponant"])
    True
    >>> contradicts(TARGETS_BY_NAME["customer_name"], "client", ["C-0042", "C-0043"])
    True
    """
    if not cells:
        return False
    texts = [cell_text(cell) for cell in cells]
    names_pct = 100 * sum(_reads_as_name(text) for text in texts) // len(texts)
    is_repeated = len(texts) >= _SAMPLE_MIN and len(set(texts)) * 4 <= len(texts)
    match target.name:
        case "customer_name" if key in _COMPANIES:
            return names_pct < _MOST_PCT or is_repeated
        case "company_code" if key in _COMPANIES:
            return names_pct > _FEW_PCT and not is_repeated
        case "customer_name" if key in _BARE:
            return names_pct < _MOST_PCT
        case "account_number" if key in _ACCOUNTS:
            return names_pct > _FEW_PCT or _are_control_accounts(texts)
        case "receivable_account" if key in _ACCOUNTS:
            return names_pct > _FEW_PCT or not _are_control_accounts(texts)
        case "account_number" if key in _BARE:
            return names_pct > _FEW_PCT
        case "document_number" if key in {"document", "documento", "piece", "beleg"}:
            return 100 * sum(_is_type(text) for text in texts) // len(texts) > _FEW_PCT
        case _:
            return False


def _are_control_accounts(texts: Sequence[str]) -> bool:
    few = len(texts) >= _SAMPLE_MIN and len(set(texts)) <= max(1, len(texts) // 10)
    return few or all(_CONTROL_ACCOUNT.fullmatch(text) for text in texts)


def _is_type(text: str) -> bool:
    return _DIGIT.search(text) is None and kind_of_type(text) is not None


def _reads_as_words(text: str) -> bool:
    """Tell whether a text is two words or more without a figure."""
    return _DIGIT.search(text) is None and len(_LETTERS.findall(text)) > 1


def _reads_as_name(text: str) -> bool:
    """Tell a name from a code: letters mostly, of two words or with small letters.

    >>> [_reads_as_name(text) for text in ("Durand & Fils", "DURAND ET FILS", "Kervella", "DURAND01", "C", "411DUR")]
    [True, True, True, False, False, False]
    """
    letters = sum(char.isalpha() for char in text)
    figures = sum(char.isdigit() for char in text)
    if letters < 3 or figures > letters // 3:
        return False
    return len(_LETTERS.findall(text)) > 1 or " " in text or any(char.islower() for char in text)
