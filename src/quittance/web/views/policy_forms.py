"""The editor of a policy: one plain form, each step with fields of its own; buttons named `do` change the draft.

The fields of step 0 are `s0-name`, `s0-offset_days` and so on; `steps` says in which order they stand. `do` is
`add:0` (before step 0), `remove:0`, `up:0`, `down:0`, `preview` or `save`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from quittance.dunning.policy_pages import CLOCKS, CONDITIONS
from quittance.dunning.policy_words import policy_description, policy_name
from quittance.dunning.services.editing import OFFSET_DAYS_MAX, OFFSET_DAYS_MIN, PolicyDraft, Problem, StepDraft
from quittance.parties.labels import CONTACT_ROLES
from quittance.web.policy_words import (
    MEDIUM_WORDS,
    MESSAGE_WORDS,
    TONE_WORDS,
    VALIDATION_WORDS,
    problem_text,
    step_word,
)
from quittance.web.views.settings_forms import DAY

ROLES_MAX = 3
NONE_OF_THEM = ""


def _count(**options: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(widget=widget, **options)


class PolicyForm(forms.Form):
    """What holds for the whole policy, and from when."""

    name = forms.CharField(label=_("Name"), max_length=80)
    description = forms.CharField(
        label=_("In one sentence"), max_length=250, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    from_date = forms.DateField(label=_("Applies from"), widget=DAY)
    validated_by = forms.ChoiceField(label=_("Before it leaves"), choices=list(VALIDATION_WORDS.items()))
    interval_days_min = _count(label=_("Days between two messages"), min_value=0, max_value=365)
    touches_max = _count(label=_("Contacts at most"), min_value=1, max_value=99, required=False)
    touches_days = _count(label=_("within so many days"), min_value=1, max_value=365)
    amount_min = forms.DecimalField(label=_("Smallest amount"), min_value=0, max_digits=14, localize=True)
    bank_data_age_days_max = _count(label=_("Bank data not older than (days)"), min_value=0, max_value=365)
    is_quiet_on_weekends = forms.BooleanField(label=_("Nothing on weekends"), required=False)
    is_quiet_on_holidays = forms.BooleanField(label=_("Nothing on holidays of the customer's country"), required=False)
    is_statement = forms.BooleanField(label=_("A statement of account instead of a reminder"), required=False)
    is_timing_learnt = forms.BooleanField(label=_("Wait for the day the payer usually pays"), required=False)
    tolerance_days_learnt = _count(label=_("Days more than the habit"), min_value=0, max_value=60)


class StepForm(forms.Form):
    """One step of the timeline."""

    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    name = forms.CharField(label=_("Name"), max_length=80)
    offset_days = _count(label=_("Days"), min_value=OFFSET_DAYS_MIN, max_value=OFFSET_DAYS_MAX)
    counted_from = forms.ChoiceField(label=_("Counted from"), choices=CLOCKS)
    medium = forms.ChoiceField(label=_("Medium"), choices=list(MEDIUM_WORDS.items()))
    tone = forms.ChoiceField(label=_("Tone"), choices=list(TONE_WORDS.items()))
    message_code = forms.ChoiceField(label=_("Text"), required=False)
    condition = forms.ChoiceField(label=_("Condition"), choices=CONDITIONS)
    condition_amount = forms.DecimalField(
        label=_("Amount late"), min_value=0, max_digits=14, localize=True, required=False
    )
    role_1 = forms.ChoiceField(label=_("Written to"), choices=CONTACT_ROLES)
    role_2 = forms.ChoiceField(label=_("else to"), required=False)
    role_3 = forms.ChoiceField(label=_("else to"), required=False)
    validated_by = forms.ChoiceField(label=_("Before it leaves"), required=False)
    interval_days_min = _count(label=_("Days since the last message"), min_value=0, max_value=365, required=False)
    is_registered = forms.BooleanField(label=_("Registered letter"), required=False)
    falls_back_to_email = forms.BooleanField(label=_("By e-mail when it can't go so"), required=False)

    def __init__(self, *args: Any, messages: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, Any]]] = {
            "message_code": [(NONE_OF_THEM, _("its own, else that of its tone")), *messages],
            "validated_by": [(NONE_OF_THEM, _("as the policy says")), *VALIDATION_WORDS.items()],
            "role_2": [(NONE_OF_THEM, "–"), *CONTACT_ROLES],
            "role_3": [(NONE_OF_THEM, "–"), *CONTACT_ROLES],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def add_problem(self, problem: Problem) -> None:
        """Mark the field that a problem is about."""
        name = "role_1" if problem.field == "recipient_roles" else problem.field
        self.add_error(name, problem_text(problem))


@dataclass(slots=True)
class Editor:
    """The form as it stands: the policy's part, the steps in order, and the draft once all can be read."""

    policy: PolicyForm
    steps: list[StepForm]
    draft: PolicyDraft | None = None
    open_step: int | None = None

    def mark(self, problems: Sequence[Problem]) -> None:
        """Show what is wrong where it is."""
        for problem in problems:
            if problem.step is not None:
                self.steps[problem.step].add_problem(problem)
            else:
                is_own = problem.field in self.policy.fields
                self.policy.add_error(problem.field if is_own else None, problem_text(problem))

    @property
    def order(self) -> str:
        """Return the keys of the steps as the form carries them."""
        return ",".join(str(form.prefix)[1:] for form in self.steps)

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Return each thing that is wrong with the step and the field it is about, in order."""
        found = []
        for number, form in enumerate(self.steps, start=1):
            for name, errors in form.errors.items():
                place = {"step": number, "step_name": form["name"].value() or "", "href": form[name].id_for_label}
                found += [{**place, "field": form.fields[name].label, "text": text} for text in errors]
        return found


def message_choices(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the texts a step may send."""
    return [(code, str(MESSAGE_WORDS.get(code, code))) for code in codes]


