"""Hand a message that came in to those who keep remittance advices."""

from __future__ import annotations

from quittance.delivery.models import Attachment, InboundMessage
from quittance.parties.queries import get_accounts
from quittance.remittances import services as remittances


def keep_advices(*, inbound_id: int) -> int:
    """Keep what a message says of a payment; return how many advices that gave. Safe to run twice."""
    row = InboundMessage.objects.filter(pk=inbound_id).exclude(kind=InboundMessage.Kind.REPORT).first()
    if row is None:
        return 0
    account = get_accounts(account_ids=[row.account_id])[row.account_id] if row.account_id is not None else None
    files = Attachment.objects.filter(inbound_id=inbound_id).order_by("id").values_list("filename", "content")
    results = remittances.take_message(
        inbound_message_id=inbound_id,
        subject=row.subject,
        body_text=row.body_text,
        files=[remittances.MessageFile(filename=name, content=bytes(content)) for name, content in files],
        company_id=row.company_id,
        sender=remittances.Sender(
            email=row.sender,
            customer_id=account.customer_id if account is not None else None,
            inbound_message_id=inbound_id,
        ),
    )
    return sum(len(result.remittance_ids) for result in results)
