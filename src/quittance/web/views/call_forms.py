"""Forms of the desk: a call with what came of it, a promise, a dispute, why late, snooze."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.cases import queries as cases
from quittance.foundation import clock
from quittance.web.delay_reason_words import offered_delay_reasons
from quittance.web.views.task_words import OUTCOMES
from quittance.web.views.work_forms import AmountField, DayField

Item = Mapping[str, Any]


class ItemsForm(forms.Form):
    """Some of the account's open items; subclasses say what about them."""

    items = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Items"), coerce=int, error_messages={"required": gettext_lazy("Choose one item at least.")}
    )

    def __init__(self, *arguments: Any, rows: Sequence[Item], today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.rows = {row["id"]: row for row in rows}
        self.today = today
        items: Any = self.fields["items"]
        items.choices = [(row["id"], row["document_number"]) for row in rows]

    def picked_total(self, item_ids: Sequence[int]) -> Decimal:
        """Return what is open on these items."""
        return sum((self.rows[item_id]["open_amount"] for item_id in item_ids), Decimal(0))

    def check_amount(self, name: str, amount: Decimal | None, item_ids: Sequence[int]) -> None:
        """Refuse more than is open on the items."""
        if amount is not None and item_ids and amount > self.picked_total(item_ids):
            self.add_error(name, _("This is more than the chosen items have open."))


class PromiseForm(ItemsForm):
    """A promise to pay."""

    promised_date = DayField(label=gettext_lazy("Will be paid by"))
    amount = AmountField(
        label=gettext_lazy("Amount"), required=False, help_text=gettext_lazy("Empty: all of the chosen items.")
    )
    contact_name = forms.CharField(label=gettext_lazy("Who promised"), required=False, max_length=120)
    comment = forms.CharField(label=gettext_lazy("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        """Check the amount against the items, and the day."""
        values = super().clean() or {}
        self.check_amount("amount", values.get("amount"), values.get("items", []))
        if (day := values.get("promised_date")) and day < self.today:
            self.add_error("promised_date", _("Choose today or a day to come."))
        return values


class DisputeForm(ItemsForm):
    """A dispute over items."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"))
    amount = AmountField(
        label=gettext_lazy("Disputed amount"), required=False,
        help_text=gettext_lazy("Empty: all that is open. An amount is about one item."),
    )  # fmt: skip
    comment = forms.CharField(
        label=gettext_lazy("What the customer says"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        reason: Any = self.fields["reason"]
        reason.choices = cases.reason_choices()

    def clean(self) -> dict[str, Any]:
        """Check the amount against the item."""
        values = super().clean() or {}
        items, amount = values.get("items", []), values.get("amount")
        if amount is not None and len(items) > 1:
            self.add_error("amount", _("Choose one item, or leave the amount empty."))
        self.check_amount("amount", amount, items)
        return values


class DelayReasonForm(ItemsForm):
    """Why items are late."""

    reason = forms.ChoiceField(label=gettext_lazy("Why late"), widget=forms.RadioSelect)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        reason: Any = self.fields["reason"]
        reason.choices = offered_delay_reasons()


class CallForm(ItemsForm):
    """A call: how it ended, and what that outcome needs."""

    outcome = forms.ChoiceField(label=gettext_lazy("How it ended"), choices=list(OUTCOMES.items()))
    contact = forms.TypedChoiceField(label=gettext_lazy("Spoke with"), required=False, coerce=int, empty_value=None)
    comment = forms.CharField(label=gettext_lazy("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    promised_date = DayField(label=gettext_lazy("Will be paid by"), required=False)
    amount = AmountField(
        label=gettext_lazy("Amount"), required=False, help_text=gettext_lazy("Empty: all of the chosen items.")
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), required=False)
    why_late = forms.ChoiceField(label=gettext_lazy("Why late"), required=False)
    call_back_date = DayField(label=gettext_lazy("Call back on"), required=False)
    call_back_time = forms.TimeField(
        label=gettext_lazy("At"), required=False, input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip

    def __init__(self, *arguments: Any, contacts: Sequence[Mapping[str, Any]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["items"].required = False
        contact: Any = self.fields["contact"]
        contact.choices = [("", _("Nobody in particular")), *((one["id"], one["name"]) for one in contacts)]
        reason: Any = self.fields["reason"]
        reason.choices = cases.reason_choices()
        why_late: Any = self.fields["why_late"]
        why_late.choices = [("", _("Not said")), *offered_delay_reasons()]

    def late_ids(self) -> list[int]:
        """Return the chosen items that are late; all that are, when none of them was chosen."""
        late = [item_id for item_id, row in self.rows.items() if row["days_late"] > 0]
        return [item_id for item_id in late if item_id in self.cleaned_data["items"]] or late

    def clean(self) -> dict[str, Any]:
        """Ask for what the outcome needs."""
        values = super().clean() or {}
        outcome, items = values.get("outcome"), values.get("items", [])
        if outcome in ("PROMISE", "DISPUTE"):
            if not items:
                self.add_error("items", _("Choose one item at least."))
            self.check_amount("amount", values.get("amount"), items)
        if outcome == "PROMISE":
            self._need_day("promised_date", values, first=self.today)
        if outcome == "DISPUTE":
            if values.get("amount") is not None and len(items) > 1:
                self.add_error("amount", _("Choose one item, or leave the amount empty."))
            if not values.get("reason"):
                self.add_error("reason", _("Say why."))
        if outcome == "CALL_BACK":
            self._read_moment(values)
        if outcome == "COPY_WANTED":
            if not items:
                self.add_error("items", _("Choose one item at least."))
            values["documents"] = ", ".join(self.rows[item_id]["document_number"] for item_id in items)
        return values

    def show_needs(self) -> None:
        """Draw what an outcome needs as needed; which of it is, is checked when the form comes back."""
        self.use_required_attribute = False
        for name in ("promised_date", "reason", "call_back_date"):
            self.fields[name].required = True

    def _read_moment(self, values: dict[str, Any]) -> None:
        """Make one moment of day and time; without a time it is the day, and then not today."""
        moment = values.get("call_back_time")
        first = self.today if moment else self.today + timedelta(days=1)
        self._need_day("call_back_date", values, first=first)
        if moment is None or "call_back_date" in self.errors:
            return
        at = timezone.make_aware(datetime.combine(values["call_back_date"], moment))
        if at <= clock.now():
            self.add_error("call_back_time", _("Choose a later hour."))
        values["call_back_at"] = at

    def _need_day(self, name: str, values: Mapping[str, Any], *, first: date) -> None:
        if name in self.errors:
            return
        if values.get(name) is None:
            self.add_error(name, _("Say when."))
        elif values[name] < first:
            self.add_error(name, _("Choose a later day."))


class SnoozeForm(forms.Form):
    """Until when a task sleeps."""

    until = DayField(label=gettext_lazy("Until"))

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today
        if not self.is_bound:
            self.initial["until"] = today + timedelta(days=7)

    def clean_until(self) -> date:
        """Refuse today and days past."""
        day: date = self.cleaned_data["until"]
        if day <= self.today:
            raise forms.ValidationError(_("Choose a later day."))
        return day

    @staticmethod
    def choices_from(today: date) -> list[tuple[str, date]]:
        """Return the days offered by one button each."""
        return [
            (_("Tomorrow"), today + timedelta(days=1)),
            (_("In 3 days"), today + timedelta(days=3)),
            (_("In a week"), today + timedelta(days=7)),
            (_("In 2 weeks"), today + timedelta(days=14)),
            (_("In a month"), today + timedelta(days=30)),
        ]
