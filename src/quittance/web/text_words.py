"""Texts of messages in words: what each variable stands for, and what is wrong with a text."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.dunning.messages.own import FILTERS, TextProblem

Text = str | Promise
VARIABLE_WORDS: Mapping[str, Text] = {
    "company": lazy("our company"),
    "customer": lazy("the customer"),
    "contact": lazy("the contact's name; empty when there is none"),
    "account": lazy("the number of the account"),
    "total": lazy("the sum asked for"),
    "balance": lazy("the balance of a statement of account"),
    "count": lazy("how many documents are listed"),
    "first_document": lazy("the number of the first document"),
    "days_max": lazy("the most days late"),
    "today": lazy("the day of the message"),
    "deadline": lazy("eight days after it"),
    "due_date": lazy("the earliest due date"),
    "phone": lazy("our telephone number; empty when there is none"),
    "is_french_law": lazy("for an “if”: both in France, no public body"),
    "is_french_public": lazy("for an “if”: a public body in France"),
}
LANGUAGE_WORDS: Mapping[str, Text] = {"en": lazy("English"), "es": lazy("Spanish"), "fr": lazy("French")}
FIELD_WORDS: Mapping[str, Text] = {
    "text": lazy("Text"),
    "body": lazy("Text"),
    "subject": lazy("Subject"),
    "before": lazy("Before the list"),
    "after": lazy("After the list"),
    "from_date": lazy("Applies from"),
}


def problem_text(problem: TextProblem) -> str:
    """Return what is wrong with a text, with its line where it is known."""
    said = _said(problem)
    if problem.line is None or problem.field == "subject":
        return said
    return _("Line %(line)s: %(said)s") % {"line": problem.line, "said": said}


def _said(problem: TextProblem) -> str:
    match problem.code:
        case "EMPTY":
            return _("Write something.")
        case "TOO_LONG":
            return _("It is too long, or has more lines than it may.")
        case "UNKNOWN_VARIABLE":
            return _("There is no variable “%(name)s”. Choose one from the list.") % {"name": problem.detail}
        case "TAG_NOT_ALLOWED":
            return _("“%(name)s” can't be used here, only if, elif, else and endif.") % {"name": problem.detail}
        case "FILTER_NOT_ALLOWED":
            known = ", ".join(sorted(FILTERS))
            return _("“%(name)s” can't be used here, only %(known)s.") % {"name": problem.detail, "known": known}
        case "ACROSS_PARAGRAPHS":
            return _("An “if” and its “endif” stand in one paragraph: leave no empty line between them.")
        case "IN_THE_PAST":
            return _("Choose today or a later day: the past stays as it was.")
        case _:
            return _("It can't be read: %(said)s") % {"said": problem.detail}
