"""The append-only story: `record` adds to it, `verify_chain` proves that nobody rewrote it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from quittance.foundation import clock
from quittance.foundation.copying import copy_rows
from quittance.foundation.permissions import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One thing that happened; `kind` is `area.past_participle`, e.g. `allocation.posted`."""

    kind: str
    actor: Actor
    company_id: int | None = None
    customer_id: int | None = None
    account_id: int | None = None
    item_id: int | None = None
    subject_kind: str = ""
    subject_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


def record(*events: NewEvent) -> None:
    """Append events, in order, to the chain; call it last in the transaction.

    The trigger takes one lock for the chain until the transaction ends, so writers of events queue there.
    """
    record_all(events)


_COLUMNS = (
    "kind", "occurred_at", "actor_id", "actor_label", "company_id", "customer_id", "account_id", "item_id",
    "subject_kind", "subject_id", "payload", "previous_hash", "hash",
)  # fmt: skip


def record_all(events: Iterable[NewEvent]) -> None:
    """Append many events, in order, in one statement."""
    moment = clock.now()
    copy_rows(
        table="foundation_event",
        columns=_COLUMNS,
        rows=(
            (
                event.kind,
                moment,
                event.actor.user_id,
                event.actor.label,
                event.company_id,
                event.customer_id,
                event.account_id,
                event.item_id,
                event.subject_kind,
                event.subject_id,
                dict(event.payload),
                "",
                "",
            )
            for event in events
        ),
    )


_FOR_ACCOUNTS = """
INSERT INTO foundation_event (kind, occurred_at, actor_id, actor_label, account_id, subject_kind, subject_id, payload,
    previous_hash, hash)
SELECT %(kind)s, %(at)s, %(actor)s, %(label)s, one.account_id, %(subject_kind)s, %(subject_id)s, one.payload::jsonb,
    '', ''
FROM unnest(%(accounts)s::bigint[], %(payloads)s::text[]) WITH ORDINALITY AS one (account_id, payload, place)
ORDER BY one.place
"""


def record_for_accounts(
    *, kind: str, actor: Actor, subject_kind: str, subject_id: str, payloads: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """Append one event for each account, in order, in one statement: for very many of them.

    The trigger chains them row by row as it does all others. Call it last in the transaction.
    """
    if not payloads:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _FOR_ACCOUNTS,
            {
                "kind": kind,
                "at": clock.now(),
                "actor": actor.user_id,
                "label": actor.label,
                "subject_kind": subject_kind,
                "subject_id": subject_id,
                "accounts": [account_id for account_id, _payload in payloads],
                "payloads": [json.dumps(payload) for _account_id, payload in payloads],
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """How many events were checked and, when the chain is broken, the id of the first bad one."""

    checked: int
    broken_at: int | None

    @property
    def is_intact(self) -> bool:
        return self.broken_at is None


_VERIFY = """
SELECT count(*), min(id) FILTER (WHERE bad) FROM (
    SELECT id, hash IS DISTINCT FROM quittance_event_hash(e)
        OR previous_hash IS DISTINCT FROM coalesce(lag(hash) OVER (ORDER BY id), '') AS bad
    FROM foundation_event e
) checked
"""


def verify_chain() -> ChainReport:
    """Recompute every hash and link, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_VERIFY)
        checked, broken_at = cursor.fetchone()
    return ChainReport(checked=checked, broken_at=broken_at)
