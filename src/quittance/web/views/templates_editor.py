"""Texts of messages: the list, and the editor of one with a preview on a real account."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from quittance.delivery.queries import inline_images
from quittance.delivery.services import list_sms_texts
from quittance.dunning import message_pages
from quittance.dunning.message_pages import MEDIA
from quittance.dunning.messages.own import VARIABLES, check_text, texts_of_row
from quittance.dunning.messages.texts import LANGUAGES, LEVELS, LevelTexts
from quittance.dunning.messages.writing import TextError
from quittance.dunning.services import templates
from quittance.foundation.permissions import Permission
from quittance.letters.typesetting import LetterNotWritten
from quittance.parties.finding import find_customers
from quittance.parties.queries import list_accounts
from quittance.web import formats
from quittance.web.access import Desk, actor_of, desk_of, requires
from quittance.web.policy_words import MESSAGE_WORDS
from quittance.web.rendering import notify, render_page
from quittance.web.text_words import FIELD_WORDS, LANGUAGE_WORDS, VARIABLE_WORDS, problem_text
from quittance.web.views import lookups
from quittance.web.views.message_frame import message_response
from quittance.web.views.policies import may_edit_policies
from quittance.web.views.settings_forms import DAY

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


def key_or_404(text: str) -> TextKey:
    """Return the key of an address, or 404."""
    code, _dash, rest = text.partition("-")
    language, _dash, medium = rest.partition("-")
    if code not in LEVELS or language not in LANGUAGES or medium not in MEDIA:
        raise Http404
    return TextKey(message_code=code, language=language, medium=medium)


class TextForm(forms.Form):
    """The text as it is written, and from when."""

    subject = forms.CharField(label=lazy("Subject"), max_length=250)
    before = forms.CharField(label=lazy("Before the list"), widget=forms.Textarea(attrs={"rows": 7}), strip=False)
    after = forms.CharField(
        label=lazy("After the list"), widget=forms.Textarea(attrs={"rows": 9}), required=False, strip=False
    )
    from_date = forms.DateField(label=lazy("Applies from"), widget=DAY)

    def mark(self, problems: Any) -> None:
        """Show what is wrong where it is."""
        for problem in problems:
            self.add_error(problem.field, problem_text(problem))


@requires(Permission.SEE_SETTINGS)
@require_safe
def text_list(request: HttpRequest) -> HttpResponse:
    """Show which message has a text of its own in which language."""
    today = desk_of(request).today
    rows, sms_rows = message_pages.list_texts(), list_sms_texts()
    texts = []
    for code in LEVELS:
        cells = []
        for medium in MEDIUM_LABELS:
            for language in LANGUAGES:
                key = TextKey(message_code=code, language=language, medium=medium)
                own: list[Any] = (
                    [row for row in sms_rows if (row.message_code, row.language) == (code, language)]
                    if medium == SMS
                    else [row for row in rows if (row.message_code, row.language, row.medium) == astuple(key)]
                )
                cells.append(_cell(key, own, today))
        texts.append({"code": code, "name": MESSAGE_WORDS[code], "cells": cells})
    context = {"texts": texts, "may_edit": may_edit_policies(request)}
    return render_page(request, "texts/text_list.html", context=context)


def _cell(key: TextKey, own: list[Any], today: date) -> dict[str, Any]:
    """Return a text of the list: whose it is today, and which one is to come."""
    now = next((row for row in own if row.from_date <= today), None)
    is_own = now is not None and not now.is_shipped
    return {
        "url": edit_url(key),
        "language": LANGUAGE_WORDS[key.language],
        "medium": MEDIUM_LABELS[key.medium],
        "is_own": is_own,
        "from_date": now.from_date if now and is_own else None,
        "planned": next((row for row in reversed(own) if row.from_date > today), None),
    }


@requires(Permission.SEE_SETTINGS)
def text_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Show a text with its versions and a preview; who may, changes it from a day on."""
    key, desk = key_or_404(code), desk_of(request)
    may_edit = may_edit_policies(request) and not desk.is_past
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    level, is_own = message_pages.text_now(**key.named, day=desk.today)
    initial = {
        "subject": level.subject,
        "before": message_pages.joined(level.before),
        "after": message_pages.joined(level.after),
        "from_date": desk.today,
    }
    is_save = request.method == "POST" and request.POST.get("do") == "save"
    form = TextForm(request.POST if is_save else None, initial={**initial, **request.POST.dict()})
    if is_save and form.is_valid():
        try:
            values = form.cleaned_data
            templates.keep_text(
                message_code=key.message_code, language=key.language, medium=key.medium,
                subject=values["subject"], before=values["before"], after=values["after"],
                from_date=values["from_date"], actor=actor_of(request),
            )  # fmt: skip
        except templates.TextRefused as error:
            form.mark(error.problems)
        else:
            day = formats.long_date_text(form.cleaned_data["from_date"])
            notify(request, _("The text applies from %(day)s on. What was sent stays as it was.") % {"day": day})
            return redirect("text_edit", code)
    context = _context(request, key, desk) | {"form": form, "is_own": is_own, "may_edit": may_edit}
    return render_page(request, "texts/text_edit.html", context=context, status=422 if is_save else 200)


