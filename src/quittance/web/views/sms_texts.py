"""Texts of SMS: the editor of one, measured and priced as it is typed, with a preview on a real account."""

from __future__ import annotations

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.delivery.services import list_sms_texts
from quittance.dunning import message_pages
from quittance.dunning.messages.own import SMS_SIZE_MAX, SMS_VARIABLES, check_sms
from quittance.dunning.messages.texts import LANGUAGES, LEVELS
from quittance.dunning.messages.writing import TextError
from quittance.dunning.services import sms_texts, templates
from quittance.dunning.sms_pages import preview_sms, sms_text_now
from quittance.foundation.permissions import Permission
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import render_page
from quittance.web.text_words import FIELD_WORDS, problem_text
from quittance.web.views.message_frame import framed_sms, framed_wrong
from quittance.web.views.policies import may_edit_policies
from quittance.web.views.settings_forms import DAY
from quittance.web.views.text_desk import SMS, TextKey, account_of, desk_context, take_back, tell_kept, tell_shipped


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
            tell_kept(request, form.cleaned_data["from_date"])
            return redirect("sms_text_edit", code)
    rows = list_sms_texts(message_code=key.message_code, language=key.language)
    context = desk_context(request, key, desk, rows=rows, variables=SMS_VARIABLES)
    context |= {"form": form, "is_own": is_own, "may_edit": may_edit, **_addresses(code)}
    return render_page(request, "texts/text_edit.html", context=context, status=422 if is_save else 200)


def _addresses(code: str) -> dict[str, str]:
    return {f"{name}_url": reverse(f"sms_text_{name}", args=[code]) for name in ("frame", "shipped", "withdraw")}


@requires(Permission.SEE_SETTINGS)
def sms_text_frame(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the frame of the preview: the text as it is typed, or as it counts today, on an account, measured."""
    key, desk = _key_or_404(code), desk_of(request)
    given = request.POST if request.method == "POST" else request.GET
    text = sms_text_now(message_code=key.message_code, language=key.language, day=desk.today)[0]
    if request.method == "POST":
        text = given.get("text", "")
        if problems := check_sms(text=text):
            return framed_wrong([f"{FIELD_WORDS[one.field]} · {problem_text(one)}" for one in problems])
    account_id = account_of(request, given.get("account", ""), desk)
    if account_id is None:
        return framed_wrong([_("No account owes anything: there is nothing to show a message on.")])
    try:
        shown = preview_sms(
            account_id=account_id, message_code=key.message_code, language=key.language, text=text, as_of=desk.today
        )
    except message_pages.NothingToShow:
        return framed_wrong([_("This account owes nothing. Choose another one.")])
    except TextError as error:
        return framed_wrong([str(error)])
    return framed_sms(shown)


@requires(Permission.EDIT_POLICIES)
@require_POST
def sms_text_shipped(request: HttpRequest, code: str) -> HttpResponse:
    """Go back to the shipped text from today on."""
    key = _key_or_404(code)
    sms_texts.use_shipped_sms(
        message_code=key.message_code, language=key.language, from_date=desk_of(request).today, actor=actor_of(request)
    )
    tell_shipped(request)
    return redirect("sms_text_edit", code)


@requires(Permission.EDIT_POLICIES)
@require_POST
def sms_text_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a text that has not begun."""
    _key_or_404(code)
    take_back(request, lambda text_id: sms_texts.withdraw_sms_text(text_id=text_id, actor=actor_of(request)))
    return redirect("sms_text_edit", code)
