"""How a file is to be read, as a form: one select for each field, and how the values are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.core.mapping.profile import MappingProfile
from quittance.core.mapping.targets import TARGET_FIELDS
from quittance.core.money import is_known_currency
from quittance.core.ports.intake import FileKind
from quittance.foundation.reason_words import joined_words
from quittance.ledger.services import ImportProposal
from quittance.web.views.import_upload import CONTENTS, DELTA, SNAPSHOT
from quittance.web.views.import_words import field_word

SIGN_RULES = [
    ("SIGNED", lazy("Negative amounts are credits")),
    ("SIDE", lazy("A column says debit or credit")),
    ("TWO_COLUMNS", lazy("Debit and credit stand in two columns")),
    ("BY_KIND", lazy("Credit notes and payments are told by their type")),
]
_NO_COMPANY = lazy("Choose the company: the file does not say whose it is.")
DECIMAL_MARKS = [("", lazy("Each amount tells by itself")), (",", "1 234,56"), (".", "1,234.56")]
DATE_ORDERS = [
    ("", lazy("Each date tells by itself")),
    ("DMY", lazy("Day first: 31/12/2026")),
    ("MDY", lazy("Month first: 12/31/2026")),
    ("YMD", lazy("Year first: 2026-12-31")),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One field on the page: its select, what the file says below that heading, how sure the proposal is and why."""

    label: str
    field: Any
    samples: str
    confidence_pct: int | None
    why: str


