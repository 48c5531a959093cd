"""Made-up values for the living page of components; nothing here is read from or written to the database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.foundation import clock
from quittance.web.charts import Chart, Series
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Table

NAMES = ("Durand & Fils", "Hôtel du Port", "Bäckerei Vogel", "Atelier Nord", "Transports Roca", "Maison Lefèvre")
STATUSES = ("LATE", "DISPUTED", "PROMISED", "DUE_SOON", "SETTLED", "OPEN")
ICONS = (
    "search filter columns download upload add close check open phone mail edit delete undo play pause note link "
    "snooze promise dispute print help person"
)
PEOPLE = ("Alice Martin", "Bob Garnier", "Charlie Vidal", "")


class SampleTable(Table):
    """The table, on made-up rows."""

    key = "samples"
    caption = gettext_lazy("Sample items")
    columns = [
        Column(key="reference", label=gettext_lazy("Reference"), kind="link", is_sortable=True, href=lambda row: "#"),
        Column(key="customer", label=gettext_lazy("Customer"), is_sortable=True),
        Column(key="status", label=gettext_lazy("Status"), kind="status"),
        Column(key="owner", label=gettext_lazy("Owner"), kind="person", priority=3),
        Column(key="due", label=gettext_lazy("Due"), kind="date", is_sortable=True, priority=2),
        Column(key="days", label=gettext_lazy("Days late"), kind="days", is_sortable=True),
        Column(key="amount", label=gettext_lazy("Open"), kind="money", is_sortable=True),
    ]
    filters = [
        ChoiceFilter(
            name="status",
            label=gettext_lazy("Status"),
            choices=[
                ("LATE", gettext_lazy("Late")),
                ("DISPUTED", gettext_lazy("Disputed")),
                ("PROMISED", gettext_lazy("Promised")),
            ],
        ),
        DateFilter(name="due", label=gettext_lazy("Due")),
        AmountFilter(name="amount", label=gettext_lazy("Open")),
    ]
    search_fields = ["reference", "customer"]
    default_sort = "-days"
    page_size = 25
    presets = [(gettext_lazy("Late"), "status=LATE")]
    empty = Empty(title=gettext_lazy("Nothing here yet."))

    def row_tone(self, row: Any) -> str:
        """Mark disputed rows."""
        return "disputed" if row["status"] == "DISPUTED" else ""


class SampleForm(forms.Form):
    """Fields of every kind, one of them refused."""

    name = forms.CharField(label=gettext_lazy("Name"))
    limit = forms.DecimalField(label=gettext_lazy("Limit"), required=False)
    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("fr", "Français"), ("en", "English")])
    note = forms.CharField(label=gettext_lazy("Note"), required=False, widget=forms.Textarea)
    is_strategic = forms.BooleanField(label=gettext_lazy("Strategic customer"), required=False)
    file = forms.FileField(label=gettext_lazy("File"), required=False)


def rows(today: date) -> list[dict[str, Any]]:
    """Return sixty made-up items; every seventh is a credit, every ninth settled to nothing."""
    found = []
    for n in range(1, 61):
        days = (n * 37) % 170 - 30
        amount = Decimal(n * 91_733 % 1_000_000) / 100 * (-1 if n % 7 == 0 else 1) * (0 if n % 9 == 0 else 1)
        found.append(
            {
                "id": n,
                "reference": f"F2026-{n:04d}",
                "customer": NAMES[n % len(NAMES)],
                "status": STATUSES[n % len(STATUSES)],
                "owner": PEOPLE[n % len(PEOPLE)],
                "due": today - timedelta(days=days) if n % 11 else None,
                "days": days,
                "amount": amount,
                "currency": "EUR",
            }
        )
    return found


def buckets() -> list[dict[str, Any]]:
    """Return amounts by age."""
    amounts = ("812400.10", "148200.00", "76310.55", "31200.00", "12800.40", "48210.00")
    labels = (_("Not due"), _("1 to 30"), _("31 to 60"), _("61 to 90"), _("91 to 120"), _("Over 120"))
    return [
        {"label": label, "amount": Decimal(amount), "step": step, "href": f"?step={step}", "is_selected": step == 2}
        for step, (label, amount) in enumerate(zip(labels, amounts, strict=True))
    ]


def charts(today: date) -> list[Chart]:
    """Return a chart of each kind."""
    months = [f"{(today.month + n - 1) % 12 + 1:02d}/{today.year - 1 + (today.month + n - 1) // 12}" for n in range(12)]
    overdue = [Decimal(n) for n in (412, 398, 441, 460, 423, 405, 388, 372, 390, 366, 341, 329)]
    return [
        Chart(
            id="dso",
            title=_("DSO"),
            categories=months,
            unit=_("days"),
            digits=1,
            series=[
                Series(name=_("DSO"), values=[value / 8 for value in overdue]),
                Series(name=_("Best possible"), values=[value / 11 for value in overdue], tone="settled"),
            ],
        ),
        Chart(
            id="ageing",
            title=_("Ageing by month"),
            categories=months,
            unit="EUR",
            kind="stacked",
            series=[
                Series(name=_("Not due"), values=[value * 2000 for value in overdue], tone="not-due"),
                *(
                    Series(name=label, values=[value * (600 - step * 100) for value in overdue], tone=f"late-{step}")
                    for step, label in enumerate(("1-30", "31-60", "61-90", "91-120", "> 120"), start=1)
                ),
            ],
        ),
    ]


def timeline_entries() -> list[dict[str, Any]]:
    """Return a short history."""
    now = clock.now()
    return [
        {
            "at": now - timedelta(hours=3),
            "title": _("Reminder read"),
            "who": "Mme Petit",
            "text": _("Level 2, four items, 48,210.00 EUR."),
            "tone": "settled",
        },
        {"at": now - timedelta(days=2), "title": _("Promise broken"), "who": "Quittance", "tone": "late"},
        {
            "at": now - timedelta(days=9),
            "title": _("Call"),
            "who": "Alice Martin",
            "text": _("They pay on the 5th, after the board meets."),
            "tone": "promised",
        },
    ]


def changes() -> list[dict[str, Any]]:
    """Return changed values."""
    return [
        {"label": _("Terms"), "before": _("30 days"), "after": _("45 days, end of month")},
        {"label": _("Collector"), "before": "", "after": "Alice Martin"},
        {"label": _("Limit"), "before": "50,000", "after": "35,000"},
    ]


def context(today: date) -> dict[str, Any]:
    """Return what the page shows."""
    form = SampleForm({"name": "", "limit": "12,5O", "language": "fr"})
    form.is_valid()
    return {
        "buckets": buckets(),
        "charts": charts(today),
        "entries": timeline_entries(),
        "changes": changes(),
        "form": form,
        "trend": [31, 33, 30, 36, 38, 35, 41, 39, 44, 42, 40, 46],
        "steps": [_("File"), _("Columns"), _("Preview"), _("Import")],
        "pairs": [
            (_("SIREN"), "732 829 320"),
            (_("Terms"), _("45 days, end of month")),
            (_("Usual delay"), _("12 days late")),
            (_("Collector"), "Alice Martin"),
        ],
        "codes": ["LATE", "DUE_SOON", "SETTLED", "DISPUTED", "PROMISED", "OPEN", "RUNNING", "HELD"],
        "late": [-6, 0, 3, 42, 75, 110, 200],
        "amount": Decimal("48210.5"),
        "credit": Decimal("-1310.07"),
        "zero": Decimal(0),
        "icons": ICONS.split(),
    }
