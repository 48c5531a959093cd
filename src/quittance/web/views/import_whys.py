"""The reasons of a proposed column mapping in the reader's language: the core gives them as plain sentences."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_PATTERNS = (
    (re.compile(r'"(?P<heading>[^"]*)" is a known heading\.'), gettext_noop("“%(heading)s” is a known heading.")),
    (
        re.compile(r'Contains the known heading "(?P<heading>[^"]*)"\.'),
        gettext_noop("Contains the known heading “%(heading)s”."),
    ),
    (re.compile(r'Reads almost like "(?P<heading>[^"]*)"\.'), gettext_noop("Reads almost like “%(heading)s”.")),
    (re.compile(r"(?P<share>\d+) % of its values fit\."), gettext_noop("%(share)s %% of its values fit.")),
)
# The sentences without a figure or a heading; translated as they stand.
_SENTENCES = (
    gettext_noop("Its sample is blank."),
    gettext_noop("It is the only amount."),
    gettext_noop("No column holds a customer number: the name stands for it."),
)
WARNINGS = (
    gettext_noop("No column holds the currency: EUR is assumed."),
    gettext_noop("The sample does not tell whether the day or the month comes first: choose it."),
    gettext_noop("The sample does not tell whether the day or the month comes first: day first is assumed."),
    gettext_noop("The file holds other accounts too: only lines of accounts 411... are taken."),
)


def why_text(why: str) -> str:
    """Return the reason of a choice in the present language; what is not known stays as it is.

    >>> why_text('"kunde" is a known heading. 50 % of its values fit.')
    '“kunde” is a known heading. 50 % of its values fit.'
    """
    for pattern, sentence in _PATTERNS:
        if found := pattern.search(why):
            why = why[: found.start()] + _(sentence) % found.groupdict() + why[found.end() :]
    for sentence in _SENTENCES:
        why = why.replace(sentence, _(sentence))
    return why
