"""Forms of direct debits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.web.debit_words import SCHEMES
from quittance.web.views.work_forms import DayField


class MandateForm(forms.Form):
    """A mandate as it was signed."""

    debtor_name = forms.CharField(label=lazy("Owner of the bank account"), max_length=70)
    iban = forms.CharField(label=lazy("IBAN"), max_length=42, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    bic = forms.CharField(label=lazy("BIC"), max_length=11, required=False)
    street = forms.CharField(label=lazy("Street and number"), max_length=70, required=False)
    postcode = forms.CharField(label=lazy("Postcode"), max_length=16, required=False)
    town = forms.CharField(label=lazy("Town"), max_length=35)
    country = forms.CharField(label=lazy("Country"), max_length=2, min_length=2)
    scheme = forms.ChoiceField(label=lazy("Scheme"), choices=SCHEMES)
    signed_on = DayField(label=lazy("Signed on"))
    reference = forms.CharField(
        label=lazy("Reference (RUM)"), max_length=35, required=False, help_text=lazy("Blank: we number it.")
    )
    last_used_on = DayField(
        label=lazy("Last collection"), required=False,
        help_text=lazy("Of a mandate that was used before in another program."),
    )  # fmt: skip
    is_one_off = forms.BooleanField(label=lazy("For a single collection"), required=False)


class AmendForm(forms.Form):
    """Another bank account of the debtor."""

    iban = forms.CharField(label=lazy("New IBAN"), max_length=42, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    bic = forms.CharField(label=lazy("BIC"), max_length=11, required=False)


class ReasonForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(label=lazy("Why"), max_length=200)


class CollectionForm(forms.Form):
    """What to collect, and when."""

    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int)
    wanted_date = DayField(
        label=lazy("Collection day"),
        help_text=lazy("The next day on which banks are open and everybody has been told in time is taken."),
    )
    due_until = DayField(
        label=lazy("Items due until"), required=False, help_text=lazy("Blank: those due by the day of the collection.")
    )

    def __init__(self, *arguments: Any, companies: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        company: Any = self.fields["company"]
        company.choices = companies


class SettleForm(forms.Form):
    """When the money came."""

    settled_on = DayField(label=lazy("Money received on"))


class AnswerForm(forms.Form):
    """An answer of the bank."""

    file = forms.FileField(label=lazy("Answer of the bank (pain.002)"))


class SettingsForm(forms.Form):
    """How a company collects."""

    creditor_identifier = forms.CharField(label=lazy("Creditor identifier (ICS)"), max_length=42)
    bank_account = forms.TypedChoiceField(label=lazy("Money goes to"), coerce=int)
    notice_days = forms.IntegerField(
        label=lazy("Days to tell the customer before"), min_value=0, max_value=60, initial=14,
        help_text=lazy("14 unless agreed otherwise; 0 when your invoices say it."),
    )  # fmt: skip
    lead_days = forms.IntegerField(
        label=lazy("Open days the bank needs"), min_value=1, max_value=30, initial=2,
    )  # fmt: skip

    def __init__(self, *arguments: Any, accounts: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        bank_account: Any = self.fields["bank_account"]
        bank_account.choices = accounts or [("", _("No account in euro yet"))]
