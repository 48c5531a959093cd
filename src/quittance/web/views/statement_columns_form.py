"""How a table of a bank is to be read, as a form: whose it is, one select for each field, how values are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.cash.services import TableProposal
from quittance.core.mapping.bank_headings import BANK_FIELDS
from quittance.web.views.table_columns_form import TableColumnsForm

OTHER_ACCOUNT = "other"
SIGN_RULES = [
    ("SIGNED", lazy("Money out has a minus")),
    ("TWO_COLUMNS", lazy("Money in and money out stand in two columns")),
    ("SIDE", lazy("A column says credit or debit")),
]


class BankColumnsForm(TableColumnsForm):
    """How the table is read; `profile` and `account_id` after a valid clean."""

    field_names = BANK_FIELDS

    account = forms.ChoiceField(label=lazy("Our bank account"))
    account_other = forms.CharField(
        label=lazy("Its IBAN or number"), max_length=40, required=False, help_text=lazy("For another account only.")
    )
    company = forms.TypedChoiceField(
        label=lazy("Company"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=lazy("Only needed when the bank account is new here."),
    )
    sign_rule = forms.ChoiceField(label=lazy("Money in or out"), choices=SIGN_RULES)
    is_inverted = forms.BooleanField(label=lazy("The signs are the other way round (cards)"), required=False)
    is_debit_signed = forms.BooleanField(label=lazy("The debit column has its own minus"), required=False)

    def __init__(
        self,
        *args: Any,
        proposal: TableProposal,
        accounts: Sequence[tuple[str, str]],
        companies: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        """Offer the headings of the file for each field of a movement."""
        self.account_id = ""
        words = _("The only one, or that of the account")
        super().__init__(*args, proposal=proposal, companies=companies, unsaid_company=words, **kwargs)
        if proposal.preview.account_id:
            for name in ("account", "account_other"):
                del self.fields[name]
        else:
            choices = [("", _("As a column of the file says")), *accounts, (OTHER_ACCOUNT, _("Another account"))]
            self.fields["account"].choices = choices  # type: ignore[attr-defined]
            self.fields["account"].required = False

    @staticmethod
    def initial_of(proposal: TableProposal, *, known_accounts: Sequence[str]) -> dict[str, Any]:
        """Return what the profile says, for the fields that are not columns."""
        profile = proposal.profile
        account = profile.account_id if profile.account_id in known_accounts else ""
        if not account and len(known_accounts) == 1 and not profile.heading("own_account"):
            account = known_accounts[0]
        return {
            "account": account,
            "sign_rule": profile.sign_rule.value,
            "is_inverted": profile.is_inverted,
            "is_debit_signed": profile.is_debit_signed,
            **TableColumnsForm.values_of(profile),
        }

    def clean(self) -> dict[str, Any]:
        """Check that the file can be read like this and that its account is known; build the profile."""
        values = super().clean() or {}
        self._take_account(values, has_column="own_account" in dict(self.chosen_columns(values)))
        if not self.errors:
            said = {name: values[name] for name in ("sign_rule", "is_inverted", "is_debit_signed")}
            self.take_profile(values, account_id=self.account_id, **said)
        return values

    def _take_account(self, values: dict[str, Any], *, has_column: bool) -> None:
        """Say which account of ours the lines are of."""
        if self.proposal.preview.account_id:
            return
        account = str(values.get("account", ""))
        if account == OTHER_ACCOUNT:
            account = "".join(str(values.get("account_other", "")).split()).upper()
            if not account:
                self.add_error("account_other", _("Write the IBAN or number of the account."))
        elif not account and not has_column and "account" not in self.errors:
            self.add_error("account", _("Choose the account: the file does not name it."))
        self.account_id = account
