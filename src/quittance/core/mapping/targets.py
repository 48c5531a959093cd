"""The fields that a table can fill, and the headings by which files name them.

Headings are compared by their keys (`heading_key`): lower case, no accents, camel case and underscores taken apart,
little words and plurals left out, every way to write "number" alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quittance.core.mapping.item_headings import ITEM_HEADINGS
from quittance.core.mapping.party_headings import PARTY_FILE_HEADINGS, PARTY_HEADINGS
from quittance.core.mapping.text import fold_heading, heading_key
from quittance.core.ports.intake import FileKind


class ValueType(StrEnum):
    """What the values of a field look like."""

    TEXT = "TEXT"
    IDENTIFIER = "IDENTIFIER"
    DATE = "DATE"
    AMOUNT = "AMOUNT"
    CURRENCY = "CURRENCY"
    SIDE = "SIDE"
    INTEGER = "INTEGER"
    EMAIL = "EMAIL"
    COUNTRY = "COUNTRY"
    LANGUAGE = "LANGUAGE"
    FLAG = "FLAG"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetField:
    """A field, the kinds of file that can hold it, and its known headings.

    `ranks` gives the place of each heading by its key, `joined` the keys by headings written in one word;
    `plain_keys` are known in files of customers and contacts only.
    """

    name: str
    value_type: ValueType
    kinds: frozenset[FileKind]
    headings: tuple[str, ...]
    ranks: Mapping[str, int]
    joined: Mapping[str, str]
    plain_keys: frozenset[str]


_ITEMS = frozenset({FileKind.OPEN_ITEMS})
_CUSTOMERS = frozenset({FileKind.CUSTOMERS})
_CONTACTS = frozenset({FileKind.CONTACTS})
_PARTIES = _CUSTOMERS | _CONTACTS
_ALL = _ITEMS | _PARTIES
_JOINED_LENGTH_MIN: Final = 6


def _target(name: str, value_type: ValueType, kinds: frozenset[FileKind]) -> TargetField:
    known = (PARTY_HEADINGS.get(name) or ITEM_HEADINGS[name]).split(",")
    headings = tuple(dict.fromkeys(fold_heading(each) for each in known))
    ranks: dict[str, int] = {}
    joined: dict[str, str] = {}
    for rank, heading in enumerate(headings):
        key = heading_key(heading)
        ranks.setdefault(key, rank)
        for spelling in (heading.replace(" ", ""), key.replace(" ", "")):
            if len(spelling) >= _JOINED_LENGTH_MIN:
                joined.setdefault(spelling, key)
    plain = frozenset(heading_key(fold_heading(each)) for each in PARTY_FILE_HEADINGS.get(name, "").split(",") if each)
    return TargetField(
        name=name,
        value_type=value_type,
        kinds=kinds,
        headings=headings,
        ranks=ranks,
        joined=joined,
        plain_keys=plain - ranks.keys(),
    )


TARGET_FIELDS: Final[tuple[TargetField, ...]] = (
    _target("account_number", ValueType.IDENTIFIER, _ALL),
    _target("customer_name", ValueType.TEXT, _ALL),
    _target("company_code", ValueType.IDENTIFIER, _ALL),
    _target("department_code", ValueType.IDENTIFIER, _ALL),
    _target("document_number", ValueType.IDENTIFIER, _ITEMS),
    _target("instalment", ValueType.INTEGER, _ITEMS),
    _target("fiscal_year", ValueType.INTEGER, _ITEMS),
    _target("kind", ValueType.TEXT, _ITEMS),
    _target("document_date", ValueType.DATE, _ITEMS),
    _target("posting_date", ValueType.DATE, _ITEMS),
    _target("due_date", ValueType.DATE, _ITEMS),
    _target("baseline_date", ValueType.DATE, _ITEMS),
    _target("cleared_date", ValueType.DATE, _ITEMS),
    _target("amount_open", ValueType.AMOUNT, _ITEMS),
    _target("amount", ValueType.AMOUNT, _ITEMS),
    _target("debit", ValueType.AMOUNT, _ITEMS),
    _target("credit", ValueType.AMOUNT, _ITEMS),
    _target("side", ValueType.SIDE, _ITEMS),
    _target("amount_company", ValueType.AMOUNT, _ITEMS),
    _target("currency", ValueType.CURRENCY, _ITEMS | _CUSTOMERS),
    _target("receivable_account", ValueType.IDENTIFIER, _ITEMS),
    _target("label", ValueType.TEXT, _ITEMS),
    _target("journal_code", ValueType.IDENTIFIER, _ITEMS),
    _target("entry_number", ValueType.IDENTIFIER, _ITEMS),
    _target("letter_code", ValueType.IDENTIFIER, _ITEMS),
    _target("reference", ValueType.IDENTIFIER, _ITEMS),
    _target("terms_code", ValueType.IDENTIFIER, _ITEMS | _CUSTOMERS),
    _target("external_id", ValueType.IDENTIFIER, _ITEMS),
    _target("parent_number", ValueType.IDENTIFIER, _CUSTOMERS),
    _target("siren", ValueType.IDENTIFIER, _CUSTOMERS),
    _target("vat_number", ValueType.IDENTIFIER, _CUSTOMERS),
    _target("street", ValueType.TEXT, _CUSTOMERS),
    _target("postcode", ValueType.IDENTIFIER, _CUSTOMERS),
    _target("city", ValueType.TEXT, _CUSTOMERS),
    _target("country_code", ValueType.COUNTRY, _CUSTOMERS),
    _target("language_code", ValueType.LANGUAGE, _PARTIES),
    _target("payment_method", ValueType.TEXT, _CUSTOMERS),
    _target("collector", ValueType.TEXT, _CUSTOMERS),
    _target("credit_limit", ValueType.AMOUNT, _CUSTOMERS),
    _target("discount_pct", ValueType.AMOUNT, _CUSTOMERS),
    _target("discount_days", ValueType.INTEGER, _CUSTOMERS),
    _target("is_strategic", ValueType.FLAG, _CUSTOMERS),
    _target("iban", ValueType.IDENTIFIER, _CUSTOMERS),
    _target("virtual_iban", ValueType.IDENTIFIER, _CUSTOMERS),
    _target("contact_name", ValueType.TEXT, _CONTACTS),
    _target("contact_first_name", ValueType.TEXT, _CONTACTS),
    _target("contact_last_name", ValueType.TEXT, _CONTACTS),
    _target("role", ValueType.TEXT, _CONTACTS),
    _target("email", ValueType.EMAIL, _PARTIES),
    _target("phone", ValueType.TEXT, _PARTIES),
    _target("mobile", ValueType.TEXT, _CONTACTS),
)

TARGETS_BY_NAME: Final[dict[str, TargetField]] = {target.name: target for target in TARGET_FIELDS}
