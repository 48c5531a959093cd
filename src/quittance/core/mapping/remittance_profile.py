"""How a table of payments is read: which column fills which field of a line, and how its values are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, cast

from quittance.core.dates import DateOrder
from quittance.core.mapping.columns import check_columns, check_writing
from quittance.core.mapping.remittance_headings import REMITTANCE_HEADINGS
from quittance.core.money import DecimalMark

KIND: Final = "REMITTANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceProfile:
    """How to read a layout of a payer.

    `columns` pairs a field with the heading as it stands in the file. `decimal_mark` and `date_order` None: each
    value must tell by itself. `currency_default` serves lines without a currency; None leaves it to the company.
    """

    columns: tuple[tuple[str, str], ...]
    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None
    currency_default: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        """:raises ValueError: for a field that does not exist or stands there twice, or a wrong setting"""
        check_columns(self.columns, fields=REMITTANCE_HEADINGS)
        check_writing(
            decimal_mark=self.decimal_mark, date_order=self.date_order, currency_default=self.currency_default
        )

    def heading(self, name: str) -> str | None:
        """Heading of the column that fills a field."""
        return dict(self.columns).get(name)

    def missing_fields(self) -> tuple[str, ...]:
        """Name what must still be mapped before a file can be read.

        >>> RemittanceProfile(columns=(("amount_gross", "Brut"),)).missing_fields()
        ('reference', 'amount_paid')
        """
        have = {name for name, _ in self.columns}
        return tuple(name for name in ("reference", "amount_paid") if name not in have)

    def to_json(self) -> dict[str, object]:
        """Plain values for storage, `from_json` reads them back.

        >>> profile = RemittanceProfile(columns=(("reference", "Facture"),), currency_default="EUR")
        >>> RemittanceProfile.from_json(profile.to_json()) == profile
        True
        """
        return {**asdict(self), "kind": KIND, "columns": [list(pair) for pair in self.columns]}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> RemittanceProfile:
        """Read what `to_json` wrote. :raises ValueError: for anything that is not a profile of payments"""
        prepared = dict(values)
        if prepared.pop("kind", None) != KIND:
            raise ValueError("this is no profile of a table of payments")
        unknown = sorted(set(prepared) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"a profile of a table of payments has no {', '.join(unknown)}")
        try:
            pairs = cast("list[list[str]]", prepared["columns"])
            prepared["columns"] = tuple((str(name), str(heading)) for name, heading in pairs)
        except (KeyError, TypeError) as error:
            raise ValueError("a profile of a table of payments has columns") from error
        return cls(**prepared)  # type: ignore[arg-type]
