"""The forms that change customers, accounts and contacts; the rules are in `parties.editing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.parties import agreements, editing
from quittance.parties.queries import AccountRow
from quittance.parties.staff import LANGUAGE_CHOICES

COPIES = (
    ("", lazy("As the company does")),
    ("ALWAYS", lazy("With every reminder by e-mail")),
    ("NEVER", lazy("With none")),
)


class CustomerForm(forms.Form):
    """What we say of a customer ourselves."""

    language = forms.ChoiceField(label=lazy("Language"), choices=LANGUAGE_CHOICES)
    is_strategic = forms.BooleanField(label=lazy("Strategic: gets a call, not a reminder"), required=False)
    tags = forms.CharField(
        label=lazy("Tags"),
        max_length=300,
        required=False,
        help_text=lazy("With commas between, for example: retail, north."),
    )

    def __init__(self, *args: Any, customer: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "language": customer["language"],
            "is_strategic": customer["is_strategic"],
            "tags": ", ".join(customer["tags"]),
        }

    def clean_tags(self) -> list[str]:
        """Cut the text at commas."""
        return [tag.strip() for tag in str(self.cleaned_data["tags"]).replace(";", ",").split(",") if tag.strip()]


class AccountForm(forms.Form):
    """The ways of an account."""

    payment_terms = forms.TypedChoiceField(
        label=lazy("Terms of payment"), coerce=int, empty_value=None, required=False,
        help_text=lazy("For items to come; those that are here keep their due dates."),
    )  # fmt: skip
    payment_method = forms.ChoiceField(label=lazy("Method of payment"))
    delivery_preference = forms.ChoiceField(label=lazy("Sent by"))
    language = forms.ChoiceField(label=lazy("Language of messages"), choices=LANGUAGE_CHOICES)
    collector = forms.TypedChoiceField(label=lazy("Collector"), coerce=int, empty_value=None, required=False)
    copies = forms.ChoiceField(label=lazy("Copies of invoices with reminders"), choices=COPIES, required=False)

    def __init__(
        self,
        *args: Any,
        account: AccountRow,
        terms: Sequence[tuple[int, str]],
        people: Sequence[tuple[int, str]],
        copies: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        kept = [] if account.collector_id in (None, *dict(people)) else [(account.collector_id, account.collector_name)]
        choices: dict[str, list[tuple[Any, Any]]] = {
            "payment_terms": [("", _("As usual in the company")), *terms],
            "payment_method": list(editing.payment_method_choices()),
            "delivery_preference": list(editing.delivery_choices()),
            "collector": [("", _("Nobody")), *kept, *people],
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = found
        self.initial = {
            "payment_terms": account.payment_terms_id,
            "payment_method": account.payment_method,
            "delivery_preference": account.delivery_preference,
            "language": account.language,
            "collector": account.collector_id,
            "copies": copies,
        }


class PerMilleField(forms.DecimalField):
    """A share that is written in per cent with one decimal and kept per mille; empty is `empty`."""

    def __init__(self, *, empty: int | None, low: int, high: int, **kwargs: Any) -> None:
        self.empty = empty
        super().__init__(
            min_value=Decimal(low) / 10,
            max_value=Decimal(high) / 10,
            max_digits=4,
            decimal_places=1,
            localize=True,
            required=False,
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        """Return the share per mille."""
        found = super().clean(value)
        return self.empty if found is None else int(found * 10)

    def prepare_value(self, value: Any) -> Any:
        """Write a share that is kept in per cent; what was typed stays."""
        return Decimal(value) / 10 if isinstance(value, int) else value


class AgreementForm(forms.Form):
    """What was agreed about the payments of an account."""

    discount_per_mille = PerMilleField(
        label=lazy("Discount, in per cent"), empty=0, low=0, high=agreements.DISCOUNT_PER_MILLE_MAX,
        help_text=lazy("What may be deducted by who pays early. Left empty: nothing."),
    )  # fmt: skip
    discount_days = forms.IntegerField(
        label=lazy("Within so many days of the document's date"), required=False, min_value=0,
        max_value=agreements.DISCOUNT_DAYS_MAX,
    )  # fmt: skip
    is_oldest_first = forms.BooleanField(
        label=lazy("A payment that names nothing pays the oldest first"), required=False
    )
    nets_credit_notes = forms.BooleanField(label=lazy("Deducts credit notes without naming them"), required=False)
    matching_threshold = PerMilleField(
        label=lazy("Match by itself from, in per cent"), empty=None,
        low=agreements.THRESHOLD_MIN, high=agreements.THRESHOLD_MAX,
        help_text=lazy("How sure an explanation must be. Left empty: 99, as everywhere. 100: never by itself."),
    )  # fmt: skip

    def __init__(self, *args: Any, account: AccountRow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "discount_per_mille": account.discount_per_mille or None,
            "discount_days": account.discount_days or None,
            "is_oldest_first": account.is_oldest_first,
            "nets_credit_notes": account.nets_credit_notes,
            "matching_threshold": account.matching_threshold,
        }

    def clean_discount_days(self) -> int:
        """Write no days as 0."""
        return int(self.cleaned_data["discount_days"] or 0)


class ContactForm(forms.Form):
    """A person at the customer."""

    name = forms.CharField(label=lazy("Name"), max_length=120)
    email = forms.EmailField(label=lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=lazy("Telephone"), max_length=30, required=False)
    role = forms.ChoiceField(label=lazy("Role"))
    account = forms.TypedChoiceField(label=lazy("For which account"), coerce=int, empty_value=None, required=False)
    language = forms.ChoiceField(label=lazy("Language"), required=False)
    is_opted_out = forms.BooleanField(label=lazy("Wants no e-mail from us"), required=False)

    def __init__(
        self, *args: Any, accounts: Sequence[AccountRow], contact: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[Any, Any]]] = {
            "role": list(editing.contact_role_choices()),
            "language": [("", _("As the account")), *LANGUAGE_CHOICES],
            "account": [
                ("", _("All accounts")),
                *((one.id, f"{one.department_name} · {one.company_name}") for one in accounts),
            ],
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = found
        if contact is not None:
            self.initial = {**contact, "account": contact["account_id"], **self.initial}


def refuse(form: forms.Form, error: editing.EditRefused) -> None:
    """Show on the form why a change was refused."""
    words = {
        "UNKNOWN": _("This choice is no longer there. Choose another one."),
        "TOO_MANY": _("Twelve tags at most."),
        "NO_WAY": _("Give an e-mail address or a telephone number."),
        "RANGE": _("This number is too small or too large."),
        "ALONE": _("Write a discount too, or no days."),
        "TAKEN": _("Another contact has this address already."),
    }
    form.add_error(error.field if error.field in form.fields else None, words[error.problem])
