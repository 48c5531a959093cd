"""Forms of litigation: hand debts over, take them back, say what happened to a claim."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.web.litigation_words import ENDS, PROPOSALS, RECORDED_KINDS, RESULTS, TO_KINDS
from quittance.web.views.work_forms import DayField


class HandoverForm(forms.Form):
    """To whom items go, and why."""

    to_kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=TO_KINDS)
    to_name = forms.CharField(label=gettext_lazy("To"), max_length=150)
    to_email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    to_reference = forms.CharField(label=gettext_lazy("Their reference"), max_length=80, required=False)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class GiveForm(forms.Form):
    """The day on which items were given away."""

    on_date = DayField(label=gettext_lazy("Handed over on"))
    to_reference = forms.CharField(label=gettext_lazy("Their reference"), max_length=80, required=False)

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def clean_on_date(self) -> date:
        """Refuse days to come."""
        day: date = self.cleaned_data["on_date"]
        if day > self.today:
            raise forms.ValidationError(_("That day is still to come."))
        return day


class EndForm(GiveForm):
    """How a hand-over ended, and what we propose for what is still owed."""

    to_reference = None  # type: ignore[assignment]
    on_date = DayField(label=gettext_lazy("On"))
    state = forms.ChoiceField(label=gettext_lazy("What happens now"), choices=ENDS, widget=forms.RadioSelect)
    result = forms.ChoiceField(label=gettext_lazy("Result"), choices=RESULTS)
    proposal = forms.ChoiceField(
        label=gettext_lazy("Proposed for what is still owed"), required=False, choices=list(PROPOSALS.items()),
        help_text=gettext_lazy("A write-off is only proposed: it is booked in the ERP."),
    )  # fmt: skip
    comment = forms.CharField(label=gettext_lazy("Comment"), max_length=300, required=False)


class LimitationEventForm(forms.Form):
    """What happened to the claim of an item, on which day, and the paper that proves it."""

    kind = forms.ChoiceField(label=gettext_lazy("What happened"), choices=RECORDED_KINDS)
    event_date = DayField(label=gettext_lazy("On"))
    end_date = DayField(
        label=gettext_lazy("Over on"), required=False,
        help_text=gettext_lazy("Of a court action, mediation or suspension; blank while it goes on."),
    )  # fmt: skip
    comment = forms.CharField(label=gettext_lazy("Comment"), max_length=300, required=False)
    attachment = forms.TypedChoiceField(
        label=gettext_lazy("File that proves it"), required=False, coerce=int, empty_value=None,
        help_text=gettext_lazy("One of the files kept with the customer."),
    )  # fmt: skip

    def __init__(self, *arguments: Any, files: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        attachment: Any = self.fields["attachment"]
        attachment.choices = [("", _("None")), *files]
