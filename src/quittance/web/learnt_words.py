"""What was learnt of payers, as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from quittance.web.formats import iban_text, short_date_text

KINDS: Mapping[str, str | Promise] = {
    "IBAN": lazy("Bank account"),
    "NAME": lazy("Name of the payer"),
    "HABIT": lazy("Way to pay"),
}
HABITS: Mapping[str, str | Promise] = {
    "REMITTANCE": lazy("Sends remittance advices"),
    "EXACT_REFERENCE": lazy("Names what it pays"),
    "REFERENCE_WITH_CREDIT_NOTES": lazy("Deducts credit notes without naming them"),
    "REFERENCE_WITH_DISCOUNT": lazy("Names what it pays and takes the discount"),
    "REFERENCE_WITH_SMALL_DIFFERENCE": lazy("Names what it pays, with small differences"),
    "REFERENCE_WITH_BANK_FEE": lazy("Names what it pays, less a bank fee"),
    "REFERENCE_WITH_EXCHANGE": lazy("Names what it pays, with an exchange difference"),
    "REFERENCE_WITH_OTHERS": lazy("Names only some of what it pays"),
    "REFERENCE_WITH_DIFFERENCE": lazy("Pays other amounts than those it names"),
    "AMOUNT_WITH_PAYER": lazy("Pays one item at a time, without naming it"),
    "AMOUNT_WITH_DISCOUNT": lazy("Pays one item at a time, less the discount"),
    "AMOUNT_WITH_SMALL_DIFFERENCE": lazy("Pays one item at a time, with small differences"),
    "AMOUNT_WITH_BANK_FEE": lazy("Pays one item at a time, less a bank fee"),
    "AMOUNT_WITH_EXCHANGE": lazy("Pays one item at a time, with an exchange difference"),
    "WHOLE_BALANCE": lazy("Pays all that it owes"),
    "WHOLE_MONTH": lazy("Pays whole months"),
    "DUE_UNTIL": lazy("Pays all that is due until a day"),
    "CONSECUTIVE_ITEMS": lazy("Pays items one after the other"),
    "SUM_OF_ITEMS": lazy("Pays some items together, without naming them"),
    "OLDEST_FIRST": lazy("Pays the oldest first"),
    "ANNOUNCED_ITEMS": lazy("Pays what it announced"),
    "DIRECT_DEBIT": lazy("Is debited directly"),
    "REFERENCE_PART": lazy("Writes only a part of our references"),
    "REFERENCE_RANGE": lazy("Writes the first and the last reference of several"),
    "REFERENCE_CUT": lazy("Writes more references than its bank passes on"),
    "REFERENCE_MISTYPED": lazy("Mistypes references"),
    "REFERENCE_OWN_NUMBER": lazy("Names its own numbers instead of ours"),
    "AMOUNT_ALONE": lazy("Pays under names that nobody knows"),
}


def learnt_sentence(thing: Mapping[str, Any]) -> str:
    """Return one thing that was learnt as a sentence, with how often and when."""
    if thing["kind"] == "HABIT":
        return _("%(habit)s: %(count)s of %(all)s confirmed payments") % {
            "habit": HABITS.get(thing["value"], thing["value"]),
            "count": thing["seen_count"],
            "all": thing["confirmed_count"],
        }
    return _("%(how)s: %(seen)s") % {"how": learnt_words(thing), "seen": _seen(thing)}


def learnt_words(thing: Mapping[str, Any]) -> str:
    """Return what was learnt, for a list that has how often and when in columns of their own."""
    if thing["kind"] == "HABIT":
        return learnt_sentence(thing)
    how = _("Pays from %(what)s") if thing["kind"] == "IBAN" else _("Pays under the name %(what)s")
    return how % {"what": iban_text(thing["value"]) if thing["kind"] == "IBAN" else thing["value"]}


def _seen(thing: Mapping[str, Any]) -> str:
    count, last = thing["seen_count"], thing["last_seen_date"]
    if not count or last is None:
        return _("added by hand, not seen yet") if thing["is_given"] else _("not seen any more")
    words = ngettext("seen once, on %(day)s", "seen %(count)s times, last on %(day)s", count) % {
        "count": count,
        "day": short_date_text(last),
    }
    return _("added by hand, %(seen)s") % {"seen": words} if thing["is_given"] else words
