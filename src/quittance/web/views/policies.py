"""Policies of reminders: the list, and one as a timeline with its versions."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from quittance.dunning import policy_pages
from quittance.dunning.events import POLICY_CHANGED
from quittance.dunning.media import media_ready
from quittance.dunning.policy_pages import VersionRow
from quittance.dunning.policy_words import policy_description, policy_name
from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.parties.labels import CONTACT_ROLES
from quittance.segments.queries import list_segments
from quittance.web.access import desk_of, permissions_of_request, requires
from quittance.web.policy_words import (
    MEDIUM_ICONS,
    MEDIUM_WORDS,
    MESSAGE_WORDS,
    TONE_WORDS,
    VALIDATION_WORDS,
    changes_of,
    condition_text,
    day_text,
    step_word,
    when_text,
)
from quittance.web.rendering import render_page
from quittance.web.segment_words import segment_name

LABELS: dict[str, dict[str, Any]] = {
    "recipient_roles": dict(CONTACT_ROLES),
    "validated_by": dict(VALIDATION_WORDS),
    "tone": dict(TONE_WORDS),
    "medium": dict(MEDIUM_WORDS),
    "counted_from": dict(policy_pages.CLOCKS),
    "condition": dict(policy_pages.CONDITIONS),
    "message_code": dict(MESSAGE_WORDS),
}


def may_edit_policies(request: HttpRequest) -> bool:
    """Tell whether the person may change policies."""
    return Permission.EDIT_POLICIES in permissions_of_request(request)


@requires(Permission.SEE_SETTINGS)
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Show every policy with its timeline, who follows it and since when."""
    desk = desk_of(request)
    rows = policy_pages.list_policies(as_of=desk.today)
    followers = policy_pages.count_followers(as_of=desk.today, scope=desk.scope)
    known = {row.code for row in rows}
    # Who has none of their own, or one that is gone, follows the default.
    others = sum(count for code, count in followers.items() if code not in known)
    segments = _segments_by_policy()
    policies = [
        {
            **shown(row),
            "followers": followers.get(row.code, 0) + (others if row.is_default else 0),
            "segments": segments.get(row.code, []),
            "is_future": row.valid_from > desk.today,
        }
        for row in rows
    ]
    context = {"policies": policies, "may_edit": may_edit_policies(request)}
    return render_page(request, "policies/policy_list.html", context=context)


@requires(Permission.SEE_SETTINGS)
@require_safe
def policy_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a policy as a timeline around the due date, what holds for all of it, and its versions."""
    desk = desk_of(request)
    versions = versions_or_404(code)
    now = next((row for row in versions if row.is_in_force(desk.today)), versions[-1])
    asked = request.GET.get("version", "")
    row = next((one for one in versions if asked == str(one.version)), now)
    followers = policy_pages.count_followers(as_of=desk.today, scope=desk.scope)
    known = {one.code for one in policy_pages.list_policies(as_of=desk.today)} if now.is_default else set()
    others = sum(count for other, count in followers.items() if other not in known) if now.is_default else 0
    context = {
        **shown(row),
        "is_now": row.id == now.id,
        "followers": followers.get(code, 0) + others,
        "segments": _segments_by_policy().get(code, []),
        "versions": _history(versions, desk.today),
        "is_future": row.valid_from > desk.today,
        "may_edit": may_edit_policies(request) and not desk.is_past,
        "can_see_runs": Permission.SEE_RUNS in permissions_of_request(request),
    }
    return render_page(request, "policies/policy_detail.html", context=context)


def versions_or_404(code: str) -> list[VersionRow]:
    """Return the versions of a policy, newest first, or 404."""
    found = policy_pages.list_versions(code=code)
    if not found:
        raise Http404
    return found


def shown(row: VersionRow) -> dict[str, Any]:
    """Return a version in words, with its steps placed on the axis (thousandths of its width)."""
    days = row.policy.days_by_rank()
    ready = media_ready()
    steps: list[dict[str, Any]] = [
        {
            "step": step,
            "name": step_word(step.name),
            "day": days[level.rank],
            "day_text": day_text(days[level.rank]),
            "is_reckoned": step.counted_from == "PREVIOUS_STEP",
            "when": when_text(step),
            "icon": MEDIUM_ICONS[step.medium],
            "medium": MEDIUM_WORDS[step.medium],
            "is_ready": level.medium in ready or step.falls_back_to_email,
            "tone": TONE_WORDS.get(step.tone, step.tone),
            "condition": condition_text(step),
            "who": VALIDATION_WORDS[step.validated_by or row.draft.validated_by],
            "roles": [LABELS["recipient_roles"].get(role, role) for role in step.recipient_roles],
        }
        for level, step in zip(row.policy.levels, row.draft.steps, strict=True)
    ]
    return {
        "row": row,
        "name": policy_name(row.name),
        "description": policy_description(row.description),
        "steps": steps,
        "before": [step for step in steps if step["day"] < 0],
        "after": [step for step in steps if step["day"] >= 0],
        "validation": VALIDATION_WORDS[row.draft.validated_by],
        "has_unready": not all(step["is_ready"] for step in steps),
    }


def _segments_by_policy() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for segment in list_segments(is_active=True):
        if segment.policy_code:
            row = {"id": segment.id, "name": segment_name(segment.code, segment.name)}
            found.setdefault(segment.policy_code, []).append(row)
    return found


def _history(versions: list[VersionRow], today: Any) -> list[dict[str, Any]]:
    """Return each version with who made it, when, and what it changed."""
    made = {event["subject_id"]: event for event in reversed(list_events(kinds=(POLICY_CHANGED,), limit=1000))}
    rows = []
    for place, row in enumerate(versions):
        before = versions[place + 1] if place + 1 < len(versions) else None
        changes = changes_of(before.draft, row.draft, labels=LABELS) if before else []
        event = made.get(str(row.id))
        rows.append(
            {
                "row": row,
                "changes": changes,
                "is_default_new": before is not None and before.is_default != row.is_default,
                "at": event["occurred_at"] if event else None,
                "who": event["actor_label"] if event else "",
                "is_future": row.valid_from > today,
                "is_in_force": row.is_in_force(today),
                "may_withdraw": place == 0
                and row.valid_from > today
                and before is not None
                and before.is_default == row.is_default,
            }
        )
    return rows
