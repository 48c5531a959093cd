"""Forms of payment plans: propose one, answer for the customer, or as the customer."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.core.payment_plans import INSTALMENTS_MAX, Rhythm
from quittance.promises import plans
from quittance.web.plan_words import RHYTHMS
from quittance.web.views.work_forms import DayField

FIRST_DAYS = 30
TOLERANCE_DAYS_MAX = 60
ANSWER_DAYS_MAX = 90


class PlanForm(forms.Form):
    """How a debt is to be paid, and what the customer said of it."""

    count = forms.IntegerField(label=gettext_lazy("Instalments"), min_value=1, max_value=INSTALMENTS_MAX, initial=3)
    rhythm = forms.ChoiceField(label=gettext_lazy("How often"), choices=RHYTHMS)
    first_date = DayField(label=gettext_lazy("First one due"))
    annual_rate_pct = forms.DecimalField(
        label=gettext_lazy("Interest, % a year"), required=False, max_digits=7, decimal_places=4,
        min_value=Decimal("0.0001"), max_value=Decimal(100),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("On what is still owed. Leave blank for none."),
    )  # fmt: skip
    is_on_working_days = forms.BooleanField(
        label=gettext_lazy("Weekends and public holidays of the customer move to the next working day"),
        required=False,
        initial=True,
    )
    tolerance_days = forms.IntegerField(
        label=gettext_lazy("Days tolerated"), min_value=0, max_value=TOLERANCE_DAYS_MAX, initial=plans.TOLERANCE_DAYS,
        help_text=gettext_lazy("An instalment not paid so many days after its day breaks the plan."),
    )  # fmt: skip
    answer_until = DayField(label=gettext_lazy("Answer wanted by"))
    contact_name = forms.CharField(label=gettext_lazy("Agreed with"), max_length=120, required=False)
    comment = forms.CharField(label=gettext_lazy("Comment"), required=False, widget=forms.Textarea)
    is_accepted = forms.BooleanField(label=gettext_lazy("The customer has accepted it already"), required=False)

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        first = today + timedelta(days=FIRST_DAYS)
        options["initial"] = {
            "first_date": first,
            "answer_until": today + timedelta(days=plans.ANSWER_DAYS),
            **options.get("initial", {}),
        }
        super().__init__(*arguments, **options)
        self.today = today

    def clean_first_date(self) -> date:
        """Refuse days in the past."""
        return self._from_today("first_date")

    def clean_answer_until(self) -> date:
        """Refuse days in the past, and those too far."""
        day = self._from_today("answer_until")
        if (day - self.today).days > ANSWER_DAYS_MAX:
            raise forms.ValidationError(_("Ninety days from today at most."))
        return day

    def clean(self) -> dict[str, Any]:
        """An acceptance names who gave it."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("is_accepted") and not found.get("contact_name", "").strip():
            self.add_error("contact_name", _("Say who accepted it."))
        return found

    def choice(self) -> plans.PlanChoice:
        """Return the schedule asked for."""
        found = self.cleaned_data
        return plans.PlanChoice(
            count=found["count"],
            first_date=found["first_date"],
            rhythm=Rhythm(found["rhythm"]),
            annual_rate_pct=found["annual_rate_pct"],
            is_on_working_days=found["is_on_working_days"],
        )

    def _from_today(self, name: str) -> date:
        day: date = self.cleaned_data[name]
        if day < self.today:
            raise forms.ValidationError(_("That day has passed."))
        return day


class AcceptPlanForm(forms.Form):
    """A colleague notes that the customer accepted."""

    accepted_by = forms.CharField(label=gettext_lazy("Who accepted it"), max_length=120)
    accepted_on = DayField(label=gettext_lazy("On"))


class AnswerPlanForm(forms.Form):
    """The customer answers on its own page."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    reason = forms.CharField(
        label=gettext_lazy("What would suit you better?"), required=False, max_length=500, widget=forms.Textarea
    )
