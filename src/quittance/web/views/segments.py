"""Segments: the list in their order, building a rule, who belongs on any day, and why an account does."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quittance.core.segments import InvalidRule, Rule, group_at
from quittance.foundation.permissions import Permission
from quittance.ledger.services import ensure_balances_fresh
from quittance.segments import queries, services
from quittance.web import formats
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.segment_words import (
    Names,
    condition_text,
    fact_text,
    names_for,
    names_of,
    rule_text,
    segment_description,
    segment_name,
)
from quittance.web.views import lookups
from quittance.web.views.account_actions import account_actions
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.segment_forms import (
    ROOT,
    Draft,
    SegmentForm,
    draft_of_rule,
    errors_by_path,
    field_groups,
    new_draft,
    read_draft,
    rule_of_draft,
    shown,
)
from quittance.web.views.segment_tables import MemberTable


def count_text(count: int) -> str:
    """Write a count; none is 0, not a dash."""
    return formats.number_text(count) if count else "0"


def policy_choices() -> list[tuple[str, str]]:
    """Return code and name of the policies of reminders; shipped names in the reader's language."""
    return [(code, _(name) if name else code) for code, name in queries.list_policies()]


def may_edit_segments(request: HttpRequest) -> bool:
    """Tell whether the person may change segments."""
    return Permission.EDIT_SEGMENTS in permissions_of_request(request)


@requires(Permission.SEE_CUSTOMERS)
@require_safe
def segment_list(request: HttpRequest) -> HttpResponse:
    """Show the segments in their order, each in one sentence, with how many accounts belong."""
    desk = desk_of(request)
    rows = queries.list_segments()
    names = names_for([row.rule for row in rows], scope=allowed_scope(request))
    counts = queries.count_members(as_of=desk.as_of, scope=desk.scope)
    policies = dict(policy_choices())
    segments: list[dict[str, Any]] = [
        {
            "row": row,
            "name": segment_name(row.code, row.name),
            "sentence": rule_text(row.rule, names),
            "count": counts.get(row.id, 0),
            "shown": count_text(counts.get(row.id, 0)),
            "policy": policies.get(row.policy_code, row.policy_code),
        }
        for row in rows
    ]
    context = {
        "segments": [one for one in segments if one["row"].is_active],
        "archived": [one for one in segments if not one["row"].is_active],
        "last_refresh": queries.find_last_refresh(),
        "may_edit": may_edit_segments(request),
        "can_see_settings": Permission.SEE_SETTINGS in permissions_of_request(request),
    }
    return render_page(request, "segments/segment_list.html", context=context)


