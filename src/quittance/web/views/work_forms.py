"""Forms of the work on items and accounts: why late, dispute, promise, hold, note, file, reversal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.cases import queries as cases
from quittance.web import formats
from quittance.web.delay_reason_words import offered_delay_reasons

ATTACHMENT_BYTES_MAX = 25 * 1024 * 1024


class DayField(forms.DateField):
    """A day, chosen with the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        options.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**options)


class AmountField(forms.DecimalField):
    """A positive amount; decimal comma or point."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_digits=18, decimal_places=4, min_value=Decimal("0.01"), **options)

    def to_python(self, value: Any) -> Any:
        """Read what was typed."""
        if isinstance(value, str):
            value = value.translate(str.maketrans(",", ".", " \u00a0\u202f"))
        return super().to_python(value)


class DelayReasonForm(forms.Form):
    """Why items are late."""

    reason = forms.ChoiceField(label=gettext_lazy("Why late"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        reason: Any = self.fields["reason"]
        reason.choices = [("", _("No reason")), *offered_delay_reasons(kept=self.initial.get("reason", ""))]


class DisputeForm(forms.Form):
    """A dispute to open; the amount only when it is about one item."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"))
    amount = AmountField(label=gettext_lazy("Disputed amount"))
    due_date = DayField(label=gettext_lazy("To be solved by"), required=False)
    owner = forms.TypedChoiceField(label=gettext_lazy("Owner"), required=False, coerce=int, empty_value=None)
    comment = forms.CharField(label=gettext_lazy("What the customer says"), required=False, widget=forms.Textarea)

    def __init__(self, *arguments: Any, people: list[tuple[int, str]], is_single: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        reason: Any = self.fields["reason"]
        owner: Any = self.fields["owner"]
        reason.choices = cases.reason_choices()
        owner.choices = [("", _("Myself")), *people]
        if not is_single:
            del self.fields["amount"]


class CloseDisputeForm(forms.Form):
    """How a dispute ended."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), widget=forms.RadioSelect)
    comment = forms.CharField(label=gettext_lazy("What was agreed"), required=False, widget=forms.Textarea)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        outcome: Any = self.fields["outcome"]
        outcome.choices = cases.outcome_choices()


class AssignDisputeForm(forms.Form):
    """Who works on a dispute, and by when."""

    owner = forms.TypedChoiceField(label=gettext_lazy("Owner"), coerce=int)
    due_date = DayField(label=gettext_lazy("To be solved by"))

    def __init__(self, *arguments: Any, people: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        owner: Any = self.fields["owner"]
        owner.choices = people


class PromiseForm(forms.Form):
    """A promise to pay; the amount only when it is on one account."""

    promised_date = DayField(label=gettext_lazy("Will be paid by"))
    amount = AmountField(label=gettext_lazy("Amount"), required=False)
    contact_name = forms.CharField(label=gettext_lazy("Who promised"), required=False, max_length=120)
    comment = forms.CharField(label=gettext_lazy("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *arguments: Any, today: date, open_total: Decimal | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today
        self.open_total = open_total
        if open_total is None:
            del self.fields["amount"]

    def clean_promised_date(self) -> date:
        """Refuse a day in the past."""
        day: date = self.cleaned_data["promised_date"]
        if day < self.today:
            raise forms.ValidationError(_("Choose today or a day to come."))
        return day

    def clean_amount(self) -> Decimal | None:
        """Refuse more than is open."""
        amount: Decimal | None = self.cleaned_data.get("amount")
        if amount is not None and self.open_total is not None and amount > self.open_total:
            raise forms.ValidationError(
                _("No more than %(open)s is open on these items.") % {"open": formats.amount_text(self.open_total)}
            )
        return amount


class BlockForm(forms.Form):
    """A hold on reminders."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    until_date = DayField(label=gettext_lazy("Until"), required=False, help_text=gettext_lazy("Empty: until lifted."))

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def clean_until_date(self) -> date | None:
        """Refuse a day in the past."""
        day: date | None = self.cleaned_data["until_date"]
        if day is not None and day < self.today:
            raise forms.ValidationError(_("Choose today or a day to come."))
        return day


class NoteForm(forms.Form):
    """A note about a customer or one of its accounts."""

    text = forms.CharField(label=gettext_lazy("Note"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    account = forms.TypedChoiceField(label=gettext_lazy("About"), required=False, coerce=int, empty_value=None)

    def __init__(self, *arguments: Any, accounts: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        account: Any = self.fields["account"]
        account.choices = [("", _("The whole customer")), *accounts]


class AttachmentForm(forms.Form):
    """A file to keep with a customer."""

    file = forms.FileField(label=gettext_lazy("File"), max_length=255)

    def clean_file(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["file"]
        limit = min(ATTACHMENT_BYTES_MAX, settings.QUITTANCE_UPLOAD_MAX_BYTES)
        if file.size > limit:
            raise forms.ValidationError(
                _("The file has %(size)s MB; %(limit)s MB is the most that is kept. Send a smaller one.")
                % {"size": file.size // 1024**2, "limit": limit // 1024**2}
            )
        return file


class ReverseForm(forms.Form):
    """Why an allocation is undone."""

    reason = forms.CharField(label=gettext_lazy("Why it is undone"), max_length=200)


class WithdrawForm(forms.Form):
    """Why a promise is withdrawn."""

    reason = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=500)
