"""Texts of SMS: the editor of one, measured and priced as it is typed, with a preview on a real account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.core.sms import Encoding
from quittance.delivery.services import list_sms_texts
from quittance.delivery.services.contents import SMS_SEGMENTS_MAX
from quittance.dunning import message_pages
from quittance.dunning.messages.own import SMS_SIZE_MAX, SMS_VARIABLES, check_sms
from quittance.dunning.messages.texts import LANGUAGES, LEVELS
from quittance.dunning.messages.writing import TextError
from quittance.dunning.services import sms_texts, templates
from quittance.dunning.sms_pages import SmsPreview, preview_sms, sms_text_now
from quittance.foundation.permissions import Permission
from quittance.web import formats
from quittance.web.access import Desk, actor_of, desk_of, requires
from quittance.web.policy_words import MESSAGE_WORDS
from quittance.web.rendering import notify, render_page
from quittance.web.text_words import FIELD_WORDS, LANGUAGE_WORDS, VARIABLE_WORDS, problem_text
from quittance.web.views import lookups
from quittance.web.views.message_frame import message_response
from quittance.web.views.policies import may_edit_policies
from quittance.web.views.settings_forms import DAY
from quittance.web.views.templates_editor import (
    SMS,
    TextKey,
    account_of,
    found_accounts,
    frame_said,
    other_texts,
)

ENCODING_WORDS = {
    Encoding.GSM_7: lazy("short alphabet (GSM-7)"),
    Encoding.UCS_2: lazy("long alphabet (UCS-2)"),
}


class SmsTextForm(forms.Form):
    """The text as it is written, and from when."""

    text = forms.CharField(
        label=lazy("Text"), max_length=SMS_SIZE_MAX, widget=forms.Textarea(attrs={"rows": 9}), strip=False
    )
    from_date = forms.DateField(label=lazy("Applies from"), widget=DAY)


def _key_or_404(code: str) -> TextKey:
    message_code, _dash, language = code.partition("-")
    if message_code not in LEVELS or language not in LANGUAGES:
        raise Http404
    return TextKey(message_code=message_code, language=language, medium=SMS)


@requires(Permission.SEE_SETTINGS)
def sms_text_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Show a text with its versions and a preview; who may, changes it from a day on."""
    key, desk = _key_or_404(code), desk_of(request)
    may_edit = may_edit_policies(request) and not desk.is_past
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    text, is_own = sms_text_now(message_code=key.message_code, language=key.language, day=desk.today)
    is_save = request.method == "POST" and request.POST.get("do") == "save"
    initial = {"text": text, "from_date": desk.today, **request.POST.dict()}
    form = SmsTextForm(request.POST if is_save else None, initial=initial)
    if is_save and form.is_valid():
        try:
            sms_texts.keep_sms_text(
                message_code=key.message_code, language=key.language, actor=actor_of(request), **form.cleaned_data
            )
        except templates.TextRefused as error:
            for problem in error.problems:
                form.add_error(problem.field, problem_text(problem))
        else:
            day = formats.long_date_text(form.cleaned_data["from_date"])
            notify(request, _("The text applies from %(day)s on. What was sent stays as it was.") % {"day": day})
            return redirect("sms_text_edit", code)
    context = _context(request, key, code, desk) | {"form": form, "is_own": is_own, "may_edit": may_edit}
    return render_page(request, "texts/sms_text_edit.html", context=context, status=422 if is_save else 200)


def _context(request: HttpRequest, key: TextKey, code: str, desk: Desk) -> dict[str, Any]:
    given = request.POST if request.method == "POST" else request.GET
    account_id = account_of(request, given.get("account", ""), desk)
    rows = list_sms_texts(message_code=key.message_code, language=key.language)
    now = next((row for row in rows if row.from_date <= desk.today), None)
    query = given.get("find", "").strip()
    return {
        "code": code,
        "name": MESSAGE_WORDS[key.message_code],
        "language": LANGUAGE_WORDS[key.language],
        "others": other_texts(key),
        "variables": [{"name": name, "text": VARIABLE_WORDS[name]} for name in SMS_VARIABLES],
        "account": lookups.get_account_or_404(request, account_id) if account_id else None,
        "find": query,
        "found": found_accounts(query, desk) if query else [],
        "versions": [{"row": row, "is_now": row == now, "is_future": row.from_date > desk.today} for row in rows],
    }


