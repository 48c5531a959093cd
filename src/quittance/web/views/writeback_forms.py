"""Forms of the queue to the ERP."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from quittance.core.writeback import Journal, Role
from quittance.writeback.accounts import JOURNAL_NAMES, ROLE_NAMES

NUMBERS_MAX = 100_000


class AnswerForm(forms.Form):
    """What the ERP says of a batch, or of some of its entries."""

    answer = forms.ChoiceField(
        label=lazy("What the ERP says"),
        choices=[
            ("TAKEN", pgettext_lazy("write-back", "Taken by the ERP")),
            ("REFUSED", pgettext_lazy("write-back", "Refused by the ERP")),
        ],
    )
    numbers = forms.CharField(
        label=lazy("Which entries"), required=False, max_length=2000,
        help_text=lazy("Numbers, such as 3, 7-12. Blank: all that are not answered yet."),
    )  # fmt: skip
    reference = forms.CharField(label=lazy("Reference of the ERP"), required=False, max_length=80)
    refusal = forms.CharField(label=lazy("Why refused"), required=False, max_length=200)

    def clean_numbers(self) -> list[int]:
        """Read numbers and stretches of numbers."""
        return read_numbers(self.cleaned_data["numbers"])

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of a refusal."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("answer") == "REFUSED" and not values.get("refusal"):
            self.add_error("refusal", _("Say why: whoever corrects it needs to know."))
        return values


def read_numbers(text: str) -> list[int]:
    """Return the numbers of a text such as "3, 7-9". :raises forms.ValidationError:"""
    found: set[int] = set()
    for part in text.replace(";", ",").split(","):
        first, dash, last = part.strip().partition("-")
        if not part.strip():
            continue
        ends = [one.strip() for one in ((first, last) if dash else (first,))]
        if not all(one.isascii() and one.isdigit() and len(one) <= 15 for one in ends):
            raise forms.ValidationError(
                _("“%(part)s” is not a number or a stretch of numbers.") % {"part": part.strip()}
            )
        low, high = int(ends[0]), int(ends[-1])
        if high < low or high - low >= NUMBERS_MAX or len(found) >= NUMBERS_MAX:
            raise forms.ValidationError(
                _("“%(part)s” is not a number or a stretch of numbers.") % {"part": part.strip()}
            )
        found.update(range(low, high + 1))
    return sorted(found)


class PlanForm(forms.Form):
    """The accounts and journals of a company in its ERP, one field each, and one for each of its bank accounts."""

    def __init__(self, *args: Any, banks: list[tuple[int, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        for role in Role:
            self.fields[role.value] = forms.CharField(label=ROLE_NAMES[role], max_length=20)
        for bank_id, name in banks:
            self.fields[f"bank_{bank_id}"] = forms.CharField(label=name, max_length=20, required=False)
        for journal in Journal:
            self.fields[f"{journal}_JOURNAL"] = forms.CharField(label=JOURNAL_NAMES[journal], max_length=20)

    def parts(self) -> list[tuple[str, list[Any]]]:
        """Return the fields under their headings."""
        banks = [name for name in self.fields if name.startswith("bank_")]
        return [
            (_("Accounts"), [self[role.value] for role in Role]),
            (_("Our bank accounts; blank: the account “Bank”"), [self[name] for name in banks]),
            (_("Journals"), [self[f"{journal}_JOURNAL"] for journal in Journal]),
        ]
