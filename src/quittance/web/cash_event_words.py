"""The history of a bank line, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from quittance.cash.desk import list_history
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.web.cash_words import DIFFERENCE_WORDS
from quittance.web.formats import money_text
from quittance.web.match_words import STRATEGY_WORDS

TITLES: Mapping[str, tuple[str | Promise, str]] = {
    "transaction.matched": (pgettext_lazy("bank line", "Matched"), "settled"),
    "MATCHED_BY_ITSELF": (lazy("Matched by itself"), "settled"),
    "transaction.posted_on_account": (lazy("Posted on an account"), "soon"),
    "transaction.unmatched": (pgettext_lazy("bank line", "Undone"), "soon"),
    "transaction.set_aside": (lazy("Set aside"), "neutral"),
    "transaction.brought_back": (lazy("Put back on the desk"), "neutral"),
    "transaction.kept_unidentified": (lazy("Kept as unidentified"), "soon"),
    "transaction.split": (lazy("Split in parts"), "neutral"),
    "transaction.split_by_itself": (lazy("Split by itself in what it pays"), "settled"),
    "transaction.made_part": (lazy("Made a part of a receipt"), "neutral"),
    "transaction.merged": (lazy("One receipt again"), "neutral"),
    "transaction.taken_over": (lazy("Taken over"), "neutral"),
    "transaction.asked": (lazy("Asked a colleague"), "promised"),
    "transaction.answered": (pgettext_lazy("bank line", "Answered"), "promised"),
    "difference.requested": (lazy("Difference proposed to a manager"), "soon"),
    "difference.approved": (lazy("Difference approved"), "settled"),
    "difference.refused": (lazy("Difference refused"), "late"),
    "proposal.rejected": (lazy("Explanation called wrong"), "neutral"),
    "payment.returned": (lazy("Sent back by the bank"), "late"),
    "payment.return_undone": (lazy("Not sent back after all"), "neutral"),
}


def history_entries(story: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the events about a bank line as entries of a timeline, in their order; one return is told once."""
    entries, told = [], set()
    for one in story:
        title, tone = TITLES.get(one["kind"], (one["kind"], "neutral"))
        entry = {"title": title, "tone": tone, "who": one["actor_label"], "at": one["occurred_at"], "text": _text(one)}
        key = (one["kind"], one["occurred_at"])
        if one["kind"] != "payment.returned" or key not in told:
            entries.append(entry)
        told.add(key)
    return entries


def last_decision(*, transaction_id: int, scope: Scope = EVERYTHING) -> tuple[str, str]:
    """Return who decided last on a line, and what, in words; blank when nobody has."""
    for one in list_history(transaction_id=transaction_id, scope=scope):
        is_decision = one["kind"].startswith("transaction.") or one["kind"] == "MATCHED_BY_ITSELF"
        if is_decision and one["kind"] not in ("transaction.asked", "transaction.answered"):
            title, _tone = TITLES.get(one["kind"], (one["kind"], ""))
            return one["actor_label"] or "Quittance", str(title)
    return "", ""


def _text(one: Mapping[str, Any]) -> str:
    """Return what an event adds to its title: how, to whom, why."""
    told = one["payload"]
    parts: list[str] = []
    if strategy := told.get("strategy"):
        parts.append(str(STRATEGY_WORDS.get(strategy, strategy)))
    if difference := told.get("difference"):
        parts.append(_difference(difference, told))
    if told.get("to"):
        parts.append(_("To %(name)s:") % {"name": told["to"]})
    if told.get("from"):
        parts.append(_("From %(name)s") % {"name": told["from"]})
    if told.get("parts"):
        amounts = [money_text(Decimal(text), told["currency"]) for text in told["parts"]]
        parts.append(" + ".join(amounts))
    if told.get("collection"):
        parts.append(_("Collection %(name)s") % {"name": told["collection"]})
    if told.get("count"):
        parts.append(ngettext("%(n)s part", "%(n)s parts", told["count"]) % {"n": told["count"]})
    parts += [str(told[name]) for name in ("text", "reason") if told.get(name) and told[name] not in _CODES]
    return " · ".join(parts)


_CODES = frozenset({*DIFFERENCE_WORDS, "NOT_A_CUSTOMER"})


def _difference(difference: str, told: Mapping[str, Any]) -> str:
    """Return the kind of a difference, or its amount with its kind."""
    if difference in DIFFERENCE_WORDS:
        return str(DIFFERENCE_WORDS[difference])
    word = DIFFERENCE_WORDS.get(told.get("reason", ""), "")
    return f"{money_text(Decimal(difference), told['currency'])}, {word}"
