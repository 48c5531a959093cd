"""The forms of simulations and trials."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.core.simulation import ON_ITS_WAY_DAYS
from quittance.core.trials import HORIZON_DAYS
from quittance.simulation.policies import Change
from quittance.web.views.work_forms import DayField

Choices = Sequence[tuple[str, str]]
AS_IT_IS = lazy("As in its policy")


def _choice(form: forms.Form, name: str, choices: Choices, *, none: str | None = None) -> None:
    field: Any = form.fields[name]
    field.choices = [*([("", none)] if none is not None else []), *choices]


class SimulationForm(forms.Form):
    """Which policies are tried, on which days and accounts, and what is otherwise in B."""

    policy_a = forms.TypedChoiceField(label=lazy("Policy A"), coerce=int)
    policy_b = forms.TypedChoiceField(
        label=lazy("Policy B"), coerce=int, required=False, empty_value=None,
        help_text=lazy("Leave it out to try A alone, or to compare A with a change of itself."),
    )  # fmt: skip
    first_date = DayField(label=lazy("From"))
    last_date = DayField(label=lazy("Until"))
    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int, required=False, empty_value=None)
    segment = forms.TypedChoiceField(label=lazy("Segment"), coerce=int, required=False, empty_value=None)
    on_its_way_days = forms.IntegerField(
        label=lazy("Needless when paid within, days"), min_value=1, max_value=30, initial=ON_ITS_WAY_DAYS,
        help_text=lazy("Money that comes so soon after a message was on its way already."),
    )  # fmt: skip
    is_on_weekends = forms.BooleanField(label=lazy("Runs on Saturdays and Sundays too"), required=False)
    shift_days = forms.IntegerField(
        label=lazy("Steps after the due date later by, days"), min_value=-60, max_value=60, required=False,
        help_text=lazy("Below zero: earlier."),
    )  # fmt: skip
    interval_days_min = forms.IntegerField(
        label=lazy("Days between two messages, at least"), min_value=0, max_value=365, required=False
    )
    amount_min = forms.DecimalField(
        label=lazy("Smallest amount"), min_value=Decimal(0), max_digits=12, decimal_places=2, required=False,
        localize=True,
    )  # fmt: skip
    touches_max = forms.IntegerField(
        label=lazy("Messages in a month, at most"), min_value=1, max_value=100, required=False
    )
    timing = forms.ChoiceField(
        label=lazy("Timing"), required=False,
        choices=[("", AS_IT_IS), ("yes", lazy("As learnt from the payer")), ("no", lazy("On fixed days"))],
    )  # fmt: skip
    courtesy = forms.ChoiceField(
        label=lazy("Before the due date"), required=False,
        choices=[("", AS_IT_IS), ("no", lazy("Nothing is sent"))],
    )  # fmt: skip

    def __init__(
        self, *args: Any, policies: Choices, companies: Choices, segments: Choices, takes_all: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _choice(self, "policy_a", policies)
        _choice(self, "policy_b", policies, none=_("None"))
        _choice(self, "company", companies, none=_("All companies") if takes_all else None)
        self.fields["company"].required = not takes_all
        _choice(self, "segment", segments, none=_("All accounts"))

    @property
    def change(self) -> Change:
        """Return what was said to be otherwise in B."""
        said = self.cleaned_data
        return Change(
            shift_days=said["shift_days"] or None,
            interval_days_min=said["interval_days_min"],
            amount_min=said["amount_min"],
            touches_max=said["touches_max"],
            is_timing_learnt={"yes": True, "no": False}.get(said["timing"]),
            has_courtesy=False if said["courtesy"] == "no" else None,
        )


class TrialForm(forms.Form):
    """Two policies, the segment they are sent to, and until when."""

    name = forms.CharField(label=lazy("Name"), max_length=80)
    segment = forms.TypedChoiceField(label=lazy("Segment"), coerce=int)
    policy_a = forms.ChoiceField(label=lazy("Policy A"))
    policy_b = forms.ChoiceField(label=lazy("Policy B"))
    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int, required=False, empty_value=None)
    until_date = DayField(
        label=lazy("Ends on"), help_text=lazy("The first day on which the usual policies hold again.")
    )
    horizon_days = forms.IntegerField(
        label=lazy("Days to pay are counted up to"), min_value=10, max_value=365, initial=HORIZON_DAYS,
        help_text=lazy("From the date of the invoice. One that takes longer counts as this long."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, policies: Choices, companies: Choices, segments: Choices, takes_all: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _choice(self, "policy_a", policies)
        _choice(self, "policy_b", policies)
        _choice(self, "company", companies, none=_("All companies") if takes_all else None)
        self.fields["company"].required = not takes_all
        _choice(self, "segment", segments)
