"""What the editors of texts share: which text it is, the account it is shown on, its versions, going back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from quittance.dunning import message_pages
from quittance.dunning.message_pages import MEDIA
from quittance.dunning.messages.texts import LANGUAGES
from quittance.dunning.services import templates
from quittance.parties.finding import find_customers
from quittance.parties.queries import list_accounts
from quittance.web import formats
from quittance.web.access import Desk
from quittance.web.policy_words import MESSAGE_WORDS
from quittance.web.rendering import notify
from quittance.web.text_words import LANGUAGE_WORDS, VARIABLE_WORDS
from quittance.web.views import lookups

FOUND_MAX = 8
SMS = "SMS"
MEDIUM_LABELS: dict[str, Any] = {**MEDIA, SMS: "SMS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextKey:
    """A message in a language by a medium, written `FIRST_REMINDER-fr-EMAIL` in addresses."""

    message_code: str
    language: str
    medium: str

    def __str__(self) -> str:
        return f"{self.message_code}-{self.language}-{self.medium}"

    @property
    def named(self) -> dict[str, str]:
        """Return the parts by name."""
        return {"message_code": self.message_code, "language": self.language, "medium": self.medium}


def desk_context(
    request: HttpRequest, key: TextKey, desk: Desk, *, rows: Sequence[Any], variables: Sequence[str]
) -> dict[str, Any]:
    """Return what the page of an editor shows beside its form; `rows` are the versions, those that begin last first."""
    given = request.POST if request.method == "POST" else request.GET
    account_id = account_of(request, given.get("account", ""), desk)
    now = next((row for row in rows if row.from_date <= desk.today), None)
    query = given.get("find", "").strip()
    return {
        "name": MESSAGE_WORDS[key.message_code],
        "language": LANGUAGE_WORDS[key.language],
        "medium": MEDIUM_LABELS[key.medium],
        "is_letter": key.medium == "LETTER",
        "is_sms": key.medium == SMS,
        "others": other_texts(key),
        "variables": [{"name": name, "text": VARIABLE_WORDS[name]} for name in variables],
        "account": lookups.get_account_or_404(request, account_id) if account_id else None,
        "find": query,
        "found": found_accounts(query, desk) if query else [],
        "versions": [{"row": row, "is_now": row == now, "is_future": row.from_date > desk.today} for row in rows],
    }


def tell_kept(request: HttpRequest, from_date: date) -> None:
    """Say that a text was kept."""
    day = formats.long_date_text(from_date)
    notify(request, _("The text applies from %(day)s on. What was sent stays as it was.") % {"day": day})


def tell_shipped(request: HttpRequest) -> None:
    """Say that the shipped text counts again."""
    notify(request, _("The shipped text counts again from today on."))


def take_back(request: HttpRequest, withdraw: Callable[[int], None]) -> None:
    """Take back a text that has not begun, by its number in the form; say what came of it."""
    number = request.POST.get("text", "")
    try:
        withdraw(int(number) if number.isascii() and number.isdigit() else 0)
    except templates.UnknownText:
        notify(request, _("That text is gone already."), tone="late")
    except templates.TextInForce:
        notify(request, _("That text can't be taken back: it has begun."), tone="late")
    else:
        notify(request, _("The planned text was taken back."))


def other_texts(key: TextKey) -> list[dict[str, Any]]:
    """Return the same message in each language and by each medium, each with its address."""
    return [_other(key, language=language) for language in LANGUAGES] + [
        _other(key, medium=medium) for medium in MEDIUM_LABELS
    ]


def _other(key: TextKey, *, language: str = "", medium: str = "") -> dict[str, Any]:
    other = TextKey(message_code=key.message_code, language=language or key.language, medium=medium or key.medium)
    label = LANGUAGE_WORDS[language] if language else MEDIUM_LABELS[medium]
    return {"url": edit_url(other), "label": label, "is_current": other == key}


def edit_url(key: TextKey) -> str:
    """Return the address of the editor of a text."""
    if key.medium == SMS:
        return reverse("sms_text_edit", args=[f"{key.message_code}-{key.language}"])
    return reverse("text_edit", args=[str(key)])


def account_of(request: HttpRequest, text: str, desk: Desk) -> int | None:
    """Return the account to show a message on: the one asked for, else one that owes something late."""
    if text.isascii() and text.isdigit():
        return lookups.get_account_or_404(request, int(text)).id
    return message_pages.find_example(as_of=desk.today, company_ids=desk.scope.company_ids)


def found_accounts(query: str, desk: Desk) -> list[Any]:
    """Return the accounts that a search finds, the first few."""
    customers = find_customers(text=query, scope=desk.scope, limit=FOUND_MAX)
    accounts = [
        {"account": account, "name": customer["name"]}
        for customer in customers
        for account in list_accounts(customer_id=customer["id"], scope=desk.scope)
    ]
    return accounts[:FOUND_MAX]
