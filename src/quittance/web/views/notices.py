"""The very messages: of a decision before it leaves, of a notice after; and why an account is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quittance.delivery import queries as delivery
from quittance.delivery.queries import TransmissionRow
from quittance.dunning import queries, services
from quittance.dunning.policy_words import LEVEL_WORDS, MEDIUM_WORDS, policy_name
from quittance.dunning.reasons import reason_word
from quittance.foundation.permissions import Permission
from quittance.parties import queries as parties
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.step_labels import step_label
from quittance.web.views.message_frame import message_response
from quittance.web.views.run_tables import NoticeTable
from quittance.web.views.runs import allowed_scope

_FAILURE_WORDS = {
    "REFUSED": gettext_lazy("The mail server refused the message for good:"),
    "POSTPONED": gettext_lazy("The message was not taken, and nothing has left:"),
    "UNREACHABLE": gettext_lazy("The mail server could not be reached:"),
    "ANSWER_LOST": gettext_lazy("The connection broke before the mail server answered:"),
    "WORKER_STOPPED": gettext_lazy("The program was stopped while the message was leaving."),
    "CAME_BACK": gettext_lazy("The message came back:"),
    "TEXT_WRONG": gettext_lazy("The text of this message could not be written, so nothing was sent:"),
}

_COPY_WORDS = {
    "ABSENT": gettext_lazy("no copy is kept with the item or the customer"),
    "TOO_LARGE": gettext_lazy("there is no room left for it in one message"),
    "UNREADABLE": gettext_lazy("its file can't be printed"),
}


def failure_of(sent: TransmissionRow | None) -> str:
    """Say what went wrong on the way, then the mail server's own words or the place in the text; "" if nothing did."""
    if sent is None or not (sent.failure_code or sent.failure):
        return ""
    said = _FAILURE_WORDS.get(sent.failure_code, _("The mail server said:"))
    return f"{said} {sent.failure}".strip()


def missing_copies(pairs: Iterable[Sequence[str]]) -> list[dict[str, str]]:
    """Return the documents whose copy was asked for and does not go along, each with why."""
    return [{"document": number, "why": str(_COPY_WORDS.get(why, why))} for number, why in pairs]