class ColumnsForm(forms.Form):
    """Whose the file is, and for a table, how it is read; `reading_settings` after a valid clean."""

    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int, empty_value=None, required=False)
    department = forms.TypedChoiceField(
        label=lazy("Department"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=lazy("For lines that name none; an account that is known keeps its department."),
    )
    content = forms.ChoiceField(label=lazy("The file holds"), choices=CONTENTS, widget=forms.RadioSelect)
    source = forms.CharField(label=lazy("Source"), max_length=60, required=False)
    sign_rule = forms.ChoiceField(label=lazy("Debit or credit"), choices=SIGN_RULES)
    decimal_mark = forms.ChoiceField(label=lazy("Amounts"), choices=DECIMAL_MARKS, required=False)
    date_order = forms.ChoiceField(label=lazy("Dates"), choices=DATE_ORDERS, required=False)
    currency_default = forms.CharField(
        label=lazy("Currency"), max_length=3, required=False, help_text=lazy("For lines that name none.")
    )
    receivable_prefixes = forms.CharField(
        label=lazy("Ledger accounts"), max_length=200, required=False,
        help_text=lazy("Beginnings such as 411, with commas between; blank takes all lines."),
    )  # fmt: skip
    is_cleared_taken = forms.BooleanField(label=lazy("Take settled lines too"), required=False)
    save_as = forms.CharField(
        label=lazy("Keep this as"), max_length=80, required=False,
        help_text=lazy("Under this name it is proposed for the next file with the same headings."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        proposal: ImportProposal,
        companies: Sequence[tuple[str, str]],
        departments: Sequence[tuple[int, int, str]],
        sees_all_companies: bool,
        **kwargs: Any,
    ) -> None:
        """Offer the headings of the file for each field that its kind knows."""
        self.proposal = proposal
        self.is_table = proposal.reader == "table"
        self._departments = departments
        self.reading_settings: dict[str, Any] = dict(proposal.settings)
        super().__init__(*args, **kwargs)
        self._offer_company(companies, may_read_it=sees_all_companies and self.is_table)
        if not self.is_table:
            for name in ("sign_rule", "decimal_mark", "date_order", "currency_default", "receivable_prefixes",
                         "is_cleared_taken", "save_as"):  # fmt: skip
                del self.fields[name]
            return
        profile = MappingProfile.from_json(proposal.settings["profile"])
        chosen = dict(profile.columns)
        headings = [("", _("not in the file")), *((heading, heading) for heading in proposal.headings if heading)]
        for target in TARGET_FIELDS:
            if profile.kind not in target.kinds or (target.name == "company_code" and not sees_all_companies):
                continue
            is_said = target.name == "company_code" and self.initial.get("company") is not None
            self.fields[f"column_{target.name}"] = forms.ChoiceField(
                label=field_word(target.name),
                choices=headings,
                required=False,
                initial="" if is_said else chosen.get(target.name, ""),
            )
        if profile.kind is not FileKind.OPEN_ITEMS:
            for name in ("sign_rule", "receivable_prefixes", "is_cleared_taken", "content", "currency_default"):
                del self.fields[name]

    def _offer_company(self, companies: Sequence[tuple[str, str]], *, may_read_it: bool) -> None:
        first = [("", _("As the column of the company code says"))] if may_read_it else [("", _("Choose the company"))]
        self.fields["company"].choices = list(companies) if len(companies) == 1 else [*first, *companies]  # type: ignore[attr-defined]
        if not may_read_it:
            self.fields["company"].required = True
            self.fields["company"].error_messages["required"] = _NO_COMPANY
        self.fields["department"].choices = [  # type: ignore[attr-defined]
            ("", _("General")),
            *((str(row_id), label) for row_id, _company, label in self._departments),
        ]

    @staticmethod
    def initial_of(proposal: ImportProposal, batch: dict[str, Any]) -> dict[str, Any]:
        """Return what the proposal says, for the fields that are not columns."""
        values: dict[str, Any] = {
            "company": batch["company_id"],
            "content": SNAPSHOT if batch["is_snapshot"] else DELTA,
            "source": batch["source"],
            "department": batch["profile"].get("department_id"),
        }
        if proposal.reader == "table":
            profile = MappingProfile.from_json(proposal.settings["profile"])
            values |= {
                "sign_rule": profile.sign_rule.value,
                "decimal_mark": profile.decimal_mark or "",
                "date_order": profile.date_order or "",
                "currency_default": profile.currency_default or "",
                "receivable_prefixes": ", ".join(profile.receivable_prefixes),
                "is_cleared_taken": profile.is_cleared_taken,
                "save_as": proposal.profile_name,
            }
        return values

    def clean_source(self) -> str:
        """Write the source in capitals: Sage and SAGE are one."""
        return str(self.cleaned_data["source"]).strip().upper()

    def clean_currency_default(self) -> str:
        """Take an ISO 4217 code or nothing."""
        code = str(self.cleaned_data["currency_default"]).strip().upper()
        if code and not is_known_currency(code):
            raise forms.ValidationError(_("This is not a currency; write it as EUR, USD, GBP…"))
        return code

    def clean(self) -> dict[str, Any]:
        """Check that the file can be read like this and belongs somewhere; build the settings of the reader."""
        values = super().clean() or {}
        company_id = values.get("company")
        place = next((row for row in self._departments if row[0] == values.get("department")), None)
        if place is not None and place[1] != company_id:
            self.add_error("department", _("This department is of another company."))
        columns = tuple(
            (name.removeprefix("column_"), heading)
            for name, heading in values.items()
            if name.startswith("column_") and heading and not (name == "column_company_code" and company_id)
        )
        if company_id is None and "company_code" not in dict(columns) and not self.has_error("company"):
            self.add_error("company", _NO_COMPANY)
        if self.is_table and not self.errors:
            self._build_profile(values, columns)
        return values

    def _build_profile(self, values: dict[str, Any], columns: tuple[tuple[str, str], ...]) -> None:
        known = dict(self.proposal.settings["profile"])
        prefixes = str(values.get("receivable_prefixes", "")).replace(";", ",").split(",")
        changed = {
            "columns": [list(pair) for pair in columns],
            "sign_rule": values.get("sign_rule", known.get("sign_rule")),
            "decimal_mark": values.get("decimal_mark") or None,
            "date_order": values.get("date_order") or None,
            "currency_default": values.get("currency_default") or None,
            "receivable_prefixes": [prefix.strip() for prefix in prefixes if prefix.strip()],
            "is_cleared_taken": bool(values.get("is_cleared_taken")),
        }
        try:
            profile = MappingProfile.from_json({**known, **changed})
        except ValueError:
            self.add_error(None, _("A column can fill one field only, and a currency has three letters such as EUR."))
            return
        missing = profile.missing_fields()
        if missing:
            words = ", ".join(field_word(name) for name in missing)
            self.add_error(None, _("Choose a column for: %(fields)s.") % {"fields": words})
            return
        self.reading_settings = {**self.proposal.settings, "profile": profile.to_json()}

    def rows(self, *, is_chosen: bool) -> Iterator[FieldRow]:
        """Yield the fields with a column (or those without one), with samples of the file."""
        choices = {choice["name"]: choice for choice in self.proposal.choices}
        for name in self.fields:
            if not name.startswith("column_"):
                continue
            heading = self[name].value() or ""
            if bool(heading) is not is_chosen:
                continue
            choice = choices.get(name.removeprefix("column_"))
            is_proposed = choice is not None and choice["heading"] == heading
            yield FieldRow(
                label=str(self.fields[name].label),
                field=self[name],
                samples=self._samples(heading),
                confidence_pct=choice["confidence_pct"] if choice and is_proposed else None,
                why=joined_words(choice["why"]) if choice and is_proposed else (_("Your choice.") if heading else ""),
            )

    def chosen_rows(self) -> list[FieldRow]:
        """Return the fields that a column fills."""
        return list(self.rows(is_chosen=True))

    def other_rows(self) -> list[FieldRow]:
        """Return the fields that no column fills."""
        return list(self.rows(is_chosen=False))

    def _samples(self, heading: str) -> str:
        if heading not in self.proposal.headings:
            return ""
        column = self.proposal.headings.index(heading)
        values = (row[column] for row in self.proposal.rows if column < len(row) and row[column])
        return " · ".join(list(dict.fromkeys(values))[:3])
