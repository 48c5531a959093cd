"""The tables of the cash pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.parties.payments import list_bank_accounts
from quittance.web.access import companies_of
from quittance.web.cash_words import KIND_WORDS, WAITING_WORDS
from quittance.web.tables import (
    AmountFilter,
    ChoiceFilter,
    Column,
    DateFilter,
    Empty,
    FlagFilter,
    Raw,
    Table,
    TextFilter,
)
from quittance.web.tables.columns import Row

STATES = [
    ("WAITING", _("Waiting")),
    ("MATCHED", _("Matched")),
    ("UNAPPLIED", _("Unapplied")),
    ("UNIDENTIFIED", _("Payer unknown")),
    ("SPLIT", _("Split in parts")),
    ("SET_ASIDE", _("Set aside")),
    ("RETURNED", pgettext_lazy("payment", "Sent back")),
    ("OUTGOING", _("Outgoing")),
]
NO_LINES = Empty(
    title=_("Nothing waits."),
    text=_("Every receipt is matched or posted. New ones appear when a bank statement is imported."),
)


def line_url(row: Row) -> str:
    """Return the desk with this line on it."""
    return reverse("cash_line", args=[row["id"]])


class _Lines(Table):
    search_fields: ClassVar[list[str]] = ["counterparty_name", "text", "counterparty_iban"]
    default_sort = "-booking_date"

    def search_condition(self, text: str) -> Any:
        """Find names, texts, bank accounts, references, and amounts written with a point or a comma."""
        found = Q(counterparty_name__icontains=text) | Q(text__icontains=text) | Q(counterparty_iban__icontains=text)
        number = text.replace(" ", "").replace(",", ".")
        if number.replace(".", "", 1).isdigit() and len(number) < 16:
            found |= Q(amount=number)
        return Raw(found)


class WaitingTable(_Lines):
    """The left side of the desk: what waits."""

    key = "cash-waiting"
    caption = _("Waiting bank lines")
    has_export = False
    columns: ClassVar[list[Column]] = [
        Column(key="counterparty_name", label=_("Payer"), template="cash/_payer_cell.html"),
        Column(key="booking_date", label=_("Booked"), kind="date", is_sortable=True),
        Column(key="amount", label=_("Amount"), kind="money", is_sortable=True),
    ]
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(
            name="why", label=_("Why it waits"), field="waiting_reason",
            choices=[(code, word) for code, word in WAITING_WORDS.items()],
        ),
        AmountFilter(name="amount", label=_("Amount")),
        FlagFilter(
            name="proposed", label=_("Proposal"), conditions={"yes": Q(proposal_count__gt=0), "no": Q(proposal_count=0)}
        ),
    ]  # fmt: skip
    empty = NO_LINES

    def __init__(self, *args: Any, selected_id: int | None = None, **kwargs: Any) -> None:
        """Mark the line that is on the desk."""
        self.selected_id = selected_id
        super().__init__(*args, **kwargs)

    def row_tone(self, row: Row) -> str:
        """Draw the line that is on the desk as picked."""
        return "promised" if row["id"] == self.selected_id else ""


class LineTable(_Lines):
    """All bank lines, or those of one statement."""

    key = "cash-lines"
    caption = _("Bank lines")
    columns: ClassVar[list[Column]] = [
        Column(key="booking_date", label=_("Booked"), kind="date", is_sortable=True, href=line_url),
        Column(key="counterparty_name", label=_("Payer or payee"), href=line_url),
        Column(key="text", label=_("Text"), priority=2, template="cash/_text_cell.html"),
        Column(key="amount", label=_("Amount"), kind="money", is_sortable=True),
        Column(key="state", label=_("State"), kind="status", labels=dict(STATES)),
        Column(key="waiting_reason", label=_("Why"), priority=3, labels=WAITING_WORDS),
        Column(key="customer_name", label=_("Customer"), priority=2, href=lambda row: _customer_url(row)),
        Column(key="bank_account_name", label=_("Bank account"), priority=3),
        Column(key="value_date", label=_("Value date"), kind="date", priority=3, is_visible=False),
        Column(key="counterparty_iban", label=_("Their account"), priority=3, is_visible=False),
    ]
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="state", label=_("State"), choices=STATES),
        DateFilter(name="booked", label=_("Booked"), field="booking_date"),
        AmountFilter(name="amount", label=_("Amount")),
        TextFilter(name="payer", label=_("Payer or payee"), field="counterparty_name"),
    ]
    presets: ClassVar[list[Any]] = [
        (_("Waiting"), "state=WAITING"),
        (_("Matched"), "state=MATCHED"),
        (_("Unapplied"), "state=UNAPPLIED"),
        (_("Payer unknown"), "state=UNIDENTIFIED"),
        (_("Set aside"), "state=SET_ASIDE"),
    ]
    empty = Empty(
        title=_("No bank lines yet."), text=_("Import a bank statement to see them."), href="/cash/statements/import/",
        action=_("Import a statement"),
    )  # fmt: skip

    def __init__(self, request: HttpRequest, rows: Any, **kwargs: Any) -> None:
        """Offer the bank accounts of the companies that the person may see."""
        by_account = ChoiceFilter(
            name="account", label=_("Bank account"), field="bank_account_id", reads=int,
            choices=lambda: [
                (str(row.id), row.name)
                for row in list_bank_accounts(company_ids=[company.id for company in companies_of(request)])
            ],
        )  # fmt: skip
        self.filters = [*type(self).filters, by_account]  # type: ignore[misc]  # the choices depend on the person
        super().__init__(request, rows, **kwargs)


class StatementTable(Table):
    """Bank statements with the check of their balances."""

    key = "bank-statements"
    caption = _("Bank statements")
    columns: ClassVar[list[Column]] = [
        Column(key="closing_date", label=_("Until"), kind="date", is_sortable=True),
        Column(
            key="bank_account_name", label=_("Bank account"),
            href=lambda row: reverse("statement_detail", args=[row["id"]]),
        ),
        Column(key="kind", label=_("Kind"), priority=3, labels=KIND_WORDS),
        Column(key="opening_amount", label=_("Opening"), kind="money", priority=2),
        Column(key="movement_sum", label=_("Movements"), kind="money"),
        Column(key="closing_amount", label=_("Closing"), kind="money", priority=2),
        Column(key="is_balanced", label=_("Check"), template="cash/_check_cell.html"),
        Column(key="transaction_count", label=_("Lines"), kind="number"),
        Column(key="waiting_count", label=_("Waiting"), kind="number"),
        Column(key="duplicate_count", label=_("Known already"), kind="number", priority=3),
        Column(key="company_name", label=_("Company"), priority=3),
        Column(key="identifier", label=_("Bank's number"), priority=3, is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        FlagFilter(
            name="balanced", label=_("Balances"), conditions={"yes": Q(is_balanced=True), "no": Q(is_balanced=False)}
        ),
        FlagFilter(
            name="gap", label=_("Gap before"), conditions={"yes": Q(has_gap_before=True), "no": Q(has_gap_before=False)}
        ),
        DateFilter(name="until", label=_("Until"), field="closing_date"),
    ]
    search_fields: ClassVar[list[str]] = ["bank_account__name", "bank_account__iban", "identifier"]
    default_sort = "-closing_date"
    empty = Empty(
        title=_("No bank statements yet."),
        text=_("Import the first one: camt, MT940, CFONB120, OFX, BAI2, CODA or a table, also in a ZIP."),
        href="/cash/statements/import/", action=_("Import a statement"),
    )  # fmt: skip


def _customer_url(row: Row) -> str:
    from quittance.web.shell import find_url  # noqa: PLC0415

    if not row.get("customer_id") or not find_url("customer_list"):
        return ""
    return reverse("customer_detail", args=[row["customer_id"]])