@requires(Permission.SEE_CUSTOMERS)
@require_safe
def segment_detail(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """List who belonged to a segment at the end of the day looked at, with what it said then and before."""
    desk = desk_of(request)
    segment = _get(segment_id)
    versions = queries.list_versions(segment_id=segment_id)
    names = names_for([segment.rule, *(one.rule for one in versions)], scope=allowed_scope(request))
    then = next((one for one in versions if one.from_date <= desk.as_of), None)
    rows = queries.list_members(segment_id=segment_id, as_of=desk.as_of, scope=desk.scope)
    policies = dict(policy_choices())
    bulk = () if desk.is_past else account_actions(permissions_of_request(request), query=f"segment={segment_id}")
    context = {
        "segment": segment,
        "actions": bulk,
        "name": segment_name(segment.code, segment.name),
        "description": segment_description(segment.description),
        "sentence": rule_text(then.rule if then else segment.rule, names),
        "policy": policies.get(segment.policy_code, segment.policy_code),
        "versions": [
            {
                "row": one,
                "name": segment_name(segment.code, one.name),
                "sentence": rule_text(one.rule, names),
                "policy": policies.get(one.policy_code, one.policy_code),
            }
            for one in versions
        ],
        "desk": desk,
        "may_edit": may_edit_segments(request) and not desk.is_past,
    }
    return render_table(request, "segments/segment_detail.html", MemberTable(request, rows, bulk=bulk), context)


@requires(Permission.EDIT_SEGMENTS)
def segment_new(request: HttpRequest) -> HttpResponse:
    """Build a segment."""
    return _edit(request, None)


@requires(Permission.EDIT_SEGMENTS)
def segment_edit(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Change a segment from today on."""
    return _edit(request, _get(segment_id))


@requires(Permission.EDIT_SEGMENTS)
@require_POST
def segment_draft(request: HttpRequest) -> HttpResponse:
    """Answer the builder while somebody edits: the rule with its choices, and what it takes now."""
    draft = read_draft(request.POST)
    is_preview = request.headers.get("HX-Target") == "segment-preview"
    context = _builder(request, draft, is_checked=False)
    template = "segments/_preview.html" if is_preview else "segments/_builder_parts.html"
    return render_page(request, template, template, context)


@requires(Permission.EDIT_SEGMENTS)
@require_POST
def segment_use(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Archive a segment, or use it again."""
    segment, desk = _get(segment_id), desk_of(request)
    is_active = request.POST.get("is_active") == "1"
    services.use_segment(segment_id=segment_id, is_active=is_active, as_of=desk.today, actor=actor_of(request))
    words = {"name": segment_name(segment.code, segment.name)}
    notify(request, (_("%(name)s is used again.") if is_active else _("%(name)s is archived: nobody belongs.")) % words)
    return redirect("segment_list")


@requires(Permission.EDIT_SEGMENTS)
@require_POST
def segment_move(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Move a segment one place up or down among those in use."""
    _get(segment_id)
    order = [row.id for row in queries.list_segments(is_active=True)]
    place = order.index(segment_id) if segment_id in order else -1
    target = place + (-1 if request.POST.get("to") == "up" else 1)
    if place >= 0 and 0 <= target < len(order):
        order[place], order[target] = order[target], order[place]
        services.reorder_segments(segment_ids=order, actor=actor_of(request))
    return redirect(f"{reverse('segment_list')}#segment-{segment_id}")


@requires(Permission.EDIT_SEGMENTS)
@require_POST
def segment_refresh(request: HttpRequest) -> HttpResponse:
    """Work out now who belongs where."""
    desk = desk_of(request)
    ensure_balances_fresh(today=desk.today)
    try:
        services.refresh_memberships(as_of=desk.today)
    except services.RefreshTooEarly:
        notify(request, _("Memberships are of a later day already."), tone="late")
    else:
        notify(request, _("Every account is in its segments again."))
    return redirect("segment_list")


@requires(Permission.SEE_CUSTOMERS)
@require_safe
def account_segments(request: HttpRequest, account_id: int) -> HttpResponse:
    """Say to which segments an account belongs, and why to each or why not."""
    desk = desk_of(request)
    account = lookups.get_account_or_404(request, account_id)
    found = queries.segments_of_accounts(account_ids=[account_id], as_of=desk.as_of)[account_id]
    explanations = queries.explain_account(account_id=account_id, as_of=desk.today)
    names = names_for([one.segment.rule for one in explanations])
    deciding = queries.deciding_segment(found)
    since = {one.segment_id: one.from_date for one in found}
    context = {
        "account": account,
        "deciding": deciding and segment_name(deciding.code, deciding.name),
        "explanations": [
            {
                "segment": one.segment,
                "name": segment_name(one.segment.code, one.segment.name),
                "sentence": rule_text(one.segment.rule, names),
                "holds": one.holds,
                "joint": one.segment.rule.joint.value if len(one.conditions) > 1 else "",
                "since": since.get(one.segment.id),
                "conditions": _why(one, names),
            }
            for one in explanations
        ],
        "history": [
            {**row, "name": segment_name(row["code"], row["name"])}
            for row in queries.list_memberships(account_ids=[account_id])
        ],
    }
    return render_page(request, "segments/account_segments.html", context=context, panel="segments/_account_panel.html")


def _why(explanation: queries.Explanation, names: Names) -> list[dict[str, Any]]:
    """Return the conditions as lines, each group begun by a line that says how its conditions are joined."""
    lines: list[dict[str, Any]] = []
    group: tuple[int, ...] = ()
    for part in explanation.conditions:
        inner = part.path[:-1]
        if inner != group and inner:
            lines.append({"joint": group_at(explanation.segment.rule, inner).joint.value, "depth": len(inner)})
        group = inner
        lines.append(
            {
                "text": condition_text(part.condition, names),
                "fact": fact_text(part.condition.field, part.fact, names),
                "holds": part.holds,
                "depth": len(part.path),
            }
        )
    return lines


def _get(segment_id: int) -> queries.SegmentRow:
    found = queries.find_segment(segment_id=segment_id)
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, segment: queries.SegmentRow | None) -> HttpResponse:
    """Show the builder; keep the segment when `do` is save."""
    if desk_of(request).is_past:
        raise PermissionDenied
    is_sent = request.method == "POST"
    draft = read_draft(request.POST) if is_sent else draft_of_rule(segment.rule) if segment else new_draft()
    kept = _kept(segment) if segment else {}
    choices: dict[str, Any] = {"policies": policy_choices(), "kept": kept.get("policy_code", "")}
    form = SegmentForm(request.POST if is_sent else None, initial=kept, **choices)
    is_save = is_sent and request.POST.get("do") == "save"
    context = _builder(request, draft, is_checked=is_save)
    if is_save and form.is_valid() and context["rule"] is not None:
        try:
            segment_id = _save(request, segment, context["rule"], form.cleaned_data)
        except services.SegmentRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The segment is kept. Who belongs to it is worked out."))
            return redirect("segment_detail", segment_id)
    if is_sent and not is_save:  # a button of the builder: nothing is wrong yet
        form = SegmentForm(initial=request.POST.dict(), **choices)
    context |= {"form": form, "segment": segment, "name": segment and segment_name(segment.code, segment.name)}
    return render_page(request, "segments/segment_edit.html", context=context, status=422 if is_save else 200)


def _kept(segment: queries.SegmentRow) -> dict[str, str]:
    """Return what the form shows of a segment; the words of a shipped one are the reader's."""
    return {
        "name": segment_name(segment.code, segment.name),
        "description": segment_description(segment.description),
        "policy_code": segment.policy_code,
    }


def _save(request: HttpRequest, segment: queries.SegmentRow | None, rule: Rule, values: dict[str, Any]) -> int:
    today, actor = desk_of(request).today, actor_of(request)
    if segment is None:
        return services.create_segment(rule=rule, as_of=today, actor=actor, **values)
    shown = _kept(segment)
    for field in ("name", "description"):  # what was only read in another language was not changed
        values[field] = getattr(segment, field) if values[field] == shown[field] else values[field]
    services.change_segment(segment_id=segment.id, rule=rule, as_of=today, actor=actor, **values)
    return segment.id


def _builder(request: HttpRequest, draft: Draft, *, is_checked: bool) -> dict[str, Any]:
    """Return the context of the builder; errors are shown once somebody wants to keep the rule."""
    desk = desk_of(request)
    names = names_of(scope=allowed_scope(request))
    rule, errors = None, {}
    try:
        rule = rule_of_draft(draft)
    except InvalidRule as error:
        errors = errors_by_path(error)
    preview = queries.preview_rule(rule=rule, as_of=desk.today, scope=desk.scope) if rule else None
    return {
        "root": shown(draft, names, errors if is_checked else {}),
        "rule": rule,
        "rule_errors": errors if is_checked else {},
        "unfinished": len([path for path in errors if path != ROOT]),
        "sentence": rule_text(rule, names) if rule else "",
        "preview": preview,
        "preview_count": count_text(preview.count) if preview else "",
        "field_groups": field_groups(),
    }
