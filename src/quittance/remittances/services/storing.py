"""Write one remittance and its lines; the very same one is not written twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from quittance.core.matching import fold_reference
from quittance.core.remittances import Remittance as Parsed
from quittance.core.remittances import RemittanceLine as ParsedLine
from quittance.core.remittances import remittance_digest
from quittance.foundation import clock
from quittance.parties.payments import find_bank_account
from quittance.remittances.models import Remittance

_COLUMNS = (
    "remittance_id", "position", "reference", "reference_key", "document_date", "amount_gross", "amount_paid",
    "amount_discount", "amount_deduction", "reason_code", "reason_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a remittance came from; `payer_email`, `customer_id` and `inbound_message_id` are of a message."""

    batch_id: int
    format: str
    source: str = Remittance.Source.FILE.value
    payer_email: str = ""
    customer_id: int | None = None
    inbound_message_id: int | None = None


def store_remittance(*, parsed: Parsed, company_id: int, currency: str, origin: Origin) -> int | None:
    """Write a remittance; `currency` is taken where the payer names none. Return its id, None when it is known.

    The caller is in a transaction; whoever comes second with the same content waits for the first and adds nothing.
    """
    iban = "".join(parsed.payer_iban.split()).upper()
    if iban and find_bank_account(account_id=iban) is not None:
        iban = ""  # ours: the account that is paid, not the one that pays
    row = Remittance(
        company_id=company_id,
        batch_id=origin.batch_id,
        position=parsed.position,
        source=origin.source,
        format=origin.format[:60],
        content_digest=remittance_digest(parsed),
        payer_name=" ".join(parsed.payer_name.split())[:200],
        payer_iban=iban[:40],
        payer_email=origin.payer_email[:254],
        customer_id=origin.customer_id,
        payment_reference=parsed.payment_reference[:80],
        end_to_end_id=parsed.end_to_end_id[:80],
        payment_date=parsed.payment_date,
        currency=parsed.currency or currency,
        total_announced=parsed.total,
        lines_sum=parsed.lines_sum,
        line_count=len(parsed.lines),
        rejected_count=len(parsed.rejected),
        received_at=clock.now(),
        inbound_message_id=origin.inbound_message_id,
    )
    Remittance.objects.bulk_create([row], ignore_conflicts=True)
    found = Remittance.objects.filter(company_id=company_id, content_digest=row.content_digest).get()
    if found.batch_id != origin.batch_id or found.position != parsed.position:
        return None
    _write_lines(found.id, parsed.lines)
    return found.id


def _write_lines(remittance_id: int, lines: Sequence[ParsedLine]) -> None:
    """Write the lines by COPY: fifty thousand in about a second."""
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY remittances_remittanceline ({names}) FROM STDIN") as copy,
    ):
        for line in lines:
            reference = line.reference.replace("\x00", "")[:120]
            copy.write_row(
                (
                    remittance_id,
                    line.position,
                    reference,
                    fold_reference(reference)[:120],
                    line.document_date,
                    line.amount_gross,
                    line.amount_paid,
                    line.amount_discount,
                    line.amount_deduction,
                    line.reason_code.replace("\x00", "")[:20],
                    line.reason_text.replace("\x00", "")[:255],
                )
            )
