"""Texts of messages: the list, and the editor of one with a preview on a real account."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from quittance.delivery.services import list_sms_texts
from quittance.dunning import message_pages
from quittance.dunning.message_pages import MEDIA
from quittance.dunning.messages.own import VARIABLES, check_text, texts_of_row
from quittance.dunning.messages.texts import LANGUAGES, LEVELS, LevelTexts
from quittance.dunning.messages.writing import TextError
from quittance.dunning.services import templates
from quittance.foundation.permissions import Permission
from quittance.letters.typesetting import LetterNotWritten
from quittance.web.access import Desk, actor_of, desk_of, requires
from quittance.web.policy_words import MESSAGE_WORDS
from quittance.web.rendering import render_page
from quittance.web.text_words import FIELD_WORDS, LANGUAGE_WORDS, problem_text
from quittance.web.views.message_frame import framed_email, framed_wrong
from quittance.web.views.policies import may_edit_policies
from quittance.web.views.settings_forms import DAY
from quittance.web.views.text_desk import (
    MEDIUM_LABELS,
    SMS,
    TextKey,
    account_of,
    desk_context,
    edit_url,
    take_back,
    tell_kept,
    tell_shipped,
)


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
            tell_kept(request, form.cleaned_data["from_date"])
            return redirect("text_edit", code)
    rows = message_pages.list_texts(**key.named)
    context = desk_context(request, key, desk, rows=rows, variables=VARIABLES)
    context |= {"form": form, "is_own": is_own, "may_edit": may_edit, **_addresses(code)}
    return render_page(request, "texts/text_edit.html", context=context, status=422 if is_save else 200)


def _addresses(code: str) -> dict[str, str]:
    return {f"{name}_url": reverse(f"text_{name}", args=[code]) for name in ("frame", "shipped", "withdraw")}


@requires(Permission.SEE_SETTINGS)
def text_frame(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the frame of the preview: the text as it is typed, or as it counts today, on an account."""
    key, desk = key_or_404(code), desk_of(request)
    given = request.POST if request.method == "POST" else request.GET
    level = message_pages.text_now(**key.named, day=desk.today)[0]
    if request.method == "POST":
        typed = {name: given.get(name, "") for name in ("subject", "before", "after")}
        if problems := check_text(**typed):
            return framed_wrong([f"{FIELD_WORDS[one.field]} · {problem_text(one)}" for one in problems])
        level = texts_of_row(**typed)
    account_id = account_of(request, given.get("account", ""), desk)
    if account_id is None:
        return framed_wrong([_("No account owes anything: there is nothing to show a message on.")])
    try:
        return _shown(key, account_id, level, desk, given.get("as", "html"))
    except message_pages.NothingToShow:
        return framed_wrong([_("This account owes nothing. Choose another one.")])
    except (TextError, LetterNotWritten) as error:
        return framed_wrong([str(error)])


def _shown(key: TextKey, account_id: int, level: LevelTexts, desk: Desk, look: str) -> HttpResponse:
    wanted: dict[str, Any] = {
        "account_id": account_id, "message_code": key.message_code, "language": key.language, "level": level,
        "as_of": desk.today,
    }  # fmt: skip
    if look == "pdf":
        answer = HttpResponse(message_pages.preview_letter(**wanted), content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{key}.pdf"'
        return answer
    return framed_email(message_pages.preview_email(**wanted), is_plain=look == "text")


@requires(Permission.EDIT_POLICIES)
@require_POST
def text_shipped(request: HttpRequest, code: str) -> HttpResponse:
    """Go back to the shipped text from today on."""
    key = key_or_404(code)
    templates.use_shipped(**key.named, from_date=desk_of(request).today, actor=actor_of(request))
    tell_shipped(request)
    return redirect("text_edit", code)


@requires(Permission.EDIT_POLICIES)
@require_POST
def text_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a text that has not begun."""
    key_or_404(code)
    take_back(request, lambda text_id: templates.withdraw_text(text_id=text_id, actor=actor_of(request)))
    return redirect("text_edit", code)
