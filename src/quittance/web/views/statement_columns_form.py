"""How a table of a bank is to be read, as a form: whose it is, one select for each field, how values are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.cash.services import TableProposal
from quittance.core.mapping.bank_headings import BANK_FIELDS
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.money import is_known_currency
from quittance.foundation.reason_words import joined_words
from quittance.web.views.import_forms import DATE_ORDERS, DECIMAL_MARKS, FieldRow
from quittance.web.views.import_words import field_word

OTHER_ACCOUNT = "other"
SIGN_RULES = [
    ("SIGNED", lazy("Money out has a minus")),
    ("TWO_COLUMNS", lazy("Money in and money out stand in two columns")),
    ("SIDE", lazy("A column says credit or debit")),
]


class BankColumnsForm(forms.Form):
    """How the table is read; `profile` and `account_id` after a valid clean."""

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
    decimal_mark = forms.ChoiceField(label=lazy("Amounts"), choices=DECIMAL_MARKS, required=False)
    date_order = forms.ChoiceField(label=lazy("Dates"), choices=DATE_ORDERS, required=False)
    currency_default = forms.CharField(
        label=lazy("Currency"), max_length=3, required=False, help_text=lazy("For lines that name none.")
    )

    def __init__(
        self,
        *args: Any,
        proposal: TableProposal,
        accounts: Sequence[tuple[str, str]],
        companies: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        """Offer the headings of the file for each field of a movement."""
        self.proposal = proposal
        self.profile = proposal.profile
        self.account_id = ""
        super().__init__(*args, **kwargs)
        if proposal.preview.account_id:
            for name in ("account", "account_other"):
                del self.fields[name]
        else:
            choices = [("", _("As a column of the file says")), *accounts, (OTHER_ACCOUNT, _("Another account"))]
            self.fields["account"].choices = choices  # type: ignore[attr-defined]
            self.fields["account"].required = False
        self.fields["company"].choices = [("", _("The only one, or that of the account")), *companies]  # type: ignore[attr-defined]
        chosen = dict(self.profile.columns)
        headings = [("", _("not in the file")), *((each, each) for each in proposal.preview.headings)]
        for name in BANK_FIELDS:
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=field_word(name), choices=headings, required=False, initial=chosen.get(name, "")
            )

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

    def clean(self) -> dict[str, Any]:
        """Check that the file can be read like this and that its account is known; build the profile."""
        values = super().clean() or {}
        columns = tuple((name, str(values[key])) for name in BANK_FIELDS if values.get(key := f"column_{name}"))
        self._take_account(values, has_column="own_account" in dict(columns))
        if self.errors:
            return values
        known = self.proposal.profile.to_json()
        changed = {name: values[name] for name in ("sign_rule", "is_inverted", "is_debit_signed")}
        changed |= {name: values[name] or None for name in ("decimal_mark", "date_order", "currency_default")}
        pairs = [list(pair) for pair in columns]
        try:
            profile = BankProfile.from_json({**known, **changed, "columns": pairs, "account_id": self.account_id})
        except ValueError:
            self.add_error(None, _("A column can fill one field only, and a currency has three letters such as EUR."))
            return values
        missing = profile.missing_fields()
        if missing:
            words = ", ".join(field_word(name) for name in missing)
            self.add_error(None, _("Choose a column for: %(fields)s.") % {"fields": words})
            return values
        self.profile = profile
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

    def rows(self, *, is_chosen: bool) -> Iterator[FieldRow]:
        """Yield the fields with a column (or those without one), with samples of the file."""
        choices = {choice.name: choice for choice in self.proposal.preview.proposal.choices}
        for name in BANK_FIELDS:
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
