"""The words of remittances: states, where they came from, what is told of them in histories."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Text = str | Promise

STATES: list[tuple[str, Text]] = [
    ("EXPECTED", pgettext_lazy("remittance", "Expected")),
    ("JOINED", pgettext_lazy("remittance", "Joined")),
    ("CLOSED", pgettext_lazy("remittance", "Closed")),
    ("IGNORED", pgettext_lazy("remittance", "Ignored")),
]
STATE_TONES = {"EXPECTED": "promised", "JOINED": "soon", "CLOSED": "settled", "IGNORED": "neutral"}
SOURCES: list[tuple[str, Text]] = [
    ("FILE", _("File")),
    ("MAIL", _("E-mail")),
    ("PORTAL", _("Portal")),
    ("API", _("API")),
]
EVENT_SENTENCES: dict[str, tuple[Text, str]] = {
    "remittance.joined": (_("Announced payment of %(amount)s found at the bank"), "settled"),
    "remittance.unjoined": (_("Announced payment of %(amount)s expected again"), "soon"),
    "remittance.closed": (_("Announced payment of %(amount)s posted"), "settled"),
    "remittance.ignored": (_("Announced payment of %(amount)s ignored"), ""),
    "remittance.expected_again": (_("Announced payment of %(amount)s expected after all"), "promised"),
}
EVENT_TITLES: dict[str, Text] = {
    "remittance.imported": _("Remittance advice imported"),
    "remittance.refused": _("Remittance advice refused"),
}