@requires(Permission.SEE_SETTINGS)
def sms_text_frame(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the frame of the preview: the text as it is typed, or as it counts today, on an account, measured."""
    key, desk = _key_or_404(code), desk_of(request)
    given = request.POST if request.method == "POST" else request.GET
    text = sms_text_now(message_code=key.message_code, language=key.language, day=desk.today)[0]
    if request.method == "POST":
        text = given.get("text", "")
        if problems := check_sms(text=text):
            return frame_said([f"{FIELD_WORDS[one.field]} · {problem_text(one)}" for one in problems])
    account_id = account_of(request, given.get("account", ""), desk)
    if account_id is None:
        return frame_said([_("No account owes anything: there is nothing to show a message on.")])
    try:
        shown = preview_sms(
            account_id=account_id, message_code=key.message_code, language=key.language, text=text, as_of=desk.today
        )
    except message_pages.NothingToShow:
        return frame_said([_("This account owes nothing. Choose another one.")])
    except TextError as error:
        return frame_said([str(error)])
    return message_response(_page_of(shown))


def _page_of(shown: SmsPreview) -> str:
    """Return the page of the frame: the words as a telephone shows them, and what they take. It can load no style."""
    rows = format_html_join(
        "",
        '<p style="margin:4px 0"><span style="color:#6b6862">{}</span><br><span style="color:{}">{}</span></p>',
        ((label, "#a8281c" if is_wrong else "#1d1d1b", said) for label, said, is_wrong in _measures(shown)),
    )
    return format_html(
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<body style="margin:16px;font:15px/1.5 Helvetica,Arial,sans-serif;color:#1d1d1b;background:#ffffff">'
        '<p style="max-width:22rem;margin:0 0 20px;padding:12px 16px;border-radius:16px 16px 16px 4px;'
        'background:#ecebe6;white-space:pre-wrap;overflow-wrap:anywhere">{}</p>{}',
        shown.text,
        rows,
    )


def _measures(shown: SmsPreview) -> Iterator[tuple[str, str, bool]]:
    """Yield what a text takes: what is measured, how much, and whether that is too much."""
    count = shown.count
    room = ngettext(
        "room for %(n)s more sign in the last part", "room for %(n)s more signs in the last part", count.units_left
    ) % {"n": formats.number_text(count.units_left, 0)}
    yield _("Length"), f"{formats.number_text(count.units, 0)} · {room}", False
    encoding = str(ENCODING_WORDS[count.encoding])
    if count.encoding is Encoding.UCS_2:
        because = _("because of")
        encoding = f"{encoding} · {because} {' '.join(shown.odd_signs)}"
    yield _("Encoding"), encoding, False
    parts, is_wrong = formats.number_text(count.segments, 0), count.segments > SMS_SEGMENTS_MAX
    if is_wrong:
        limit = _("at most %(segments_max)s: this would not be sent.") % {"segments_max": SMS_SEGMENTS_MAX}
        parts = f"{parts} · {limit}"
    yield _("Parts"), parts, is_wrong
    cost = shown.cost
    priced = f"{cost.amount.normalize():f} {cost.currency}" if cost.amount is not None else ""
    yield _("Cost"), priced or _("no price is set under Sending"), False


@requires(Permission.EDIT_POLICIES)
@require_POST
def sms_text_shipped(request: HttpRequest, code: str) -> HttpResponse:
    """Go back to the shipped text from today on."""
    key = _key_or_404(code)
    sms_texts.use_shipped_sms(
        message_code=key.message_code, language=key.language, from_date=desk_of(request).today, actor=actor_of(request)
    )
    notify(request, _("The shipped text counts again from today on."))
    return redirect("sms_text_edit", code)


@requires(Permission.EDIT_POLICIES)
@require_POST
def sms_text_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a text that has not begun."""
    _key_or_404(code)
    number = request.POST.get("text", "")
    try:
        sms_texts.withdraw_sms_text(
            text_id=int(number) if number.isascii() and number.isdigit() else 0, actor=actor_of(request)
        )
    except templates.UnknownText:
        notify(request, _("That text is gone already."), tone="late")
    except templates.TextInForce:
        notify(request, _("That text can't be taken back: it has begun."), tone="late")
    else:
        notify(request, _("The planned text was taken back."))
    return redirect("sms_text_edit", code)