def item_lines(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to the items of a decision what each has to say."""
    return [
        {
            **item,
            "word": _("In the message") if item["is_included"] else reason_word(item["reason_code"]),
            "tone": "settled" if item["is_included"] else "soon",
            "shown": item["amount"] if item["is_included"] else item["amount_held"],
        }
        for item in items
    ]


def _get_decision(request: HttpRequest, decision_id: int) -> dict[str, Any]:
    decision = queries.find_decision(decision_id=decision_id, scope=allowed_scope(request))
    if decision is None:
        raise Http404
    return decision


@requires(Permission.SEE_RUNS)
def decision_detail(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Show what a run decided for an account, and the message that would leave now."""
    decision = _get_decision(request, decision_id)
    preview = queries.render_preview(decision_id=decision_id) if decision["outcome"] == "SEND" else None
    context = {
        "decision": decision,
        "level": LEVEL_WORDS.get(decision["level_code"] or "", decision["level_name"] or ""),
        "reason": reason_word(decision["reason"]),
        "items": item_lines(queries.list_decision_items(decision_id=decision_id)),
        "message": preview.content if preview and not decision["notice_id"] else None,
        "missing_copies": missing_copies(preview.content.missing_copies if preview and preview.content else ()),
        "held_now": reason_word(preview.held_reason_code) if preview and preview.held_reason_code else "",
        "frame_url": reverse("decision_message", args=[decision_id]),
        "can_edit": Permission.EDIT_CUSTOMERS in permissions_of_request(request),
    }
    return render_page(request, "runs/decision_detail.html", "", context, panel="runs/_decision_panel.html")


@requires(Permission.SEE_RUNS)
def decision_message(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Answer with the HTML that would leave now, for the frame of the preview."""
    _get_decision(request, decision_id)
    content = queries.render_preview(decision_id=decision_id).content
    if content is None:
        raise Http404
    return message_response(delivery.inline_images(content.body_html, content.inline_images))


def _get_notice(request: HttpRequest, notice_id: int) -> queries.NoticeRow:
    notice = queries.find_notice(notice_id=notice_id, scope=allowed_scope(request))
    if notice is None:
        raise Http404
    return notice


def _failure_code(notice: queries.NoticeRow) -> str:
    return notice.transmission.failure_code if notice.transmission else ""


@requires(Permission.SEE_RUNS)
def notice_detail(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Show a reminder as it left, with its state and its way."""
    notice = _get_notice(request, notice_id)
    context = {
        "notice": notice,
        "level": LEVEL_WORDS.get(notice.level_code, notice.level_name),
        "reason": reason_word(notice.held_reason_code) if notice.held_reason_code else "",
        "has_text": bool(notice.transmission and notice.transmission.body_text),
        "failure": failure_of(notice.transmission),
        "is_given_up": notice.state == "FAILED" and _failure_code(notice) in ("POSTPONED", "UNREACHABLE"),
        "frame_url": reverse("notice_message", args=[notice_id]),
        "medium": MEDIUM_WORDS.get(notice.medium, notice.medium),
        "may_finish": notice.state == "TASK_OPEN" and Permission.COLLECT in permissions_of_request(request),
        "may_resolve": notice.state == "UNCERTAIN" and Permission.COLLECT in permissions_of_request(request),
    }
    return render_page(request, "runs/notice_detail.html", "", context, panel="runs/_notice_panel.html")


@requires(Permission.SEE_RUNS)
def notice_message(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Answer with the HTML that left, for the frame of the notice."""
    sent = _get_notice(request, notice_id).transmission
    if sent is None or not sent.body_html:
        raise Http404
    return message_response(delivery.inline_images(sent.body_html, sent.inline_images))


@requires(Permission.COLLECT)
@require_POST
def notice_resolve(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Write what a person found out about an uncertain message."""
    _get_notice(request, notice_id)
    has_left = request.POST.get("has_left") == "yes"
    try:
        services.resolve_uncertain(notice_id=notice_id, has_left=has_left, actor=actor_of(request))
    except services.NoticeNotUncertain:
        notify(request, _("It is already known what became of this message."), tone="soon")
    except services.AnotherNoticeWaits:
        notify(
            request, _("Another reminder to this account is about to leave: this one is not sent again."), tone="soon"
        )
    else:
        notify(request, _("Noted: the message has left.") if has_left else _("The message is being sent again."))
    return redirect("notice_detail", notice_id)


@requires(Permission.COLLECT)
@require_POST
def notice_done(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Write that a step left to a person is done."""
    _get_notice(request, notice_id)
    note = " ".join(request.POST.get("note", "").split())
    try:
        services.finish_task(notice_id=notice_id, note=note, actor=actor_of(request))
    except services.TaskNotOpen:
        notify(request, _("This step no longer waits for anybody."), tone="soon")
    else:
        notify(request, _("Noted: the step is done."))
    return redirect("notice_detail", notice_id)


def _get_account(request: HttpRequest, account_id: int) -> parties.AccountRow:
    account = parties.find_account(account_id=account_id, scope=allowed_scope(request))
    if account is None:
        raise Http404
    return account


@requires(Permission.SEE_RUNS)
def account_reminders(request: HttpRequest, account_id: int) -> HttpResponseBase:
    """Say why an account would get a message today or is held, its holds, and what it got so far."""
    account = _get_account(request, account_id)
    desk = desk_of(request)
    figures = queries.explain_account(account_id=account_id, as_of=desk.as_of)
    if figures is None:
        raise Http404
    decision = figures.decision
    items = [
        {
            "item_id": item.item_id,
            "is_included": item.included,
            "reason_code": item.reason.value,
            "amount": item.amount,
            "amount_held": item.amount_held,
            "currency": item.currency,
            "overdue_days": item.overdue_days,
            "detail": item.detail,
            "document_number": figures.account.items[item.item_id].document_number,
            "due_date": figures.account.items[item.item_id].fact.due_date,
        }
        for item in figures.items
    ]
    table = NoticeTable(request, queries.list_notices_of_account(account_id=account_id), as_of=desk.as_of)
    context = {
        "account": account,
        "outcome": decision.outcome.value,
        "reason": reason_word(decision.reason.value),
        "level": step_label(figures.level.code) if figures.level else "",
        "policy": policy_name(figures.account.policy.name),
        "amounts": figures.amounts,
        "items": item_lines(items),
        "blocks": [
            {**block, "is_over": block["until_date"] is not None and block["until_date"] < desk.today}
            for block in queries.list_blocks_of_account(account_id=account_id)
        ],
        "announcements": [
            {**one, "is_over": one["until_date"] < desk.today}
            for one in queries.list_announcements_of_account(account_id=account_id)
        ],
        "announced_until": desk.today + timedelta(days=services.ANNOUNCED_DAYS),
        "may_block": Permission.COLLECT in permissions_of_request(request),
    }
    if request.headers.get("HX-Target") == "panel":
        return render_page(request, "runs/account_reminders.html", "", context, panel="runs/_account_panel.html")
    return render_table(request, "runs/account_reminders.html", table, context)
