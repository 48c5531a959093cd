"""The forms of the settings: they help the person; the rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.parties.company_settings import CompanySettings
from quittance.parties.staff import LANGUAGE_CHOICES, STAFF_ROLES, PersonRow

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PersonForm(forms.Form):
    """What a person is called, may do, and for which companies; `password` only for a new one."""

    name = forms.CharField(label=lazy("Name"), max_length=150)
    email = forms.EmailField(label=lazy("E-mail"), max_length=254)
    password = forms.CharField(
        label=lazy("First password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy("Tell it to the person in another way than e-mail; they can change it."),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(label=lazy("Roles"), choices=STAFF_ROLES, widget=forms.CheckboxSelectMultiple)
    sees_all_companies = forms.BooleanField(label=lazy("Works for all companies, later ones too"), required=False)
    companies = forms.TypedMultipleChoiceField(
        label=lazy("Companies"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=lazy("Language"), choices=LANGUAGE_CHOICES)
    is_active = forms.BooleanField(label=lazy("May sign in"), required=False)

    def __init__(
        self,
        *args: Any,
        companies: Sequence[tuple[str, str]],
        may_give_all: bool,
        person: PersonRow | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["companies"].choices = list(companies)  # type: ignore[attr-defined]
        if not may_give_all:
            del self.fields["sees_all_companies"]
        if person is None:
            del self.fields["is_active"]
            return
        del self.fields["email"], self.fields["password"]
        self.initial = {
            "name": person.name,
            "roles": list(person.roles),
            "sees_all_companies": person.sees_all_companies,
            "companies": [str(company_id) for company_id in person.company_ids],
            "language": person.language,
            "is_active": person.is_active,
        }


class AbsenceForm(forms.Form):
    """The days a person is away and who stands in."""

    from_date = forms.DateField(label=lazy("Away from"), widget=DAY)
    until_date = forms.DateField(label=lazy("until"), widget=DAY)
    deputy = forms.TypedChoiceField(label=lazy("Deputy"), coerce=int)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deputy"].choices = [("", _("Choose a person")), *((str(pk), name) for pk, name in people)]  # type: ignore[attr-defined]


class CompanyForm(forms.Form):
    """How a company's ledger is read, and who its messages come from."""

    receivable_prefixes = forms.CharField(
        label=lazy("Receivable accounts begin with"), max_length=200,
        help_text=lazy("With commas between, for example 411, 413, 416. Other accounts of a FEC are left out."),
    )  # fmt: skip
    payment_terms = forms.TypedChoiceField(
        label=lazy("Usual terms of payment"), coerce=int, empty_value=None, required=False,
        help_text=lazy("For customers without terms of their own."),
    )  # fmt: skip
    sender_name = forms.CharField(label=lazy("Name of the sender"), max_length=120, required=False)
    sender_email = forms.EmailField(label=lazy("E-mail of the sender"), max_length=254, required=False)
    phone = forms.CharField(label=lazy("Telephone"), max_length=30, required=False)
    language = forms.ChoiceField(label=lazy("Language"), choices=LANGUAGE_CHOICES)

    def __init__(self, *args: Any, company: CompanySettings, terms: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("30 days")), *((str(pk), name) for pk, name in terms)]
        self.fields["payment_terms"].choices = choices  # type: ignore[attr-defined]
        self.initial = {
            "receivable_prefixes": ", ".join(company.receivable_prefixes),
            "payment_terms": company.payment_terms_id,
            "sender_name": company.sender_name,
            "sender_email": company.sender_email,
            "phone": company.phone,
            "language": company.language,
        }

    def clean_receivable_prefixes(self) -> list[str]:
        """Cut the text at commas, semicolons and spaces."""
        text = str(self.cleaned_data["receivable_prefixes"]).replace(";", " ").replace(",", " ")
        return text.split()


class DepartmentForm(forms.Form):
    """A department to add."""

    code = forms.CharField(label=lazy("Code"), max_length=30)
    name = forms.CharField(label=lazy("Name"), max_length=120)


class RateForm(forms.Form):
    """An exchange rate of a day."""

    from_currency = forms.CharField(label=lazy("Of one"), max_length=3, min_length=3)
    to_currency = forms.CharField(label=lazy("Into"), max_length=3, min_length=3)
    rate = forms.DecimalField(label=lazy("Rate"), max_digits=18, decimal_places=8, localize=True)
    rate_date = forms.DateField(label=lazy("Day"), widget=DAY)
    source = forms.CharField(label=lazy("Source"), max_length=60, required=False)

    def clean_from_currency(self) -> str:
        """Write the code in capitals."""
        return str(self.cleaned_data["from_currency"]).upper()

    def clean_to_currency(self) -> str:
        """Write the code in capitals."""
        return str(self.cleaned_data["to_currency"]).upper()
