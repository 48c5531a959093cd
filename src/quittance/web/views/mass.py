"""Many accounts at once: send them one message, or let them follow one policy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.dunning import services
from quittance.dunning.chosen import FREE_TEXT
from quittance.dunning.mass_pages import MassPreview, preview_mass
from quittance.dunning.message_pages import NothingToShow
from quittance.dunning.messages.free import NoWords, check_free_texts, written_in
from quittance.dunning.messages.own import FREE_VARIABLES
from quittance.dunning.messages.texts import LANGUAGES, LEVELS
from quittance.dunning.messages.writing import TextError
from quittance.dunning.policy_pages import list_policies
from quittance.dunning.policy_words import LEVEL_WORDS, policy_name
from quittance.dunning.services import FrozenSelection
from quittance.foundation.permissions import Permission
from quittance.letters.typesetting import LetterNotWritten
from quittance.parties.queries import find_account, get_accounts
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.formats import number_text
from quittance.web.policy_words import MEDIUM_WORDS, MESSAGE_WORDS
from quittance.web.rendering import notify, render_page
from quittance.web.text_words import FIELD_WORDS, LANGUAGE_WORDS, VARIABLE_WORDS, problem_text
from quittance.web.views.mass_selection import back_of, freeze, get_selection
from quittance.web.views.message_frame import framed_email, framed_picture, framed_sms, framed_wrong
from quittance.web.views.policies_edit import tell_assigned
from quittance.web.views.runs import allowed_scope
from quittance.web.views.text_desk import found_accounts

FIRST_CHOICE = "STATEMENT"
SHOWN_MAX = 12
_CHOICES = [
    *((code, MESSAGE_WORDS[code]) for code in LEVELS), (FREE_TEXT, LEVEL_WORDS[FREE_TEXT]),
]  # fmt: skip


class MassForm(forms.Form):
    """Which text, and by what; own words in one language at least."""

    medium = forms.ChoiceField(label=lazy("By"), widget=forms.RadioSelect)
    message = forms.ChoiceField(
        label=lazy("Message"), choices=_CHOICES, initial=FIRST_CHOICE,
        help_text=lazy("Each reads it in the language of the contact."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        media = services.list_mass_media()
        choices = [(medium.value, MEDIUM_WORDS[medium.value]) for medium in media]
        self.fields["medium"].choices = choices  # type: ignore[attr-defined]
        self.fields["medium"].initial = choices[0][0]
        for language in LANGUAGES:
            self.fields[f"subject_{language}"] = forms.CharField(label=lazy("Subject"), required=False, max_length=250)
            self.fields[f"body_{language}"] = forms.CharField(
                label=lazy("Message"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6})
            )

    @property
    def words(self) -> list[dict[str, Any]]:
        """Return the fields of own words by language, the reader's first."""
        mine = get_language() or ""
        ordered = sorted(LANGUAGES, key=lambda code: (code != mine, code))
        return [
            {
                "language": LANGUAGE_WORDS[code],
                "subject": self[f"subject_{code}"],
                "body": self[f"body_{code}"],
                "is_open": place == 0 or bool(self[f"body_{code}"].value()),
            }
            for place, code in enumerate(ordered)
        ]

    def mark(self, problems: dict[str, Any]) -> None:
        """Show what is wrong where it is."""
        for language, found in problems.items():
            for problem in found:
                self.add_error(f"{problem.field}_{language}", problem_text(problem))


