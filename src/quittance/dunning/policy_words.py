"""The words for policies and their steps: those that come with the program are said in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from quittance.dunning.models import Medium

LEVEL_WORDS: dict[str, str | Promise] = {
    "COURTESY": _("Courtesy before the due date"),
    "FIRST_REMINDER": _("First reminder"),
    "SECOND_REMINDER": _("Second reminder"),
    "LAST_REMINDER": _("Last reminder"),
    "FORMAL_NOTICE": _("Formal notice"),
    "STATEMENT": _("Statement of account"),
    "SECOND_STATEMENT": _("Second statement of account"),
    "CALL": pgettext_lazy("step", "Call"),
    "SECOND_CALL": _("Second call"),
    "MANAGER_DECISION": _("Decision of the credit manager"),
    "PUBLIC_REMINDER": _("Reminder to a public body"),
    "PUBLIC_CALL": _("Call to the public body"),
    "PUBLIC_SECOND_REMINDER": _("Second reminder to a public body"),
    "PUBLIC_FORMAL_NOTICE": _("Formal notice to a public body"),
    "REGISTERED_NOTICE": _("Formal notice by registered letter"),
    "HAND_OVER": _("Hand over to litigation"),
    "FREE_TEXT": _("Message in your own words"),
}
MEDIUM_WORDS: dict[str, str | Promise] = dict(Medium.choices)
# Here so that they are translated; they are stored in English and looked up when they are shown.
SHIPPED_NAMES = (
    pgettext_lazy("policy", "Standard"),
    pgettext_lazy("policy", "Strategic"),
    pgettext_lazy("policy", "Small amounts"),
    pgettext_lazy("policy", "Public sector"),
    pgettext_lazy("policy", "Litigation-bound"),
)
SHIPPED_DESCRIPTIONS = (
    _("Courtesy 5 days before the due date, reminders at 7 and 21 days, formal notice at 35."),
    _("Customers that matter most: a statement of account and a call instead of reminders, nothing formal without the credit manager."),  # noqa: E501
    _("Many small debts at little cost: three e-mails that leave by themselves, nothing below 15, never a call."),
    _("Public bodies, which pay within 30 days through Chorus Pro: first where the invoice stands there, interest and indemnity last."),  # noqa: E501
    _("Debts on their way to court: short delays, a call, a formal notice by registered letter, then a person takes over."),  # noqa: E501
)  # fmt: skip


def policy_name(name: str) -> str:
    """Return the name of a policy: a shipped one in the reader's language, one that a person gave as it is."""
    return pgettext("policy", name)


def policy_description(description: str) -> str:
    """Return the one sentence that explains a policy, as `policy_name` does."""
    return gettext(description) if description else ""


def step_name(*, code: str, name: str) -> str:
    """Return the name of a step: of a known code in the reader's language, else as it was given."""
    return str(LEVEL_WORDS.get(code, name or code))
