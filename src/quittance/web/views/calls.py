"""What is done about an account from its side panel: a call, a promise, a dispute, why late."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.cases import services as cases
from quittance.foundation import clock
from quittance.foundation.permissions import Permission
from quittance.ledger import queries as ledger
from quittance.ledger import services as ledger_services
from quittance.parties.queries import AccountRow
from quittance.promises import services as promises
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import render_page
from quittance.web.views import lookups, task_words
from quittance.web.views.call_forms import CallForm, DelayReasonForm, DisputeForm, ItemsForm, PromiseForm
from quittance.web.views.call_script import script_of
from quittance.web.views.finishing import finish
from quittance.web.views.today_focus import callable_contacts, recent_touches
from quittance.worklist import queries
from quittance.worklist import services as worklist

ITEMS_MAX = 200
PROMISE_DAYS = 7
MORNING_HOUR, EVENING_HOUR = 9, 18


def list_debits(account: AccountRow, as_of: date) -> list[dict[str, Any]]:
    """Return the items on which something is owed, oldest first, with whether they are to be picked at once."""
    rows = ledger.list_items(as_of=as_of, account_id=account.id).filter(amount_open__gt=0)[:ITEMS_MAX]
    return [{**row, "is_claimable": row["days_late"] > 0 and not row["state"]} for row in rows]


def _panel(
    request: HttpRequest, account: AccountRow, form: ItemsForm | Form, *, panel: str, picked: set[int], **context: Any
) -> HttpResponse:
    answer = request.POST.getlist("items") if form.is_bound else []
    chosen = {int(text) for text in answer if text.isascii() and text.isdigit()} if form.is_bound else picked
    values = {"form": form, "account": account, "picked": chosen, "panel": panel, **context}
    return render_page(
        request, "today/panel_page.html", context=values, panel=panel, status=422 if form.errors else 200
    )


def claimable_ids(rows: list[dict[str, Any]]) -> set[int]:
    return {row["id"] for row in rows if row["is_claimable"]}


@requires(Permission.COLLECT)
def account_call(request: HttpRequest, account_id: int) -> HttpResponse:
    """Write down a call: what to say, how it ended, and what that outcome needs."""
    account = lookups.get_account_or_404(request, account_id)
    today = desk_of(request).today
    wrong = queries.list_wrong_numbers(customer_id=account.customer_id)
    rows, contacts = list_debits(account, today), callable_contacts(account.customer_id, account.id, wrong)
    form = call_form(
        account, request.POST if request.method == "POST" else None, rows=rows, contacts=contacts, today=today
    )
    if request.method == "POST" and form.is_valid():
        try:
            logged = worklist.log_call(
                account_id=account.id, actor=actor_of(request), as_of=today, **_call_arguments(form.cleaned_data)
            )
        except (worklist.CallRefused, promises.PromiseRefused, cases.DisputeRefused) as error:
            form.add_error(None, _refusal(error))
        else:
            if why_late := form.cleaned_data["why_late"]:
                ledger_services.set_delay_reason(
                    item_ids=form.late_ids(), reason_code=why_late, actor=actor_of(request)
                )
            return finish(request, _call_done(account, form.cleaned_data["outcome"]), undo_url=_call_undo(logged))
    context = call_context(account, form, rows=rows, contacts=contacts, as_of=today)
    return _panel(request, account, form, panel="today/_call_panel.html", picked=claimable_ids(rows), **context)


def call_context(
    account: AccountRow, form: CallForm, *, rows: list[dict[str, Any]], contacts: list[dict[str, Any]], as_of: date
) -> dict[str, Any]:
    """Return what the form of a call shows: whom to call, what to say, how it may end. Four queries."""
    form.show_needs()
    late = [row for row in rows if row["days_late"] > 0]
    language = contacts[0]["language"] if contacts else ""
    task = queries.find_task_of_account(account_id=account.id)
    reason = task["action_reason"] if task else ""
    return {
        "rows": rows,
        "contacts": contacts,
        "script": script_of(account=account, contact_language=language, late=late, reason=reason, as_of=as_of),
        "touches": recent_touches(account.id),
        "tries": queries.count_unreached(account_id=account.id),
        "outcomes": [(n, code, label) for n, (code, label) in enumerate(task_words.OUTCOMES.items(), 1)],
    }


def call_form(
    account: AccountRow, data: Any, *, rows: list[dict[str, Any]], contacts: list[dict[str, Any]], today: date
) -> CallForm:
    """Return the form of a call, ready for what is usual: a promise in a week, a call in the next hour."""
    initial = {
        "promised_date": today + timedelta(days=PROMISE_DAYS),
        "contact": contacts[0]["id"] if contacts else "",
        **next_moment(today),
    }
    return CallForm(data, rows=rows, contacts=contacts, today=today, initial=initial)


def next_moment(today: date) -> dict[str, Any]:
    """Return when one usually calls again: the next full hour, or the next morning when the day is over."""
    hour = timezone.localtime(clock.now()).hour + 1
    if hour < EVENING_HOUR:
        return {"call_back_date": today, "call_back_time": time(hour)}
    return {"call_back_date": worklist.next_working_day(day=today), "call_back_time": time(MORNING_HOUR)}


def _call_arguments(values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the service; what the outcome does not need is left out."""
    outcome, items = values["outcome"], values["items"]
    found: dict[str, Any] = {
        "outcome": outcome,
        "contact_id": values["contact"],
        "comment": values["comment"],
        "call_back_date": values["call_back_date"] if outcome == "CALL_BACK" else None,
        "call_back_at": values.get("call_back_at") if outcome == "CALL_BACK" else None,
        "documents": values.get("documents", ""),
    }
    if outcome == "PROMISE":
        found["promise"] = worklist.PromiseDraft(
            item_ids=items, promised_date=values["promised_date"], amount=values["amount"]
        )
    if outcome == "DISPUTE":
        found["dispute"] = worklist.DisputeDraft(item_ids=items, reason_code=values["reason"], amount=values["amount"])
    return found


