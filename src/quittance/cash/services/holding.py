"""Who has a bank line open on the desk: a lease of some minutes that only an explicit click takes from somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db import transaction as db_transaction

from quittance.cash.errors import TransactionNotFound
from quittance.cash.models import BankTransaction, LineLease
from quittance.cash.services.lines import record_line
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Actor, Scope

LEASE: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a line open, since when and until when unless they stay."""

    user_id: int
    name: str
    taken_at: datetime
    expires_at: datetime


# One statement, so that of two who come at once one gets the line: the other's update finds a lease that runs.
_TAKE = """
INSERT INTO cash_linelease (transaction_id, user_id, taken_at, expires_at) VALUES (%(line)s, %(user)s, %(now)s, %(end)s)
ON CONFLICT (transaction_id) DO UPDATE SET user_id = %(user)s, expires_at = %(end)s,
    taken_at = CASE WHEN cash_linelease.user_id = %(user)s AND cash_linelease.expires_at > %(now)s
        THEN cash_linelease.taken_at ELSE %(now)s END
WHERE cash_linelease.user_id = %(user)s OR cash_linelease.expires_at <= %(now)s OR %(steal)s
"""


def hold_line(*, transaction_id: int, actor: Actor) -> Holder | None:
    """Hold a waiting line for this person, or for longer, unless somebody else has it; return who has it then.

    A person holds one line at a time: the one they opened last. Nobody holds what does not wait. Call it for lines that
    the person may see.
    """
    LineLease.objects.filter(user_id=actor.user_id or 0).exclude(transaction_id=transaction_id).delete()
    if BankTransaction.objects.filter(pk=transaction_id, state=BankTransaction.State.WAITING).exists():
        _take(transaction_id, actor.user_id or 0, is_stolen=False)
    return find_holder(transaction_id=transaction_id)


@db_transaction.atomic
def take_over(*, transaction_id: int, actor: Actor, scope: Scope = EVERYTHING) -> None:
    """Hold a line, whoever had it; that is told in the line's history. :raises TransactionNotFound:"""
    row = BankTransaction.objects.select_related("bank_account").filter(pk=transaction_id).first()
    if row is None or not scope.allows_company(row.bank_account.company_id):
        raise TransactionNotFound(f"no bank line {transaction_id}")
    holder = find_holder(transaction_id=transaction_id)
    if row.state != BankTransaction.State.WAITING or actor.user_id is None:
        return
    _take(transaction_id, actor.user_id, is_stolen=True)
    if holder is not None and holder.user_id != actor.user_id:
        record_line(row=row, actor=actor, kind="transaction.taken_over", payload={"from": holder.name})


def release_line(*, transaction_id: int, actor: Actor) -> None:
    """Let a line go that this person holds; nothing happens to anybody else's."""
    LineLease.objects.filter(transaction_id=transaction_id, user_id=actor.user_id or 0).delete()


def find_holder(*, transaction_id: int) -> Holder | None:
    """Return who has a line open now. One query."""
    found = LineLease.objects.filter(transaction_id=transaction_id, expires_at__gt=clock.now())
    row = found.values_list("user_id", "user__name", "taken_at", "expires_at").first()
    return None if row is None else Holder(user_id=row[0], name=row[1], taken_at=row[2], expires_at=row[3])


def _take(transaction_id: int, user_id: int, *, is_stolen: bool) -> None:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE, {"line": transaction_id, "user": user_id, "now": now, "end": now + LEASE, "steal": is_stolen}
        )
