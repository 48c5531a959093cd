"""A mapping profile: which column of a layout fills which field, and how its values are written.

A profile belongs to one layout of one source; it is proposed from a file, confirmed by a person, saved as
JSON and used again for the next file with the same headings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import cast

from quittance.core.dates import DateOrder
from quittance.core.mapping.columns import check_columns, check_writing
from quittance.core.mapping.targets import TARGETS_BY_NAME
from quittance.core.money import DecimalMark
from quittance.core.ports.intake import FileKind


class SignRule(StrEnum):
    """How a file says who owes.

    SIGNED: negative amounts are credits. SIDE: a column says D or C (SAP: S or H) and signs the amount.
    TWO_COLUMNS: debit and credit stand apart. BY_KIND: amounts have no sign, credit notes and payments are
    credits by their type.
    """

    SIGNED = "SIGNED"
    SIDE = "SIDE"
    TWO_COLUMNS = "TWO_COLUMNS"
    BY_KIND = "BY_KIND"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingProfile:
    """How to read a layout.

    `columns` pairs a field with the heading as it stands in the file. `decimal_mark` and `date_order` None:
    each value must tell by itself. `currency_default` serves lines without a currency. `is_cleared_taken`
    takes lines that a clearing date marks as settled; else they are counted and left out.
    `receivable_prefixes`: only lines of these ledger accounts are taken, all when empty.
    """

    kind: FileKind
    columns: tuple[tuple[str, str], ...]
    sign_rule: SignRule = SignRule.SIGNED
    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None
    currency_default: str | None = None
    is_cleared_taken: bool = False
    receivable_prefixes: tuple[str, ...] = ()
    encoding: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        """:raises ValueError: for a field that does not exist or stands there twice, or a wrong setting"""
        check_columns(self.columns, fields=TARGETS_BY_NAME, is_shared=True)
        check_writing(
            decimal_mark=self.decimal_mark, date_order=self.date_order, currency_default=self.currency_default
        )

    def heading(self, name: str) -> str | None:
        """Heading of the column that fills a field."""
        return dict(self.columns).get(name)

    def missing_fields(self) -> tuple[str, ...]:
        """Name what must still be mapped before a file can be read; alternatives are joined by " or "."""
        have = {name for name, _ in self.columns}
        missing = [] if "account_number" in have else ["account_number"]
        if self.kind is FileKind.OPEN_ITEMS:
            if not have & {"document_number", "external_id"}:
                missing.append("document_number or external_id")
            if not have & {"document_date", "posting_date"}:
                missing.append("document_date or posting_date")
            if self.sign_rule is SignRule.TWO_COLUMNS:
                missing += sorted({"debit", "credit"} - have)
            elif not have & {"amount", "amount_open"}:
                missing.append("amount or amount_open")
            if self.sign_rule is SignRule.SIDE and "side" not in have:
                missing.append("side")
            if "currency" not in have and self.currency_default is None:
                missing.append("currency or currency_default")
        elif self.kind is FileKind.CUSTOMERS and "customer_name" not in have:
            missing.append("customer_name")
        elif self.kind is FileKind.CONTACTS and not have & {"email", "phone", "mobile", "contact_name"}:
            missing.append("email or phone or contact_name")
        return tuple(missing)

    def to_json(self) -> dict[str, object]:
        """Plain values for storage, `from_json` reads them back.

        >>> profile = MappingProfile(kind=FileKind.CUSTOMERS, columns=(("account_number", "KUNNR"),))
        >>> MappingProfile.from_json(profile.to_json()) == profile
        True
        """
        values = asdict(self)
        values["kind"] = self.kind.value
        values["sign_rule"] = self.sign_rule.value
        values["receivable_prefixes"] = list(self.receivable_prefixes)
        values["columns"] = [list(pair) for pair in self.columns]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> MappingProfile:
        """Read what `to_json` wrote. :raises ValueError: for anything that is not a profile"""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"a mapping profile has no {', '.join(unknown)}")
        prepared = dict(values)
        try:
            prepared["kind"] = FileKind(cast("str", prepared["kind"]))
            prepared["sign_rule"] = SignRule(cast("str", prepared.get("sign_rule", "SIGNED")))
            prefixes = cast("list[str]", prepared.get("receivable_prefixes", ()))
            prepared["receivable_prefixes"] = tuple(str(prefix) for prefix in prefixes)
            pairs = cast("list[list[str]]", prepared["columns"])
            prepared["columns"] = tuple((str(name), str(heading)) for name, heading in pairs)
        except (KeyError, TypeError) as error:
            raise ValueError("a mapping profile has a kind and columns") from error
        return cls(**prepared)  # type: ignore[arg-type]
