"""Read print batches and their letters, and what every letter to an account has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.letters.addresses import is_deliverable, postal_lines
from quittance.letters.documents import BankAccount, Letterhead, Sender
from quittance.letters.models import BatchLetter, PrintBatch
from quittance.parties.queries import account_filter
from quittance.parties.virtual_ibans import bic_of

_IN = Q(letters__taken_out_at__isnull=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A batch with its counts; letters taken out are not counted."""

    id: int
    company_id: int
    company_name: str
    number: int
    state: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by_name: str
    printed_at: datetime | None
    printed_by_name: str
    posted_at: datetime | None
    posted_by_name: str
    letter_count: int
    page_count: int
    registered_count: int


def list_batches(*, scope: Scope = EVERYTHING) -> QuerySet[PrintBatch, Any]:
    """Return the batches of the companies in scope, newest first, for a table."""
    found = PrintBatch.objects.all()
    if scope.company_ids is not None:
        found = found.filter(company_id__in=sorted(scope.company_ids))
    rows: QuerySet[PrintBatch, Any] = found.annotate(
        letter_count=Count("letters", filter=_IN),
        page_count=Sum("letters__page_count", filter=_IN, default=0),
        registered_count=Count("letters", filter=_IN & Q(letters__is_registered=True)),
    ).values(
        *(name for name in BatchRow.__dataclass_fields__ if name != "company_name"), company_name=F("company__name")
    )
    return rows.order_by("-opened_at", "-id")


def find_batch(*, batch_id: int, scope: Scope = EVERYTHING) -> BatchRow | None:
    """Return one batch, None when there is none or it is out of scope. One query."""
    row = list_batches(scope=scope).filter(pk=batch_id).first()
    return BatchRow(**row) if row else None


def list_letters(*, batch_id: int) -> QuerySet[BatchLetter, Any]:
    """Return the letters of a batch in their order, those taken out too, for a table."""
    rows: QuerySet[BatchLetter, Any] = BatchLetter.objects.filter(batch_id=batch_id).values(*_LETTER, **_LETTER_NAMED)
    return rows.order_by("position", "id")


_LETTER = (
    "id",
    "batch_id",
    "position",
    "account_id",
    "message_id",
    "recipient_name",
    "postal_lines",
    "subject",
    "language",
    "page_count",
    "is_registered",
    "tracking_number",
    "size_bytes",
    "sha256",
    "added_at",
    "taken_out_at",
    "taken_out_by_name",
    "taken_out_reason",
)
_LETTER_NAMED = {
    "account_number": F("account__number"),
    "customer_id": F("account__customer_id"),
    "customer_name": F("account__customer__name"),
    "company_id": F("batch__company_id"),
    "batch_state": F("batch__state"),
    "batch_number": F("batch__number"),
}


def find_letter(*, letter_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one letter, None when there is none or it is out of scope. One query."""
    found = BatchLetter.objects.filter(account_filter(scope=scope, prefix="account__"), pk=letter_id)
    row: dict[str, Any] | None = found.values(*_LETTER, **_LETTER_NAMED).first()
    return row


def find_origin(*, letter_id: int) -> tuple[int, str] | None:
    """Return the account of a letter and the Message-ID of its transmission, None when there is none. One query."""
    return BatchLetter.objects.filter(pk=letter_id).values_list("account_id", "message_id").first()


def read_pdf(*, letter_id: int) -> bytes:
    """Return the PDF of a letter as it was kept. One query.

    :raises BatchLetter.DoesNotExist: :raises OSError: its file is gone
    """
    with BatchLetter.objects.get(pk=letter_id).file.open("rb") as file:
        return bytes(file.read())


def list_letters_of_account(*, account_id: int, limit: int = 20) -> list[dict[str, Any]]:
    """Return the printed letters of an account, newest first. One query."""
    found = BatchLetter.objects.filter(account_id=account_id).order_by("-added_at", "-id")
    return list(found.values(*_LETTER, **_LETTER_NAMED)[:limit])


def count_waiting(*, scope: Scope = EVERYTHING) -> int:
    """Count the letters that a person has to print or post. One query."""
    found = BatchLetter.objects.filter(account_filter(scope=scope, prefix="account__"), taken_out_at=None)
    return found.exclude(batch__state=PrintBatch.State.POSTED).count()


_HEADS = """
SELECT a.id, a.number, a.language, c.name, c.street, c.postcode, c.town, c.country,
    co.id, co.name, co.country, co.street, co.postcode, co.town, co.legal_identifier, co.vat_number, co.phone,
    co.sender_email, coalesce(u.name, ''), k.name, k.language, b.iban, b.bic, v.iban
FROM parties_customeraccount a
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
LEFT JOIN parties_user u ON u.id = a.collector_id AND u.is_active
LEFT JOIN LATERAL (
    SELECT name, language FROM parties_contact k
    WHERE k.customer_id = a.customer_id AND (k.account_id = a.id OR k.account_id IS NULL) AND k.is_active
      AND k.role IN ('ACCOUNTS_PAYABLE', 'FINANCE', 'MANAGEMENT')
    ORDER BY k.role, k.account_id IS NULL, k.id LIMIT 1
) k ON true
LEFT JOIN LATERAL (
    SELECT iban, bic FROM parties_companybankaccount b WHERE b.company_id = co.id AND b.is_shown_on_notices
    ORDER BY b.currency = a.currency DESC, b.currency = 'EUR' DESC, b.id LIMIT 1
) b ON true
LEFT JOIN LATERAL (
    SELECT iban FROM parties_virtualiban v WHERE v.customer_id = a.customer_id AND v.company_id = co.id
    ORDER BY v.given_at DESC, v.id DESC LIMIT 1
) v ON true
WHERE a.id = ANY(%s)
ORDER BY a.id
"""


def get_letterheads(*, account_ids: Sequence[int]) -> dict[int, Letterhead]:
    """Return who writes to whom, by account; ids that do not exist are left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [list(account_ids)])
        return {row[0]: _head(row) for row in cursor.fetchall()}


def _pay_to(iban: str | None, bic: str | None, virtual_iban: str | None) -> BankAccount | None:
    """Return the account to pay to: the one that this customer alone is told, else the company's."""
    if virtual_iban:
        return BankAccount(iban=virtual_iban, bic=bic_of(virtual_iban=virtual_iban, iban=iban or "", bic=bic or ""))
    return BankAccount(iban=iban, bic=bic or "") if iban else None


def _head(row: tuple[Any, ...]) -> Letterhead:
    account_id, number, language, customer, street, postcode, town, country = row[:8]
    company_id, *company = row[8:18]
    signatory, contact, contact_language, iban, bic, virtual_iban = row[18:]
    names = ("name", "country", "street", "postcode", "town", "legal_identifier", "vat_number", "phone", "email")
    sender = Sender(**dict(zip(names, company, strict=True)))
    return Letterhead(
        account_id=account_id,
        company_id=company_id,
        account_number=number,
        customer_name=customer,
        language=contact_language or language,
        sender=sender,
        recipient_lines=postal_lines(
            name=customer,
            contact=contact or "",
            street=street,
            postcode=postcode,
            town=town,
            country=country or sender.country,
            posted_in=sender.country,
        ),
        is_complete=is_deliverable(name=customer, street=street, town=town),
        bank_account=_pay_to(iban, bic, virtual_iban),
        signatory=signatory,
    )
