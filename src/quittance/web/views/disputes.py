"""Cases: disputes listed, opened, handed over and closed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quittance.cases import queries, services
from quittance.foundation.permissions import Permission
from quittance.parties.people import list_people, names_of_people
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, FlagFilter, Raw, Table
from quittance.web.tables.columns import Row
from quittance.web.views import lookups
from quittance.web.views.selection import read_selection
from quittance.web.views.ui import safe_next
from quittance.web.views.work_forms import AssignDisputeForm, CloseDisputeForm, DisputeForm

CLOSED_COLUMNS = "document_number,customer_name,reason_code,amount_disputed,owner_name,opened_date,closed_date,outcome"


class CaseTable(Table):
    """Disputes; without a state asked for, the open ones."""

    key = "cases"
    caption = gettext_lazy("Disputes")
    all_label = gettext_lazy("Open")
    columns: ClassVar[list[Column]] = [
        Column(
            key="document_number", label=gettext_lazy("Document"), kind="link", opens_panel=True,
            href=lambda row: reverse("case_detail", args=[row["id"]]),
        ),
        Column(
            key="customer_name", label=gettext_lazy("Customer"),
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(
            key="reason_code", label=gettext_lazy("Reason"), labels=dict(queries.reason_choices()),
        ),
        Column(key="amount_disputed", label=gettext_lazy("Disputed"), kind="money", is_sortable=True),
        Column(key="amount_open", label=gettext_lazy("Item open"), kind="money", priority=3),
        Column(key="owner_name", label=gettext_lazy("Owner"), kind="person"),
        Column(key="opened_date", label=gettext_lazy("Opened"), kind="date", is_sortable=True, priority=2),
        Column(key="due_date", label=gettext_lazy("Deadline"), kind="date", is_sortable=True),
        Column(
            key="days_past_deadline", label=gettext_lazy("Days past it"), kind="days", priority=2,
            hint=gettext_lazy("Days since the deadline; negative while there is time"),
        ),
        Column(key="closed_date", label=gettext_lazy("Closed"), kind="date", is_sortable=True, is_visible=False),
        Column(key="outcome", label=gettext_lazy("Outcome"), labels=dict(queries.outcome_choices()), is_visible=False),
        Column(key="department_name", label=gettext_lazy("Department"), is_visible=False),
        Column(key="account_number", label=gettext_lazy("Account"), is_visible=False),
        Column(key="comment", label=gettext_lazy("What the customer says"), is_visible=False),
    ]  # fmt: skip
    search_fields: ClassVar[list[str]] = ["item__search_text", "account__customer__name_folded", "account__number"]
    search_hint = gettext_lazy("Customer or document")
    default_sort = "due_date"
    presets: ClassVar[list[tuple[Any, str]]] = [
        (gettext_lazy("Past deadline"), "late=yes"),
        (gettext_lazy("Mine"), "owner=me"),
        (gettext_lazy("Closed"), f"state=closed&sort=-closed_date&cols={CLOSED_COLUMNS}"),
    ]  # fmt: skip
    empty = Empty(
        title=gettext_lazy("No dispute is open."),
        text=gettext_lazy("Open one from an item; its amount then waits: no reminder, no automatic match."),
    )

    def __init__(self, request: HttpRequest, rows: Any, *, as_of: date, user_id: int) -> None:
        self.filters = [  # type: ignore[misc]  # the deadline counts from the day looked at
            ChoiceFilter(
                name="state", label=gettext_lazy("State"), is_multiple=False, condition=lambda _values: Q(),
                choices=[("", gettext_lazy("Open")), ("closed", gettext_lazy("Closed")), ("all", gettext_lazy("All"))],
            ),
            ChoiceFilter(
                name="reason", label=gettext_lazy("Reason"), field="reason_code", choices=queries.reason_choices
            ),
            FlagFilter(
                name="late", label=gettext_lazy("Past deadline"),
                conditions={"yes": Q(due_date__lt=as_of), "no": Q(due_date__gte=as_of)},
            ),
            ChoiceFilter(
                name="owner", label=gettext_lazy("Owner"), is_multiple=False,
                choices=[("", gettext_lazy("Anybody")), ("me", gettext_lazy("Me")), ("nobody", gettext_lazy("Nobody"))],
                condition=lambda values: Q(owner_id=user_id) if values[-1] == "me" else Q(owner_id__isnull=True),
            ),
            AmountFilter(name="amount", label=gettext_lazy("Disputed"), field="amount_disputed"),
            DateFilter(name="opened", label=gettext_lazy("Opened"), field="opened_date"),
        ]  # fmt: skip
        super().__init__(request, rows, as_of=as_of)

    def search_condition(self, text: str) -> Raw:
        """Return the disputes whose document, account or customer holds the text."""
        found = Q()
        for name in self.search_fields:
            found |= Q(**{f"{name}__icontains": text})
        return Raw(found)

    def row_tone(self, row: Row) -> str:
        """Return late once the deadline has passed."""
        return "late" if (row["days_past_deadline"] or 0) > 0 else ""


@requires(Permission.SEE_CUSTOMERS)
def case_list(request: HttpRequest) -> HttpResponseBase:
    """List disputes: open ones, or those closed."""
    desk = desk_of(request)
    is_open = {"closed": False, "all": None}.get(request.GET.get("state", ""), True)
    rows = queries.list_disputes(as_of=desk.as_of, scope=desk.scope, is_open=is_open)
    table = CaseTable(request, rows, as_of=desk.as_of, user_id=desk.scope.user_id or 0)
    return render_table(request, "cases/case_list.html", table)


@requires(Permission.SEE_CUSTOMERS)
def case_detail(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Show a dispute; its forms close it or hand it over."""
    dispute = lookups.get_dispute_or_404(request, dispute_id)
    return _case_page(request, dispute, CloseDisputeForm(), _assign_form(request, dispute))


