"""How a table of payments is to be read, as a form: one select for each field, how values are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.core.mapping.remittance_headings import REMITTANCE_FIELDS
from quittance.remittances.services import TableProposal
from quittance.web.views.table_columns_form import TableColumnsForm


class RemittanceColumnsForm(TableColumnsForm):
    """How the table is read; `profile` after a valid clean."""

    field_names = REMITTANCE_FIELDS

    company = forms.TypedChoiceField(
        label=lazy("Company"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=lazy("Only needed when the references are not those of open items."),
    )

    def __init__(
        self, *args: Any, proposal: TableProposal, companies: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        """Offer the headings of the file for each field of a line."""
        words = _("As the references say")
        super().__init__(*args, proposal=proposal, companies=companies, unsaid_company=words, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Check that the file can be read like this; build the profile."""
        values = super().clean() or {}
        if not self.errors:
            self.take_profile(values)
        return values