def texts_given(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Return the own words of a form as they are typed, by language."""
    return {
        language: {name: request.POST.get(f"{name}_{language}", "") for name in ("subject", "body")}
        for language in LANGUAGES
    }


@requires(Permission.PREPARE_RUNS)
@require_POST
def mass_message(request: HttpRequest) -> HttpResponse:
    """Keep the accounts that were selected and go on to what they are told."""
    return _go_on(request, "mass_message_write")


@requires(Permission.EDIT_POLICIES)
@require_POST
def mass_policy(request: HttpRequest) -> HttpResponse:
    """Keep the accounts that were selected and go on to the policy they follow."""
    return _go_on(request, "mass_policy_choose")


def _go_on(request: HttpRequest, name: str) -> HttpResponse:
    selection_id = freeze(request)
    if selection_id is None:
        notify(request, _("Select one line at least."), tone="soon")
        return redirect(back_of(request))
    return redirect(name, selection_id)


@requires(Permission.PREPARE_RUNS)
def mass_message_write(request: HttpRequest, selection_id: int) -> HttpResponse:
    """Ask which text the chosen accounts get; then prepare a run of them, which waits for review."""
    selection = get_selection(request, selection_id)
    is_sent = request.method == "POST" and request.POST.get("step") == "save"
    is_reviewed = _is_reviewed(request, selection) if is_sent else False
    form = MassForm(request.POST if is_sent else None, initial=request.POST.dict())
    if is_sent and is_reviewed and form.is_valid():
        run_id = _prepared(request, selection, form)
        if run_id is not None:
            return redirect("run_detail", run_id)
    context = {"form": form, "selection": selection, **_preview_context(request, selection)}
    return render_page(request, "runs/mass_message.html", context=context, status=422 if is_sent else 200)


def _is_reviewed(request: HttpRequest, selection: FrozenSelection) -> bool:
    """Say whether as many accounts are left as the page told; else tell that they are fewer now."""
    if request.POST.get("count") == str(selection.count):
        return True
    text = ngettext(
        "Nothing was done: %(count)s account is left of those you selected. Look once more.",
        "Nothing was done: %(count)s accounts are left of those you selected. Look once more.",
        selection.count,
    )
    notify(request, text % {"count": number_text(selection.count) if selection.count else "0"}, tone="soon")
    return False


def _prepared(request: HttpRequest, selection: FrozenSelection, form: MassForm) -> int | None:
    """Prepare the run; None when the words are wrong, which the form then says."""
    try:
        return services.start_mass_run(
            account_ids=selection.account_ids,
            message_code=form.cleaned_data["message"],
            medium=form.cleaned_data["medium"],
            free_texts=texts_given(request),
            actor=actor_of(request),
        )
    except services.OwnWordsRefused as refused:
        form.mark(refused.problems)
    except NoWords:
        form.add_error(form.words[0]["body"].name, _("Write the message in one language at least."))
    except services.NobodyChosen:
        form.add_error(None, _("None of the accounts you selected is left."))
    return None


def _preview_context(request: HttpRequest, selection: FrozenSelection) -> dict[str, Any]:
    query = request.POST.get("find", "").strip()
    shown = found_accounts(query, desk_of(request)) if query else []
    if not shown:
        rows = get_accounts(account_ids=selection.account_ids[:SHOWN_MAX]).values()
        shown = [{"account": row, "name": row.customer_name} for row in rows]
    return {
        "find": query,
        "shown": shown,
        "languages": [{"code": code, "name": LANGUAGE_WORDS[code]} for code in LANGUAGES],
        "variables": [{"name": name, "text": VARIABLE_WORDS[name]} for name in FREE_VARIABLES],
        "chosen_account": request.POST.get("account", "") if not query else "",
        "chosen_language": request.POST.get("language", get_language() or ""),
    }


@requires(Permission.PREPARE_RUNS)
def mass_message_frame(request: HttpRequest, selection_id: int) -> HttpResponse:
    """Answer the frame of the preview: the message as it is chosen or typed, on an account, in a language."""
    selection = get_selection(request, selection_id)
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("account", "")
    account_id = int(text) if text.isascii() and text.isdigit() else selection.account_ids[0] if selection.count else 0
    if find_account(account_id=account_id, scope=allowed_scope(request)) is None:
        raise Http404
    message = given.get("message", FIRST_CHOICE)
    medium = given.get("medium", "EMAIL")
    language = given.get("language", get_language() or "")
    if message not in dict(_CHOICES) or medium not in services.list_mass_media() or language not in LANGUAGES:
        return framed_wrong([_("Choose a text, a medium and a language.")])
    texts = written_in(texts_given(request))
    if message == FREE_TEXT:
        try:
            problems = check_free_texts(texts, medium=medium)
        except NoWords:
            return framed_wrong([_("Write the message in one language at least.")])
        if problems:
            return framed_wrong(_said(problems))
    try:
        shown = preview_mass(
            account_id=account_id, message_code=message, medium=medium, language=language, free_texts=texts,
            as_of=desk_of(request).today,
        )  # fmt: skip
        return _framed(shown, given.get("as", ""))
    except NothingToShow:
        return framed_wrong([_("This account owes nothing. Choose another one.")])
    except (TextError, LetterNotWritten) as error:
        return framed_wrong([str(error)])


def _said(problems: dict[str, Any]) -> list[str]:
    return [
        f"{LANGUAGE_WORDS[language]} · {FIELD_WORDS[one.field]} · {problem_text(one)}"
        for language, found in problems.items()
        for one in found
    ]


def _framed(shown: MassPreview, look: str) -> HttpResponse:
    if shown.sms is not None:
        return framed_sms(shown.sms)
    if shown.email is not None:
        return framed_email(shown.email)
    if look == "pdf":
        answer = HttpResponse(shown.letter_pdf(), content_type="application/pdf")
        answer["Content-Disposition"] = 'inline; filename="letter.pdf"'
        return answer
    return framed_picture(shown.letter_picture())


@requires(Permission.EDIT_POLICIES)
def mass_policy_choose(request: HttpRequest, selection_id: int) -> HttpResponse:
    """Ask which policy the chosen accounts follow; then write it, with a way back."""
    selection = get_selection(request, selection_id)
    if request.method == "POST" and _is_reviewed(request, selection):
        try:
            done = services.assign_policies(
                account_ids=selection.account_ids,
                policy_code=request.POST.get("policy", ""),
                actor=actor_of(request),
            )
        except services.UnknownPolicy:
            notify(request, _("There is no such policy."), tone="late")
        else:
            tell_assigned(request, done)
        return redirect(selection.back)
    rows = list_policies(as_of=desk_of(request).today)
    context = {
        "selection": selection,
        "policies": [{"code": row.code, "name": policy_name(row.name)} for row in rows],
    }
    return render_page(request, "policies/mass_policy.html", context=context)
