"""Ranked tasks on their way into the table: the rules of `states` as SQL, and the stage that differences are read from.

A task whose facts have the fingerprint of those written last, whose state stays and whose owner is right is passed on
as seen, without the texts that it would be compared by.
"""

from __future__ import annotations

from django.db import connection

FACTS = (
    "kind",
    "role",
    "owner_id",
    "company_id",
    "account_id",
    "customer_id",
    "subject_kind",
    "subject_id",
    "amount",
    "currency",
    "days_late",
    "item_count",
    "score",
    "score_parts",
    "measures",
    "action_code",
    "action_reason",
    "due_date",
)
_TEXTS = ("score_parts", "measures")
# The day stands still while the state does; the rest of what is left out follows from the key.
_PRINTED = tuple(name for name in FACTS if name not in ("due_date", "account_id", "subject_kind", "subject_id"))

# Keys are unique by how they are made; an index that says so would cost a twentieth of a refresh.
# Texts become JSON when they are written into the table, which those that did not change never are.
_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS worklist_stage (
    key varchar(80) NOT NULL, kind varchar(16), role varchar(20), owner_id bigint, company_id bigint,
    account_id bigint, customer_id bigint, subject_kind varchar(40), subject_id varchar(64), amount numeric(20, 4),
    currency varchar(3), days_late integer, item_count integer, score integer, score_parts text, measures text,
    action_code varchar(30), action_reason varchar(40), due_date date, state varchar(8), state_before varchar(8),
    task_id bigint, fingerprint bigint, is_changed boolean NOT NULL DEFAULT true
) ON COMMIT DELETE ROWS
"""

_IS_ASLEEP = """t_state = 'SNOOZED' AND CASE WHEN t_wake_at IS NULL THEN t_snoozed_until > %(as_of)s
    ELSE t_wake_at > %(now)s END"""
_HAS_WORSENED = """(t_measures ->> 'action' IS DISTINCT FROM measures::jsonb ->> 'action' OR EXISTS (
    SELECT FROM jsonb_each_text(measures::jsonb) n
    WHERE n.key <> 'action' AND n.value::numeric > coalesce((t_measures ->> n.key)::numeric, 0)))"""
_STATE = f"""CASE WHEN {_IS_ASLEEP} THEN 'SNOOZED' WHEN t_state = 'DONE' AND NOT {_HAS_WORSENED} THEN 'DONE'
    ELSE 'OPEN' END"""


# The items of all accounts go through one hash table; spilling it to the disk costs half as much again.
_WORK_MEM = "96MB"


def open_stage() -> None:
    """Set up an empty stage for this transaction, and the connection for the statements that fill it."""
    with connection.cursor() as cursor:
        # Compiling the long statement costs more than it brings.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(f"SET LOCAL work_mem = '{_WORK_MEM}'")
        cursor.execute(_STAGE)
        # Two refreshes may share a transaction, and the stage empties only at commit.
        cursor.execute("DELETE FROM worklist_stage")


def known(*, owner: str) -> str:
    """Return what is known of a task `t`, as columns; `owner` is SQL of who has it by the facts."""
    return f"""t.id AS t_id, t.state AS t_state, t.snoozed_until AS t_snoozed_until, t.wake_at AS t_wake_at,
    t.due_date AS t_due_date, t.measures AS t_measures, t.fingerprint AS t_fingerprint,
    t.owner_id IS NOT DISTINCT FROM CASE WHEN t.team_id IS NULL THEN coalesce(t.assigned_to_id, {owner}) END
        AS t_is_owned"""


def staged(*, name: str, rows: str) -> str:
    """Return the relation `name`, which puts tasks into the stage.

    `rows` is a query of `key`, all `FACTS` (those of JSON as text) and what is `known`.
    """
    columns = ", ".join(FACTS)
    values = ", ".join(f"CASE WHEN is_changed THEN {fact} END" if fact in _TEXTS else fact for fact in FACTS)
    return f"""
{name} AS (
    INSERT INTO worklist_stage (key, {columns}, state, state_before, task_id, fingerprint, is_changed)
    SELECT key, {values}, state, t_state, t_id, fingerprint, is_changed FROM (
        SELECT f.*, t_id IS NULL OR t_fingerprint IS DISTINCT FROM fingerprint OR t_state <> state
            OR NOT t_is_owned AS is_changed
        FROM (
            SELECT q.*, {_STATE} AS state, hash_record_extended(ROW({", ".join(_PRINTED)}), 0) AS fingerprint
            FROM ({rows}) q OFFSET 0
        ) f OFFSET 0
    ) compared
)"""
