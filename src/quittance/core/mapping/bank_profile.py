"""How a table of a bank is read: which column fills which field of a movement, and how its values are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, cast

from quittance.core.dates import DateOrder
from quittance.core.mapping.bank_headings import BANK_HEADINGS
from quittance.core.mapping.columns import check_columns, check_writing
from quittance.core.mapping.profile import SignRule
from quittance.core.money import DecimalMark

KIND: Final = "STATEMENT"
_RULES: Final = frozenset({SignRule.SIGNED, SignRule.SIDE, SignRule.TWO_COLUMNS})


@dataclass(frozen=True, slots=True, kw_only=True)
class BankProfile:
    """How to read a layout of a bank. Amounts become money in +, money out −.

    `columns` pairs a field with the heading as it stands in the file. `is_inverted`: the file writes money out as
    positive (statements of cards). `is_debit_signed`: the column of debits has a sign of its own, minus for money out.
    `decimal_mark` and `date_order` None: each value must tell by itself. `currency_default` serves lines without a
    currency. `account_id` is our account for files that do not name it.
    """

    columns: tuple[tuple[str, str], ...]
    sign_rule: SignRule = SignRule.SIGNED
    is_inverted: bool = False
    is_debit_signed: bool = False
    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None
    currency_default: str | None = None
    account_id: str = ""
    encoding: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        """:raises ValueError: for a field that does not exist or stands there twice, or a wrong setting"""
        check_columns(self.columns, fields=BANK_HEADINGS)
        if self.sign_rule not in _RULES:
            raise ValueError("a movement is signed by itself, by a mark, or by two columns")
        check_writing(
            decimal_mark=self.decimal_mark, date_order=self.date_order, currency_default=self.currency_default
        )

    def heading(self, name: str) -> str | None:
        """Heading of the column that fills a field."""
        return dict(self.columns).get(name)

    def missing_fields(self) -> tuple[str, ...]:
        """Name what must still be mapped before a file can be read.

        >>> BankProfile(columns=(("amount", "Montant"),)).missing_fields()
        ('booking_date', 'currency or currency_default')
        """
        have = {name for name, _ in self.columns}
        missing = [] if have & {"booking_date", "value_date"} else ["booking_date"]
        if self.sign_rule is SignRule.TWO_COLUMNS:
            missing += [name for name in ("debit", "credit") if name not in have]
        elif "amount" not in have:
            missing.append("amount")
        if self.sign_rule is SignRule.SIDE and "side" not in have:
            missing.append("side")
        if "currency" not in have and self.currency_default is None:
            missing.append("currency or currency_default")
        return tuple(missing)

    def to_json(self) -> dict[str, object]:
        """Plain values for storage, `from_json` reads them back.

        >>> profile = BankProfile(columns=(("amount", "Montant"),), currency_default="EUR")
        >>> BankProfile.from_json(profile.to_json()) == profile
        True
        """
        values = asdict(self)
        values["kind"] = KIND
        values["sign_rule"] = self.sign_rule.value
        values["columns"] = [list(pair) for pair in self.columns]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> BankProfile:
        """Read what `to_json` wrote. :raises ValueError: for anything that is not a profile of a bank's table"""
        prepared = dict(values)
        if prepared.pop("kind", None) != KIND:
            raise ValueError("this is no profile of a bank's table")
        unknown = sorted(set(prepared) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"a profile of a bank's table has no {', '.join(unknown)}")
        try:
            prepared["sign_rule"] = SignRule(cast("str", prepared.get("sign_rule", "SIGNED")))
            pairs = cast("list[list[str]]", prepared["columns"])
            prepared["columns"] = tuple((str(name), str(heading)) for name, heading in pairs)
        except (KeyError, TypeError) as error:
            raise ValueError("a profile of a bank's table has columns") from error
        return cls(**prepared)  # type: ignore[arg-type]