def editor_of(draft: PolicyDraft, *, from_date: date, messages: Sequence[tuple[str, str]]) -> Editor:
    """Return the form filled in with a draft."""
    names = [one.name for one in fields(PolicyDraft) if one.name != "steps"]
    initial = {name: getattr(draft, name) for name in names} | {
        "name": policy_name(draft.name),
        "description": policy_description(draft.description),
        "amount_min": draft.amount_min.normalize() if draft.amount_min else Decimal(0),
        "from_date": from_date,
    }
    steps = [
        StepForm(initial=_step_initial(step), prefix=f"s{number}", messages=messages)
        for number, step in enumerate(draft.steps)
    ]
    return Editor(policy=PolicyForm(initial=initial), steps=steps, draft=draft)


def _step_initial(step: StepDraft) -> dict[str, Any]:
    roles = dict(zip(("role_1", "role_2", "role_3"), step.recipient_roles, strict=False))
    values = {one.name: getattr(step, one.name) for one in fields(StepDraft)}
    amount = step.condition_amount.normalize() if step.condition_amount else None
    return {**values, **roles, "name": step_word(step.name), "condition_amount": amount}


def read_editor(posted: QueryDict, *, kept: PolicyDraft | None, messages: Sequence[tuple[str, str]]) -> Editor:
    """Return the form as it was typed, changed by the button that was pressed."""
    order = [text for text in posted.get("steps", "").split(",") if re.fullmatch(r"[0-9]{1,3}", text)][:40]
    order, new, place = _changed_order(order, posted.get("do", ""))
    is_checked = posted.get("do") in ("save", "preview")
    data = posted.copy()
    if new:
        data.update(_new_step(new, order, data))
    forms_of_steps = [
        StepForm(data if is_checked else None, prefix=f"s{key}", messages=messages, initial=_typed(data, key))
        for key in order
    ]
    typed = posted.dict()
    policy = PolicyForm(posted) if is_checked else PolicyForm(initial={**typed, **_boxes(PolicyForm, posted, "")})
    editor = Editor(policy=policy, steps=forms_of_steps, open_step=place)
    is_good = is_checked and all([policy.is_valid(), *[form.is_valid() for form in forms_of_steps]])
    editor.draft = _draft(editor, kept) if is_good else None
    return editor


