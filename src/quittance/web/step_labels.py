"""The words of steps by their codes, where a table or a filter knows no more of them; own steps are read when met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.functional import Promise

from quittance.dunning.policy_pages import names_of_own_steps
from quittance.dunning.policy_words import LEVEL_WORDS
from quittance.web.tables import Column

Text = str | Promise


class StepLabels(dict[str, Text]):
    """The labels of a column; the first code that did not come with the program reads the names of all own steps."""

    def __init__(self, known: Mapping[str, Text]) -> None:
        super().__init__(known)
        self.own: dict[str, str] | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """Return the words of a code."""
        if key in self or not key:
            return super().get(key, default)
        if self.own is None:
            self.own = names_of_own_steps()
        return self.own.get(key, default)


def with_step_labels(columns: Sequence[Column]) -> list[Column]:
    """Return columns that know the company's own steps where they know the shipped ones."""
    return [replace(one, labels=StepLabels(one.labels)) if "COURTESY" in one.labels else one for one in columns]


def step_label(code: str) -> str:
    """Return the words of one step; a query for one that a person added."""
    return str(StepLabels(LEVEL_WORDS).get(code, code))


def step_choices() -> list[tuple[str, Text]]:
    """Return all steps for a filter: the shipped ones, then the company's own. One query."""
    return [*LEVEL_WORDS.items(), *names_of_own_steps().items()]
