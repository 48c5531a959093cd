"""The words for the details of an event: what each is called, and what its codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.cases.queries import outcome_choices, reason_choices
from quittance.dunning.reasons import REASON_WORDS
from quittance.ledger.queries.finding import item_kind_choices
from quittance.web.formats import yes_no_text
from quittance.web.match_words import STRATEGY_WORDS
from quittance.web.views import task_words
from quittance.web.views.import_words import REASONS, STATUSES

Words = Mapping[str, str | Promise]

NAMES: Words = {
    "action": pgettext_lazy("detail", "to do"),
    "amount": _("amount"),
    "amount_before": _("amount before"),
    "as_of": _("day"),
    "call_back_date": _("call back on"),
    "changed": _("changed"),
    "closed": _("closed"),
    "code": _("code"),
    "comment": _("comment"),
    "company": _("company"),
    "contact": _("contact"),
    "credit": _("credit"),
    "currency": _("currency"),
    "debit": _("debit"),
    "document": _("document"),
    "due_date": _("due"),
    "due_date_before": _("due before"),
    "before": _("before"),
    "duplicates": _("known already"),
    "fields": _("fields"),
    "filename": _("file"),
    "from_date": _("from"),
    "format": _("form"),
    "has_left": _("has left"),
    "kind": _("kind"),
    "level": _("level"),
    "members": _("accounts"),
    "accounts": _("accounts"),
    "name": _("name"),
    "new": _("new"),
    "origin": _("origin"),
    "outcome": _("outcome"),
    "phone": _("telephone"),
    "policy": _("policy"),
    "policy_code": _("policy"),
    "promise_id": _("promise"),
    "promised_date": _("promised for"),
    "proposal_id": _("proposal"),
    "rate": _("rate"),
    "reason": _("reason"),
    "reason_code": _("reason"),
    "rejected": _("rejected"),
    "rule_changed": _("other rule"),
    "segment": _("segment"),
    "size_bytes": _("bytes"),
    "source": _("source"),
    "status": _("state"),
    "strategy": _("way"),
    "text": _("text"),
    "title": _("what"),
    "trial": _("trial"),
    "unchanged": _("unchanged"),
    "until_date": _("until"),
    "version": _("version"),
}
CODES: Mapping[str, Words] = {
    "action": task_words.ACTIONS,
    "kind": {**task_words.KINDS, **dict(item_kind_choices())},
    "outcome": {**dict(outcome_choices()), **task_words.OUTCOMES},
    "reason": {**REASON_WORDS, **dict(reason_choices())},
    "reason_code": REASONS,
    "status": STATUSES,
    "strategy": STRATEGY_WORDS,
}


def name_text(name: str) -> str:
    """Return what a detail is called; one without a word is written readable.

    >>> name_text("sha256_of_file")
    'sha256 of file'
    """
    return str(NAMES.get(name) or name.replace("_", " "))


def value_text(name: str, value: Any) -> str:
    """Return a value for a person: codes by their words, lists with commas, yes and no."""
    if isinstance(value, bool):
        return str(yes_no_text(value))
    if isinstance(value, list):
        return ", ".join(value_text(name, part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{name_text(key)} {value_text(key, part)}" for key, part in value.items())
    return str(CODES.get(name, {}).get(str(value)) or value)