def _changed_order(order: list[str], do: str) -> tuple[list[str], str, int | None]:
    """Return the keys of the steps after a button, the key of a new one, and the place that was changed."""
    verb, _colon, text = do.partition(":")
    place = int(text) if re.fullmatch(r"[0-9]{1,3}", text) else -1
    if verb == "add" and 0 <= place <= len(order):
        key = str(max((int(one) for one in order), default=-1) + 1)
        return [*order[:place], key, *order[place:]], key, place
    if not 0 <= place < len(order):
        return order, "", None
    if verb == "remove":
        return [one for number, one in enumerate(order) if number != place], "", None
    target = place + {"up": -1, "down": 1}.get(verb, 0)
    if 0 <= target < len(order) and target != place:
        order[place], order[target] = order[target], order[place]
        return order, "", target
    return order, "", None


def _new_step(key: str, order: Sequence[str], data: QueryDict) -> dict[str, str]:
    """Return what a new step begins with: a week after the one before it."""
    place = order.index(key)
    before = data.get(f"s{order[place - 1]}-offset_days", "") if place else ""
    follows = place and data.get(f"s{order[place - 1]}-counted_from") == "PREVIOUS_STEP"
    days = 7 if follows or not re.fullmatch(r"-?[0-9]{1,3}", before) else int(before) + 7
    values = {"offset_days": str(days), "counted_from": "PREVIOUS_STEP" if follows else "DUE_DATE"}
    values |= {"role_1": "ACCOUNTS_PAYABLE", "role_2": "FINANCE", "role_3": "MANAGEMENT"}
    values |= {"name": "", "tone": "FRIENDLY", "medium": "EMAIL", "condition": "ALWAYS"}
    return {f"s{key}-{name}": value for name, value in values.items()}


def _typed(data: QueryDict, key: str) -> dict[str, Any]:
    prefix = f"s{key}-"
    found: dict[str, Any] = {name[len(prefix) :]: data.get(name) for name in data if name.startswith(prefix)}
    return {**found, **_boxes(StepForm, data, prefix)}


def _boxes(form: type[forms.Form], data: QueryDict, prefix: str) -> dict[str, bool]:
    names = [name for name, field in form.base_fields.items() if isinstance(field, forms.BooleanField)]
    return {name: bool(data.get(prefix + name)) for name in names}


def _draft(editor: Editor, kept: PolicyDraft | None) -> PolicyDraft:
    """Return what was typed; a name that was left as it is shown stays as it is stored."""
    values = {name: value for name, value in editor.policy.cleaned_data.items() if name != "from_date"}
    if kept and values["name"] == policy_name(kept.name):
        values["name"] = kept.name
    if kept and values["description"] == policy_description(kept.description):
        values["description"] = kept.description
    return PolicyDraft(**values, steps=tuple(_step(form, kept) for form in editor.steps))


def _step(form: StepForm, kept: PolicyDraft | None) -> StepDraft:
    values = dict(form.cleaned_data)
    roles = [values.pop(f"role_{number}") for number in range(1, ROLES_MAX + 1)]
    values["recipient_roles"] = tuple(dict.fromkeys(role for role in roles if role))
    values["condition_amount"] = values["condition_amount"] or Decimal(0)
    step = StepDraft(**values)
    same = next((one for one in kept.steps if one.code == step.code), None) if kept and step.code else None
    if same is None:
        return replace(step, code="")
    return replace(step, name=same.name) if step.name == step_word(same.name) else step
