"""The dense list below the focus."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, cast

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quittance.foundation.permissions import Permission, Scope
from quittance.parties import queries as parties
from quittance.parties.people import list_people
from quittance.web import formats
from quittance.web.access import companies_of
from quittance.web.tables import AmountFilter, BulkAction, ChoiceFilter, Column, Empty, Raw, Table
from quittance.web.tables.columns import Row
from quittance.web.tables.table import COUNT_LIMIT
from quittance.web.views import task_words
from quittance.worklist import queries as worklist

TONES = {"BROKEN_PROMISE": "late", "DISPUTE_LATE": "disputed", "PROMISE_DUE": "promised", "OVER_LIMIT": "soon"}


class CustomerColumn(Column):
    """Whom it is about: a link that brings the task into focus, the mark of strategic customers, the department."""

    def html(self, row: Row, *, has_currency_in_heading: bool, as_of: date | None) -> SafeString:
        """Return the cell; markup written here since a list draws it by the hundred."""
        found = format_html('<a data-open data-focus-link href="{}">{}</a>', row["focus_url"], row["title"])
        if row["is_strategic"]:
            found += format_html(' <span class="focus-mark">{}</span>', _("strategic"))
        if row["stands_in_for"]:
            text = _("for %(name)s") % {"name": row["stands_in_for"]}
            found += format_html(' <span class="focus-mark" data-away>{}</span>', text)
        place = row["department_name"] or ("" if row["customer_name"] else row["company_name"])
        if place:
            found += format_html(' <span class="muted">{}</span>', place)
        return found


class WhatColumn(Column):
    """What is to be done; a file gets the same words."""

    def html(self, row: Row, *, has_currency_in_heading: bool, as_of: date | None) -> SafeString:
        """Return the cell."""
        return format_html('<span class="nowrap">{}</span>', task_words.action_text(row["action_code"]))


class WhyColumn(Column):
    """The strongest reasons; a file gets the reason of the action."""

    def html(self, row: Row, *, has_currency_in_heading: bool, as_of: date | None) -> SafeString:
        """Return the cell."""
        return format_html('<span class="why">{}</span>', task_words.short_why(row))


class TodayTable(Table):
    """Open tasks, ranked."""

    key = "today"
    caption = gettext_lazy("What there is to do")
    columns: ClassVar[list[Column]] = [
        CustomerColumn(key="customer_name", label=gettext_lazy("Customer")),
        WhatColumn(key="action_code", label=gettext_lazy("What"), labels=task_words.ACTIONS),
        Column(key="amount", label=gettext_lazy("Amount"), kind="money", is_sortable=True),
        Column(key="days_late", label=gettext_lazy("Days late"), kind="days", is_sortable=True),
        WhyColumn(key="action_reason", label=gettext_lazy("Why"), labels=task_words.REASONS),
        Column(key="due_date", label=gettext_lazy("Due"), kind="date", is_sortable=True, priority=3),
        Column(key="owner_name", label=gettext_lazy("Owner"), kind="person", priority=2),
        Column(key="score", label=gettext_lazy("Points"), kind="number", is_sortable=True, is_visible=False),
        Column(key="company_name", label=gettext_lazy("Company"), is_visible=False),
        Column(key="department_name", label=gettext_lazy("Department"), is_visible=False),
        Column(key="account_number", label=gettext_lazy("Account"), is_visible=False),
    ]
    search_hint = gettext_lazy("Customer")
    default_sort = "-score"
    all_label = gettext_lazy("All tasks")
    presets = (
        (gettext_lazy("Calls"), "action=CALL"),
        (gettext_lazy("Promises"), "kind=PROMISE_DUE&kind=BROKEN_PROMISE"),
        (gettext_lazy("Above 10,000"), "amount_from=10000"),
    )

    def __init__(
        self,
        request: HttpRequest,
        rows: Any,
        *,
        scope: Scope,
        is_mine: bool = False,
        total: int | None = None,
        allowed: Collection[Permission] = (),
        worker: worklist.Worker | None = None,
        query: QueryDict | None = None,
    ) -> None:
        self.worker = worker
        if is_mine:
            # One's own name on every line says nothing.
            self.columns = [  # type: ignore[misc]
                replace(column, is_visible=False) if column.key == "owner_name" else column for column in self.columns
            ]
        self.filters = [  # type: ignore[misc]  # the choices depend on what the person may see
            ChoiceFilter(name="kind", label=gettext_lazy("Kind"), choices=worklist.kind_choices),
            ChoiceFilter(
                name="action", label=gettext_lazy("What"), field="action_code",
                choices=lambda: [(code, str(word)) for code, word in task_words.ACTIONS.items()],
            ),
            AmountFilter(name="amount", label=gettext_lazy("Amount"), field="amount"),
            ChoiceFilter(
                name="owner", label=gettext_lazy("Owner"), field="owner_id", reads=int,
                choices=lambda: [(str(person_id), name) for person_id, name in list_people(scope=scope)],
            ),
            ChoiceFilter(
                name="company", label=gettext_lazy("Company"), field="company_id", reads=int,
                choices=lambda: [(str(row.id), row.name) for row in companies_of(request)],
            ),
        ]  # fmt: skip
        self.total = total
        super().__init__(request, rows, bulk=bulk_actions(allowed), query=query)

    def search_condition(self, text: str) -> Raw:
        """Return the tasks of customers whose name holds the text, or whose number begins with it."""
        folded = parties.fold(text)
        return Raw(
            Q(customer__name_folded__contains=folded) | Q(customer__numbers_folded__contains=parties.number_part(text))
        )

    def row_tone(self, row: Row) -> str:
        """Return the meaning of the kinds that have one."""
        return TONES.get(row["kind"], "")

    @cached_property
    def count(self) -> int:
        """Return how many rows there are; known already when nothing narrows the list."""
        if self.total is not None and not self.asked.conditions:
            return min(self.total, COUNT_LIMIT + 1)
        return self.source.count(limit=COUNT_LIMIT + 1)

    def lines(self) -> Iterator[SafeString]:
        """Draw the rows with their words and the address that brings each into focus."""
        stood_in_for = self.worker.stood_in_for if self.worker else ()
        for row in self.page.rows:
            away = row["owner_name"] if row["owner_id"] in stood_in_for else ""
            found = {"title": title_of(row), "focus_url": self.focus_url(row["id"]), "stands_in_for": away}
            cast(dict[str, Any], row).update(found)
        return super().lines()

    def focus_url(self, task_id: int) -> str:
        """Return the address of the page with a task in focus, the list as it is."""
        return self.url(focus=str(task_id), cursor=self.params.get("cursor"))

    @cached_property
    def view_query(self) -> QueryDict:
        """Return what makes a view: not the task in focus."""
        params = super().view_query.copy()
        params.pop("focus", None)
        return params


def bulk_actions(allowed: Collection[Permission]) -> list[BulkAction]:
    """Return what a person may do with several tasks at once; with choices still to make, on a page of its own."""
    if Permission.COLLECT not in allowed and Permission.MATCH_CASH not in allowed:
        return []
    address, asking = reverse("task_bulk"), reverse("task_bulk_ask")
    found = [
        BulkAction(label=_("Snooze until tomorrow"), href=address, value="1"),
        BulkAction(label=_("Snooze a week"), href=address, value="7"),
        BulkAction(label=_("Done"), href=address, value="done"),
        BulkAction(label=_("Give to…"), href=asking, value="assign"),
    ]
    if Permission.COLLECT in allowed:
        found += [
            BulkAction(label=_("Why late…"), href=asking, value="reason"),
            BulkAction(label=_("Hold…"), href=asking, value="hold"),
        ]
    return found


def title_of(row: Row) -> str:
    """Return what a task is about: its customer, else what waits."""
    if row["customer_name"]:
        return str(row["customer_name"])
    count = row["item_count"]
    if row["kind"] == "TO_VALIDATE":
        return ngettext("%(count)d message to validate", "%(count)d messages to validate", count) % {"count": count}
    match row["subject_kind"]:
        case "bank_account":
            return ngettext("%(count)d bank line", "%(count)d bank lines", count) % {"count": count}
        case "corrective_action":
            return _("Corrective action")
        case "import":
            return ngettext("%(count)d rejected line", "%(count)d rejected lines", count) % {"count": count}
        case "dunning_run":
            messages = ngettext("%(count)d reminder", "%(count)d reminders", count) % {"count": count}
            return _("%(messages)s of %(day)s") % {
                "messages": messages,
                "day": formats.short_date_text(row["due_date"]),
            }
        case _:
            return ngettext("%(count)d customer to remind", "%(count)d customers to remind", count) % {"count": count}


def empty_text(*, is_mine: bool, has_team: bool, team_url: str) -> Empty:
    """Return what an empty list says."""
    if is_mine and has_team:
        return Empty(
            title=_("Your list is done."),
            text=_("What colleagues work on is under Team. New tasks appear here by themselves."),
            href=team_url,
            action=_("Look at the team's list"),
        )
    return Empty(
        title=_("Nothing is waiting."),
        text=_(
            "Tasks appear here by themselves: late accounts, broken promises, customers over their limit, disputes past"
            " their deadline, bank lines to match. Import a ledger to begin."
        ),
        href=reverse("import_list") if _has_imports() else "",
        action=_("Import") if _has_imports() else "",
    )


def _has_imports() -> bool:
    from quittance.web.shell import find_url

    return bool(find_url("import_list"))