def _call_done(account: AccountRow, outcome: str) -> str:
    name = {"name": account.customer_name, "outcome": task_words.OUTCOMES[outcome]}
    return _("Call with %(name)s written down: %(outcome)s.") % name


def _call_undo(logged: worklist.LoggedCall) -> str:
    """Return the address that takes back what the call led to; the call itself stays written down."""
    if logged.promise_id is not None:
        return reverse("promise_undo", args=[logged.promise_id])
    return reverse("dispute_undo", args=[logged.dispute_ids[0]]) if len(logged.dispute_ids) == 1 else ""


def _refusal(error: Exception) -> str:
    match error:
        case promises.ItemAlreadyPromised():
            return _("One of these items is promised already: withdraw that promise first.")
        case cases.DisputeAlreadyOpen():
            return _("One of these items is disputed already.")
        case _:
            return _("The items have changed meanwhile. Look at what is open and try again.")


@requires(Permission.COLLECT)
def account_promise(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take a promise to pay."""
    account = lookups.get_account_or_404(request, account_id)
    today = desk_of(request).today
    rows = list_debits(account, today)
    form = PromiseForm(
        request.POST if request.method == "POST" else None,
        rows=rows,
        today=today,
        initial={"promised_date": today + timedelta(days=PROMISE_DAYS)},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            promise_id = promises.take_promise(
                account_id=account.id,
                item_ids=values["items"],
                promised_date=values["promised_date"],
                made_on=today,
                actor=actor_of(request),
                amount=values["amount"],
                contact_name=values["contact_name"],
                comment=values["comment"],
            )
        except promises.PromiseRefused as error:
            form.add_error(None, _refusal(error))
        else:
            worklist.refresh_tasks(as_of=today, account_ids=[account.id])
            text = _("Promise of %(name)s taken; its reminders wait.") % {"name": account.customer_name}
            return finish(request, text, undo_url=reverse("promise_undo", args=[promise_id]))
    return _panel(request, account, form, panel="today/_promise_panel.html", picked=claimable_ids(rows), rows=rows)


@requires(Permission.COLLECT)
def account_dispute(request: HttpRequest, account_id: int) -> HttpResponse:
    """Open a dispute over items."""
    account = lookups.get_account_or_404(request, account_id)
    today = desk_of(request).today
    rows = list_debits(account, today)
    form = DisputeForm(request.POST if request.method == "POST" else None, rows=rows, today=today)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        draft = worklist.DisputeDraft(item_ids=values["items"], reason_code=values["reason"], amount=values["amount"])
        try:
            opened = worklist.open_disputes(
                draft=draft, account_id=account.id, as_of=today, actor=actor_of(request), comment=values["comment"]
            )
        except (worklist.CallRefused, cases.DisputeRefused) as error:
            form.add_error(None, _refusal(error))
        else:
            worklist.refresh_tasks(as_of=today, account_ids=[account.id])
            undo_url = reverse("dispute_undo", args=[opened[0]]) if len(opened) == 1 else ""
            text = ngettext("%(count)d dispute opened.", "%(count)d disputes opened.", len(opened))
            return finish(request, text % {"count": len(opened)}, undo_url=undo_url)
    picked = {rows[0]["id"]} if len(rows) == 1 else set()
    return _panel(request, account, form, panel="today/_dispute_panel.html", picked=picked, rows=rows)


@requires(Permission.COLLECT)
def account_reason(request: HttpRequest, account_id: int) -> HttpResponse:
    """Say why items are late."""
    account = lookups.get_account_or_404(request, account_id)
    today = desk_of(request).today
    rows = [row for row in list_debits(account, today) if row["days_late"] > 0]
    form = DelayReasonForm(request.POST if request.method == "POST" else None, rows=rows, today=today)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        count = ledger_services.set_delay_reason(
            item_ids=values["items"], reason_code=values["reason"], actor=actor_of(request)
        )
        text = ngettext("Reason set on %(count)d item.", "Reason set on %(count)d items.", count) % {"count": count}
        return finish(request, text if count else _("Nothing changed: the reason was the same."))
    picked = {row["id"] for row in rows if not row["delay_reason_code"]}
    return _panel(request, account, form, panel="today/_reason_panel.html", picked=picked, rows=rows)


@requires(Permission.COLLECT)
@require_POST
def promise_undo(request: HttpRequest, promise_id: int) -> HttpResponse:
    """Take back a promise just taken by mistake: it is withdrawn."""
    promise = lookups.get_promise_or_404(request, promise_id)
    today = desk_of(request).today
    try:
        promises.withdraw_promise(
            promise_id=promise_id, withdrawn_date=today, actor=actor_of(request), reason=_("Taken by mistake")
        )
    except promises.PromiseRefused:
        return finish(request, _("This promise is no longer open."), tone="soon")
    worklist.refresh_tasks(as_of=today, account_ids=[promise["account_id"]])
    return finish(request, _("Promise withdrawn."), focus_account_id=promise["account_id"])


@requires(Permission.COLLECT)
@require_POST
def dispute_undo(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Take back a dispute just opened by mistake: it is withdrawn."""
    dispute = lookups.get_dispute_or_404(request, dispute_id)
    today = desk_of(request).today
    try:
        cases.close_dispute(
            dispute_id=dispute_id, outcome="WITHDRAWN", closed_date=today, actor=actor_of(request),
            comment=_("Opened by mistake"),
        )  # fmt: skip
    except cases.DisputeAlreadyClosed:
        return finish(request, _("This dispute was closed before."), tone="soon")
    worklist.refresh_tasks(as_of=today, account_ids=[dispute["account_id"]])
    return finish(request, _("Dispute withdrawn."), focus_account_id=dispute["account_id"])
