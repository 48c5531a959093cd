"""Who gets copies of the invoices with a reminder, e-mail or letter: as the company does, or as the account wants."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from quittance.delivery.models import CopyWish, SenderIdentity
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.parties.services import lock_accounts

# Encoded they are a third longer, and many mail servers take no message above 10 MB.
COPIES_BYTES_MAX = 7 * 1024 * 1024
COPIES_MAX = 40
Copies = SenderIdentity.Copies

_ASKED = """
SELECT w.is_wanted, s.copies FROM parties_customeraccount a
LEFT JOIN delivery_copywish w ON w.account_id = a.id
LEFT JOIN delivery_senderidentity s ON s.company_id = a.company_id
WHERE a.id = %s
"""


def asks_for_copies(*, account_id: int, tone: str, is_courtesy: bool) -> bool:
    """Say whether a reminder of a tone to an account brings copies of its invoices. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [account_id])
        is_wanted, copies = cursor.fetchone() or (None, None)
    if is_wanted is not None:
        return bool(is_wanted)
    if is_courtesy:
        return bool(copies == Copies.ALWAYS)
    return copies in (Copies.LATE, Copies.ALWAYS) or (copies == Copies.FORMAL and tone == "FORMAL")


def copies_choices() -> list[tuple[str, Any]]:
    """Return what a company may choose, each with its label."""
    return list(Copies.choices)


def find_copy_wish(*, account_id: int) -> bool | None:
    """Return what an account wants, None for as its company does. One query."""
    return CopyWish.objects.filter(account_id=account_id).values_list("is_wanted", flat=True).first()


@transaction.atomic
def set_copy_wish(*, account_id: int, is_wanted: bool | None, actor: Actor) -> bool:
    """Keep what an account wants, None for as its company does; return whether anything changed."""
    account = lock_accounts(account_ids=[account_id])[account_id]
    before = find_copy_wish(account_id=account_id)
    if before is is_wanted:
        return False
    if is_wanted is None:
        CopyWish.objects.filter(account_id=account_id).delete()
    else:
        CopyWish.objects.update_or_create(account_id=account_id, defaults={"is_wanted": is_wanted})
    events.record(
        events.NewEvent(
            kind="account.edited",
            actor=actor,
            company_id=account.company_id,
            customer_id=account.customer_id,
            account_id=account_id,
            payload={"copies": [_word(before), _word(is_wanted)]},
        )
    )
    return True


def _word(is_wanted: bool | None) -> str:
    return {None: "", True: "ALWAYS", False: "NEVER"}[is_wanted]