@requires(Permission.SEE_SETTINGS)
def text_frame(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the frame of the preview: the text as it is typed, or as it counts today, on an account."""
    key, desk = key_or_404(code), desk_of(request)
    given = request.POST if request.method == "POST" else request.GET
    level = message_pages.text_now(**key.named, day=desk.today)[0]
    if request.method == "POST":
        typed = {name: given.get(name, "") for name in ("subject", "before", "after")}
        if problems := check_text(**typed):
            return frame_said([f"{FIELD_WORDS[one.field]} · {problem_text(one)}" for one in problems])
        level = texts_of_row(**typed)
    account_id = account_of(request, given.get("account", ""), desk)
    if account_id is None:
        return frame_said([_("No account owes anything: there is nothing to show a message on.")])
    try:
        return _shown(key, account_id, level, desk, given.get("as", "html"))
    except message_pages.NothingToShow:
        return frame_said([_("This account owes nothing. Choose another one.")])
    except (TextError, LetterNotWritten) as error:
        return frame_said([str(error)])


def _shown(key: TextKey, account_id: int, level: LevelTexts, desk: Desk, look: str) -> HttpResponse:
    wanted: dict[str, Any] = {
        "account_id": account_id, "message_code": key.message_code, "language": key.language, "level": level,
        "as_of": desk.today,
    }  # fmt: skip
    if look == "pdf":
        answer = HttpResponse(message_pages.preview_letter(**wanted), content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{key}.pdf"'
        return answer
    content = message_pages.preview_email(**wanted)
    if look == "text":
        style = "font:14px/1.5 monospace;white-space:pre-wrap;margin:16px;overflow-wrap:anywhere"
        text = f"{content.subject}\n\n{content.body_text}"
        return message_response(f'<!doctype html><pre style="{style}">{conditional_escape(text)}</pre>')
    style = "margin:0;padding:12px 16px;border-bottom:1px solid #c9c6bf;font:600 14px/1.5 Helvetica,Arial,sans-serif"
    subject = format_html('<p style="{}">{}</p>', style, content.subject)
    html = re.sub(r"(<body[^>]*>)", lambda found: found[1] + subject, content.body_html, count=1)
    return message_response(inline_images(html, content.inline_images))


def frame_said(lines: list[str]) -> HttpResponse:
    """Answer the frame with what is wrong."""
    style = "font:14px/1.5 Helvetica,Arial,sans-serif;margin:16px;color:#a8281c"
    rows = "".join(format_html("<li>{}</li>", line) for line in lines)
    return message_response(f'<!doctype html><ul style="{style}">{rows}</ul>')


@requires(Permission.EDIT_POLICIES)
@require_POST
def text_shipped(request: HttpRequest, code: str) -> HttpResponse:
    """Go back to the shipped text from today on."""
    key = key_or_404(code)
    templates.use_shipped(**key.named, from_date=desk_of(request).today, actor=actor_of(request))
    notify(request, _("The shipped text counts again from today on."))
    return redirect("text_edit", code)


@requires(Permission.EDIT_POLICIES)
@require_POST
def text_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a text that has not begun."""
    key_or_404(code)
    number = request.POST.get("text", "")
    try:
        templates.withdraw_text(
            text_id=int(number) if number.isascii() and number.isdigit() else 0, actor=actor_of(request)
        )
    except templates.UnknownText:
        notify(request, _("That text is gone already."), tone="late")
    except templates.TextInForce:
        notify(request, _("That text can't be taken back: it has begun."), tone="late")
    else:
        notify(request, _("The planned text was taken back."))
    return redirect("text_edit", code)


def _context(request: HttpRequest, key: TextKey, desk: Desk) -> dict[str, Any]:
    given = request.POST if request.method == "POST" else request.GET
    account_id = account_of(request, given.get("account", ""), desk)
    rows = message_pages.list_texts(**key.named)
    now = next((row for row in rows if row.from_date <= desk.today), None)
    query = given.get("find", "").strip()
    return {
        "key": str(key),
        "name": MESSAGE_WORDS[key.message_code],
        "language": LANGUAGE_WORDS[key.language],
        "medium": MEDIA[key.medium],
        "is_letter": key.medium == "LETTER",
        "others": other_texts(key),
        "variables": [{"name": name, "text": VARIABLE_WORDS[name]} for name in VARIABLES],
        "account": lookups.get_account_or_404(request, account_id) if account_id else None,
        "find": query,
        "found": found_accounts(query, desk) if query else [],
        "versions": [{"row": row, "is_now": row == now, "is_future": row.from_date > desk.today} for row in rows],
    }


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
