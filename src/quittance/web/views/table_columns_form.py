"""How a table of any layout is to be read, as a form: one select for each field, how values are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.core.money import is_known_currency
from quittance.foundation.reason_words import joined_words
from quittance.web.views.import_forms import DATE_ORDERS, DECIMAL_MARKS, FieldRow
from quittance.web.views.import_words import field_word


class ProposedTable(Protocol):
    """How a table would be read: its first rows, the profile that would read it, and whether a person confirmed it."""

    @property
    def preview(self) -> Any:
        """Return headings, rows and the proposal with its choices."""

    @property
    def profile(self) -> Any:
        """Return the profile of this kind of table."""

    @property
    def is_confirmed(self) -> bool:
        """Say whether a person confirmed it for these headings."""


class TableColumnsForm(forms.Form):
    """How a table is read; `profile` after a valid clean. `field_names` are the fields that a column may fill."""

    field_names: ClassVar[tuple[str, ...]] = ()

    decimal_mark = forms.ChoiceField(label=lazy("Amounts"), choices=DECIMAL_MARKS, required=False)
    date_order = forms.ChoiceField(label=lazy("Dates"), choices=DATE_ORDERS, required=False)
    currency_default = forms.CharField(
        label=lazy("Currency"), max_length=3, required=False, help_text=lazy("For lines that name none.")
    )

    def __init__(
        self,
        *args: Any,
        proposal: ProposedTable,
        companies: Sequence[tuple[str, str]],
        unsaid_company: str,
        **kwargs: Any,
    ) -> None:
        """Offer the companies, and the headings of the file for each field; `unsaid_company` stands for none."""
        self.proposal = proposal
        self.profile = proposal.profile
        super().__init__(*args, **kwargs)
        self.fields["company"].choices = [("", unsaid_company), *companies]  # type: ignore[attr-defined]
        chosen = dict(self.profile.columns)
        headings = [("", _("not in the file")), *((each, each) for each in proposal.preview.headings)]
        for name in self.field_names:
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=field_word(name), choices=headings, required=False, initial=chosen.get(name, "")
            )

    @staticmethod
    def values_of(profile: Any) -> dict[str, Any]:
        """Return what a profile says of how values are written."""
        return {
            "decimal_mark": profile.decimal_mark or "",
            "date_order": profile.date_order or "",
            "currency_default": profile.currency_default or "",
        }

    def clean_currency_default(self) -> str:
        """Take an ISO 4217 code or nothing."""
        code = str(self.cleaned_data["currency_default"]).strip().upper()
        if code and not is_known_currency(code):
            raise forms.ValidationError(_("This is not a currency; write it as EUR, USD, GBP…"))
        return code

    def chosen_columns(self, values: dict[str, Any]) -> list[list[str]]:
        """Return each field that a column fills, with the heading of that column."""
        return [[name, str(values[key])] for name in self.field_names if values.get(key := f"column_{name}")]

    def take_profile(self, values: dict[str, Any], **changed: Any) -> None:
        """Build the profile from what was chosen and `changed`; complain where no file can be read by it."""
        for name in ("decimal_mark", "date_order", "currency_default"):
            changed[name] = values[name] or None
        known = self.profile.to_json()
        try:
            profile = type(self.profile).from_json({**known, **changed, "columns": self.chosen_columns(values)})
        except ValueError:
            self.add_error(None, _("A column can fill one field only, and a currency has three letters such as EUR."))
            return
        missing = profile.missing_fields()
        if missing:
            words = ", ".join(field_word(name) for name in missing)
            self.add_error(None, _("Choose a column for: %(fields)s.") % {"fields": words})
            return
        self.profile = profile

    def rows(self, *, is_chosen: bool) -> Iterator[FieldRow]:
        """Yield the fields with a column (or those without one), with samples of the file."""
        choices = {choice.name: choice for choice in self.proposal.preview.proposal.choices}
        for name in self.field_names:
            field = self[f"column_{name}"]
            heading = field.value() or ""
            if bool(heading) is not is_chosen:
                continue
            choice = choices.get(name)
            is_proposed = choice is not None and choice.heading == heading and not self.proposal.is_confirmed
            yield FieldRow(
                label=field_word(name),
                field=field,
                samples=self._samples(heading),
                confidence_pct=choice.confidence_pct if choice and is_proposed else None,
                why=joined_words(choice.why) if choice and is_proposed else (_("Your choice.") if heading else ""),
            )

    def chosen_rows(self) -> list[FieldRow]:
        """Return the fields that a column fills."""
        return list(self.rows(is_chosen=True))

    def other_rows(self) -> list[FieldRow]:
        """Return the fields that no column fills."""
        return list(self.rows(is_chosen=False))

    def _samples(self, heading: str) -> str:
        headings = self.proposal.preview.headings
        if heading not in headings:
            return ""
        column = headings.index(heading)
        values = (row[column] for _position, row in self.proposal.preview.rows if column < len(row) and row[column])
        return " · ".join(list(dict.fromkeys(values))[:3])
