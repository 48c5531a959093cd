"""The aged balance as a table: one row a key and currency, in the order of names."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.ledger.queries import AgedBalanceReport, GroupBy
from quittance.web.insight_words import BUCKET_LABELS
from quittance.web.tables import AmountFilter, Column, Empty, Table


def aged_rows(report: AgedBalanceReport) -> list[dict[str, Any]]:
    """Return the rows of a report for the table: `id` is the place by name."""
    by = report.group_by
    return [
        {**row._asdict(), "id": place, "overdue": row.overdue, "group_by": by}
        for place, row in enumerate(report.rows, 1)
    ]


def _behind(group_by: GroupBy, key: str) -> str:
    """Return the address of what one row adds up."""
    here = reverse("aged_balance")
    match group_by:
        case GroupBy.CUSTOMER | GroupBy.GROUP:
            return reverse("customer_detail", args=[int(key)])
        case GroupBy.ACCOUNT:
            return f"{reverse('item_list')}?{urlencode({'account': key})}"
        case GroupBy.COMPANY:
            return f"{here}?{urlencode({'desk_company': key, 'by': GroupBy.DEPARTMENT.value})}"
        case GroupBy.CURRENCY | GroupBy.COMPANY_CURRENCY:
            return f"{reverse('item_list')}?{urlencode({'currency': key})}"
        case _:
            return ""


class AgedTable(Table):
    """Amounts by age; sums of the company's currency (by currency: of the documents')."""

    key = "aged"
    caption = _("Aged balance")
    CHOICES: ClassVar[list[tuple[str, Any]]] = [
        (GroupBy.CUSTOMER.value, _("Customer")),
        (GroupBy.ACCOUNT.value, _("Account")),
        (GroupBy.GROUP.value, _("Group")),
        (GroupBy.DEPARTMENT.value, _("Department")),
        (GroupBy.COMPANY.value, _("Company")),
        (GroupBy.CURRENCY.value, _("Document currency")),
    ]
    columns: ClassVar[list[Column]] = [
        Column(key="name", label=_("Name"), is_sortable=True, href=lambda row: _behind(row["group_by"], row["key"])),
        Column(key="code", label=_("Number"), is_sortable=True, priority=3),
        Column(key="total", label=_("Total"), kind="money", is_sortable=True),
        Column(key="overdue", label=_("Overdue"), kind="money", is_sortable=True),
        *(
            Column(key=key, label=label, kind="money", is_sortable=True, priority=2)
            for key, label in BUCKET_LABELS.items()
        ),
        Column(key="credits", label=_("Credits"), kind="money", priority=2),
        Column(key="unapplied", label=_("Unapplied cash"), kind="money", priority=2),
        Column(key="currency", label=_("Currency"), priority=3, is_visible=False),
    ]
    filters: ClassVar[list[Any]] = [
        AmountFilter(name="total", label=_("Total")),
        AmountFilter(name="overdue", label=_("Overdue")),
    ]
    search_fields: ClassVar[list[str]] = ["name", "code"]
    default_sort = "-overdue"
    empty = Empty(title=_("Nothing is owed on this day."), text=_("Import a ledger, or choose another day above."))
