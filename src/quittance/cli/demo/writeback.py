"""The queue to the ERP in the demo: a batch that the ERP took but for one entry."""

from __future__ import annotations

from datetime import date

from quittance.foundation.permissions import Actor
from quittance.writeback import queries, services


def send_to_the_erp(*, company_id: int, today: date, actor: Actor) -> None:
    """Export what was matched, and answer as an ERP would; nothing when nothing waits."""
    try:
        batch_id = services.export_batch(company_id=company_id, as_of=today, actor=actor)
    except services.NothingWaits:
        return
    last = queries.list_unanswered_numbers(batch_id=batch_id)[-1]
    services.acknowledge_batch(
        batch_id=batch_id,
        reference=f"IMP-{today:%Y%m}-01",
        actor=actor,
        but=[services.Answer(number=last, refusal="Période close")],
    )
