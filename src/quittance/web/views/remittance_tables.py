"""The tables of the pages of remittances."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.web.remittance_words import SOURCES, STATE_TONES, STATES
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


def _url(row: Row) -> str:
    return reverse("remittance_detail", args=[row["id"]])


def _customer_url(row: Row) -> str:
    return reverse("customer_detail", args=[row["customer_id"]]) if row.get("customer_id") else ""


def _item_url(row: Row) -> str:
    return reverse("item_detail", args=[row["item_id"]]) if row.get("item_id") else ""


def _payer(row: Row) -> str:
    return str(row["payer_name"] or row["customer_name"] or row["payer_email"] or row["payer_iban"] or _("Unknown"))


class RemittanceTable(Table):
    """What payers have told, newest first."""

    key = "remittances"
    caption = _("Remittance advices")
    columns: ClassVar[list[Column]] = [
        Column(key="payer_name", label=_("Payer"), href=_url, text=_payer),
        Column(key="amount", label=_("Amount"), kind="money", is_sortable=True),
        Column(key="payment_date", label=_("Paid on"), kind="date", is_sortable=True),
        Column(key="state", label=_("State"), kind="status", labels=dict(STATES),
               tone=lambda row: STATE_TONES.get(row["state"], "neutral")),
        Column(key="total_announced", label=_("Check"), template="remittances/_check_cell.html", is_exported=False),
        Column(key="found_count", label=_("Items found"), template="remittances/_found_cell.html", priority=2),
        Column(key="customer_name", label=_("Customer"), href=_customer_url, priority=2),
        Column(key="payment_reference", label=_("Payment reference"), priority=2),
        Column(key="source", label=_("Came by"), labels=dict(SOURCES), priority=3),
        Column(key="format", label=_("Form"), priority=3, is_visible=False),
        Column(key="received_at", label=_("Received"), kind="moment", is_sortable=True, priority=3),
        Column(key="company_name", label=_("Company"), priority=3, is_visible=False),
        Column(key="line_count", label=_("Lines"), kind="number", priority=3, is_visible=False),
        Column(key="payer_iban", label=_("Payer's IBAN or account"), is_visible=False, priority=3),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="state", label=_("State"), choices=STATES),
        ChoiceFilter(name="source", label=_("Came by"), choices=SOURCES),
        FlagFilter(
            name="check", label=_("Lines make the total"),
            conditions={"yes": Q(total_announced=F("lines_sum")),
                        "no": Q(total_announced__isnull=False) & ~Q(total_announced=F("lines_sum"))},
        ),
        FlagFilter(
            name="customer", label=_("Customer known"),
            conditions={"yes": Q(customer_id__isnull=False), "no": Q(customer_id__isnull=True)},
        ),
        DateFilter(name="paid", label=_("Paid on"), field="payment_date"),
        AmountFilter(name="amount", label=_("Amount")),
        TextFilter(name="payer", label=_("Payer"), field="payer_name"),
    ]  # fmt: skip
    presets: ClassVar[list[Any]] = [(word, f"state={code}") for code, word in STATES]
    search_fields: ClassVar[list[str]] = ["payer_name", "payment_reference", "customer__name"]
    search_hint = _("Payer, reference of the payment or of a document")
    default_sort = "-received_at"
    empty = Empty(
        title=_("Nobody has told of a payment yet."),
        text=_(
            "Send what a payer wrote: a mail, PDF, table, EDIFACT, X12 or UBL file. Advices that come to the mailbox "
            "appear here by themselves, and wait for the money."
        ),
        href="/cash/remittances/import/", action=_("Import a remittance advice"),
    )  # fmt: skip

    def search_condition(self, text: str) -> Any:
        """Find payers, customers, references of payments and of documents."""
        found = Q(payer_name__icontains=text) | Q(payment_reference__icontains=text) | Q(customer__name__icontains=text)
        key = "".join(filter(str.isalnum, text)).upper()
        return Raw(found | Q(lines__reference_key=key) if key else found)


class RemittanceLineTable(Table):
    """The documents that a payment is for."""

    key = "remittance-lines"
    caption = _("Lines")
    columns: ClassVar[list[Column]] = [
        Column(key="reference", label=_("Reference as written"), is_sortable=True,
               text=lambda row: row["reference"] or str(_("Adjustment"))),
        Column(key="item_number", label=_("Item"), href=_item_url),
        Column(key="position", label=_("Line"), kind="number", is_sortable=True, priority=3),
        Column(key="item_open", label=_("Open now"), kind="money", priority=2),
        Column(key="document_date", label=_("Document date"), kind="date", priority=3),
        Column(key="amount_gross", label=_("Of the document"), kind="money", priority=2),
        Column(key="amount_discount", label=_("Discount"), kind="money", priority=2),
        Column(key="amount_deduction", label=_("Deduction"), kind="money"),
        Column(key="amount_paid", label=_("Paid"), kind="money", is_sortable=True),
        Column(key="reason_text", label=_("Reason"), template="remittances/_reason_cell.html",
               text=lambda row: " ".join(filter(None, [row["reason_code"], row["reason_text"]]))),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        FlagFilter(
            name="item", label=_("Item found"),
            conditions={"yes": Q(item_id__isnull=False), "no": Q(item_id__isnull=True)},
        ),
        FlagFilter(
            name="kept", label=_("Something kept back"),
            conditions={"yes": ~Q(amount_deduction=0) | ~Q(amount_discount=0),
                        "no": Q(amount_deduction=0, amount_discount=0)},
        ),
    ]  # fmt: skip
    search_fields: ClassVar[list[str]] = ["reference", "item__document_number"]
    default_sort = "position"
    empty = Empty(
        title=_("The advice tells no documents."),
        text=_("It announces the amount alone; the desk matches it by payer."),
    )