def _assign_form(request: HttpRequest, dispute: dict[str, Any], data: Any = None) -> AssignDisputeForm:
    initial = {"owner": dispute["owner_id"], "due_date": dispute["due_date"]}
    return AssignDisputeForm(data, people=list_people(scope=desk_of(request).scope), initial=initial, prefix="assign")


def _case_page(
    request: HttpRequest, dispute: dict[str, Any], close_form: CloseDisputeForm, assign_form: AssignDisputeForm
) -> HttpResponse:
    desk = desk_of(request)
    may_work = Permission.COLLECT in permissions_of_request(request) and not desk.is_past
    who = names_of_people(user_ids=[dispute["opened_by_id"], dispute["closed_by_id"]])
    context = {
        "dispute": dispute,
        "reason": dict(queries.reason_choices()).get(dispute["reason_code"], dispute["reason_code"]),
        "outcome": dict(queries.outcome_choices()).get(dispute["outcome"], ""),
        "opened_by": who.get(dispute["opened_by_id"], ""),
        "closed_by": who.get(dispute["closed_by_id"], ""),
        "close_form": close_form,
        "assign_form": assign_form,
        "may_work": may_work and dispute["closed_date"] is None,
    }
    status = 422 if close_form.errors or assign_form.errors else 200
    return render_page(
        request, "cases/case_detail.html", context=context, panel="cases/_case_panel.html", status=status
    )


@requires(Permission.COLLECT)
def case_close(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Close a dispute with its outcome."""
    dispute = lookups.get_dispute_or_404(request, dispute_id)
    form = CloseDisputeForm(request.POST or None)
    if not form.is_valid():
        return _case_page(request, dispute, form, _assign_form(request, dispute))
    try:
        services.close_dispute(
            dispute_id=dispute_id,
            outcome=form.cleaned_data["outcome"],
            closed_date=desk_of(request).today,
            actor=actor_of(request),
            comment=form.cleaned_data["comment"],
        )
    except services.DisputeAlreadyClosed:
        notify(request, _("This dispute was closed before."), tone="soon")
    else:
        notify(request, _("Dispute closed. The item is back in reminders and matching."))
    return redirect("case_detail", dispute_id)


@requires(Permission.COLLECT)
def case_assign(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Hand a dispute over, or move its deadline."""
    dispute = lookups.get_dispute_or_404(request, dispute_id)
    form = _assign_form(request, dispute, request.POST or None)
    if not form.is_valid():
        return _case_page(request, dispute, CloseDisputeForm(), form)
    try:
        services.assign_dispute(
            dispute_id=dispute_id,
            owner_id=form.cleaned_data["owner"],
            due_date=form.cleaned_data["due_date"],
            actor=actor_of(request),
        )
    except services.DisputeAlreadyClosed:
        notify(request, _("This dispute was closed before."), tone="soon")
    else:
        notify(request, _("Owner and deadline saved."))
    return redirect("case_detail", dispute_id)


@requires(Permission.COLLECT)
def item_dispute(request: HttpRequest) -> HttpResponse:
    """Open a dispute on each of the selected items: asks first, writes when `step` is `save`."""
    selection = read_selection(request)
    debits = selection.debits
    if not debits:
        notify(request, _("Select one item on which something is owed at least."), tone="soon")
        return redirect(safe_next(request, reverse("item_list")))
    desk = desk_of(request)
    initial: dict[str, Any] = {"due_date": desk.today + timedelta(days=services.DISPUTE_DAYS_MAX)}
    if len(debits) == 1:
        initial["amount"] = f"{debits[0]['open_amount'].normalize():f}"
    form = DisputeForm(
        request.POST if selection.is_answer else None,
        people=list_people(scope=desk.scope),
        is_single=len(debits) == 1,
        initial=initial,
    )
    if selection.is_answer and form.is_valid():
        refused = _open_disputes(request, debits, form)
        if refused and len(debits) == 1:
            form.add_error(None, refused[0])
        else:
            _say_opened(request, len(debits), refused)
            return redirect(safe_next(request, reverse("case_list")))
    status = 422 if form.errors else 200
    context = {"form": form, "selection": selection, "items": debits}
    return render_page(request, "cases/dispute_form.html", context=context, status=status)


def _open_disputes(request: HttpRequest, items: list[dict[str, Any]], form: DisputeForm) -> list[str]:
    """Open one dispute an item; return the refusals in words."""
    refused = []
    values = form.cleaned_data
    for item in items:
        amount: Decimal = values.get("amount") or item["open_amount"]
        number = item["document_number"]
        try:
            services.open_dispute(
                item_id=item["id"],
                amount=amount,
                reason_code=values["reason"],
                opened_date=desk_of(request).today,
                actor=actor_of(request),
                comment=values["comment"],
                due_date=values["due_date"],
                owner_id=values["owner"],
            )
        except services.DisputeAlreadyOpen:
            refused.append(_("%(number)s is disputed already.") % {"number": number})
        except services.AmountNotDisputable:
            refused.append(_("%(number)s has less open than that.") % {"number": number})
    return refused


def _say_opened(request: HttpRequest, asked: int, refused: list[str]) -> None:
    opened = asked - len(refused)
    text = ngettext("%(count)d dispute opened.", "%(count)d disputes opened.", opened) % {"count": opened}
    notify(request, " ".join([text, *refused[:3]]), tone="soon" if refused else "settled")
