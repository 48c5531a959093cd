"""Change a policy of reminders from a day on, copy one, make one the default, let accounts follow one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.dunning import effects, services
from quittance.dunning.messages.texts import LEVELS
from quittance.dunning.policy_pages import VersionRow, list_policies
from quittance.dunning.policy_words import policy_name
from quittance.dunning.reasons import reason_word
from quittance.dunning.services import editing
from quittance.foundation.permissions import Permission
from quittance.web import formats
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.policy_words import step_word
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.policies import versions_or_404
from quittance.web.views.policy_forms import Editor, editor_of, message_choices, read_editor
from quittance.web.views.selection import read_selection
from quittance.web.views.ui import safe_next

CHANGES_SHOWN = 12


@requires(Permission.EDIT_POLICIES)
def policy_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a policy: what is kept is its next version, in force from a day on."""
    newest = versions_or_404(code)[0]
    return _edit(request, newest, is_copy=False)


@requires(Permission.EDIT_POLICIES)
def policy_copy(request: HttpRequest, code: str) -> HttpResponse:
    """Make a policy of the company's own out of another one."""
    return _edit(request, versions_or_404(code)[0], is_copy=True)


@requires(Permission.EDIT_POLICIES)
@require_POST
def policy_draft(request: HttpRequest) -> HttpResponse:
    """Answer the editor while somebody edits: its steps, after a button was pressed."""
    editor = read_editor(request.POST, kept=None, messages=_messages())
    return render_page(request, "policies/_steps.html", "policies/_steps.html", {"editor": editor})


@requires(Permission.EDIT_POLICIES)
@require_POST
def policy_default(request: HttpRequest, code: str) -> HttpResponse:
    """Let every account without a policy of its own follow this one, from today on."""
    name = policy_name(versions_or_404(code)[0].name)
    _refuse_past(request)
    try:
        editing.make_default(policy_code=code, from_date=desk_of(request).today, actor=actor_of(request))
    except editing.PolicyRefused:
        text = _("A version that begins later is planned for one of the two policies: take it back first.")
        notify(request, text, tone="late")
    else:
        notify(request, _("%(name)s is the default policy from today on.") % {"name": name})
    return redirect("policy_detail", code)


@requires(Permission.EDIT_POLICIES)
@require_POST
def policy_withdraw(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Take back a version that has not begun."""
    try:
        editing.withdraw_version(policy_id=policy_id, actor=actor_of(request))
    except services.UnknownPolicy:
        notify(request, _("That version is gone already."), tone="late")
    except editing.VersionInForce:
        notify(request, _("That version can't be taken back: it has begun."), tone="late")
    else:
        notify(request, _("The planned version was taken back."))
    code = request.POST.get("code", "")
    return redirect("policy_detail", code) if code.isidentifier() else redirect("settings_policies")


@requires(Permission.EDIT_POLICIES)
@require_POST
def policy_assign(request: HttpRequest) -> HttpResponse:
    """Let the accounts of the selected items follow a policy of their own: asks first, writes when `step` is `save`."""
    selection, desk = read_selection(request), desk_of(request)
    accounts = sorted({row["account_id"] for row in selection.items})
    if not accounts:
        notify(request, _("Select one item at least."), tone="soon")
        return redirect(safe_next(request, reverse("item_list")))
    if selection.is_answer:
        code = request.POST.get("policy", "")
        try:
            done = services.assign_policies(account_ids=accounts, policy_code=code, actor=actor_of(request))
        except services.UnknownPolicy:
            notify(request, _("There is no such policy."), tone="late")
        else:
            tell_assigned(request, done)
        return redirect(safe_next(request, reverse("item_list")))
    context = {
        "selection": selection,
        "count": len(accounts),
        "policies": [{"code": row.code, "name": policy_name(row.name)} for row in list_policies(as_of=desk.today)],
    }
    return render_page(request, "policies/policy_assign.html", context=context)


def tell_assigned(request: HttpRequest, done: services.Assigned) -> None:
    """Say how many accounts follow another policy now, and offer to take it back."""
    if done.assignment_id is None:
        notify(request, _("Nothing changed: they follow it already."))
        return
    text = ngettext("%(n)s account changed its policy.", "%(n)s accounts changed their policy.", done.count)
    undo_url = reverse("assignment_undo", args=[done.assignment_id])
    notify(request, text % {"n": formats.number_text(done.count)}, undo_url=undo_url)


@requires(Permission.EDIT_POLICIES)
@require_POST
def assignment_undo(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Give the accounts of an assignment back the policies that they followed before."""
    if not services.is_assignment_within(assignment_id=assignment_id, scope=allowed_scope(request)):
        raise Http404
    try:
        count = services.undo_assignment(assignment_id=assignment_id, actor=actor_of(request))
    except services.AssignmentUndone:
        notify(request, _("That was taken back already."), tone="soon")
    else:
        text = ngettext(
            "%(n)s account follows what it did before.", "%(n)s accounts follow what they did before.", count
        )
        notify(request, text % {"n": formats.number_text(count) if count else "0"})
    return redirect(safe_next(request, reverse("settings_policies")))


def _refuse_past(request: HttpRequest) -> None:
    if desk_of(request).is_past:
        raise PermissionDenied


def _messages() -> list[tuple[str, str]]:
    return message_choices(LEVELS)


def _edit(request: HttpRequest, newest: VersionRow, *, is_copy: bool) -> HttpResponse:
    _refuse_past(request)
    today = desk_of(request).today
    if request.method != "POST":
        shown = replace(newest.draft, name=_copy_name(newest)) if is_copy else newest.draft
        editor = editor_of(shown, from_date=max(today, newest.valid_from), messages=_messages())
        return _answer(request, newest, editor, is_copy=is_copy)
    editor = read_editor(request.POST, kept=newest.draft, messages=_messages())
    do = request.POST.get("do", "")
    if do not in ("save", "preview"):
        return _answer(request, newest, editor, is_copy=is_copy)
    if editor.draft is not None:
        editor.mark(editing.check_draft(draft=editor.draft))
    draft = editor.draft if not editor.complaints and editor.policy.is_valid() else None
    if draft is None:
        return _answer(request, newest, editor, is_copy=is_copy, status=422)
    if do == "save":
        code = _save(request, newest, editor, draft, is_copy=is_copy)
        return (
            redirect("policy_detail", code) if code else _answer(request, newest, editor, is_copy=is_copy, status=422)
        )
    effect = None if is_copy else _effect(request, newest, draft)
    status = 200
    return _answer(request, newest, editor, is_copy=is_copy, effect=effect, status=status)


def _copy_name(newest: VersionRow) -> str:
    return _("%(name)s, our own") % {"name": policy_name(newest.name)}


def _save(
    request: HttpRequest, newest: VersionRow, editor: Editor, draft: editing.PolicyDraft, *, is_copy: bool
) -> str:
    """Keep the draft and return its code; "" when it was refused, with the reasons marked."""
    actor = actor_of(request)
    from_date: date = editor.policy.cleaned_data["from_date"]
    try:
        if is_copy:
            code = editing.create_policy(draft=draft, from_date=from_date, actor=actor, copied_from=newest.code)
        else:
            editing.create_version(policy_code=newest.code, draft=draft, from_date=from_date, actor=actor)
            code = newest.code
    except editing.PolicyRefused as error:
        editor.mark(error.problems)
        return ""
    name, day = policy_name(draft.name), formats.long_date_text(from_date)
    notify(
        request,
        _("%(name)s applies from %(day)s on. What was decided before stays as it was.") % {"name": name, "day": day},
    )
    return code


def _effect(request: HttpRequest, newest: VersionRow, draft: editing.PolicyDraft) -> dict[str, Any] | None:
    """Return what the draft would change tomorrow, for the page; None for a policy that nobody follows yet."""
    desk = desk_of(request)
    day = desk.today + timedelta(days=1)
    try:
        found = effects.preview_change(policy_code=newest.code, draft=draft, as_of=day, scope=desk.scope)
    except KeyError:  # its first version has not begun
        return None
    changes = [
        {
            "change": one,
            "before": _decision_text(one.before, step_word(one.step_before)),
            "after": _decision_text(one.after, step_word(one.step_after)),
        }
        for one in found.changes[:CHANGES_SHOWN]
    ]
    return {"day": day, "found": found, "changes": changes, "more": len(found.changes) - len(changes)}


def _decision_text(decision: Any, step: str) -> str:
    return step if decision.outcome == "SEND" else str(reason_word(decision.reason.value))


def _answer(
    request: HttpRequest, newest: VersionRow, editor: Editor, *, is_copy: bool, effect: Any = None, status: int = 200
) -> HttpResponse:
    context = {
        "editor": editor,
        "newest": newest,
        "name": policy_name(newest.name),
        "is_copy": is_copy,
        "effect": effect,
        "policies": list_policies(as_of=desk_of(request).today),
    }
    return render_page(request, "policies/policy_edit.html", context=context, status=status)
