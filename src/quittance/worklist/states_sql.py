"""The rules of `states` as SQL, over what is known of a task (`KNOWN`) and its measures of now (`fresh`)."""

from __future__ import annotations

KNOWN = """t.state AS t_state, t.snoozed_until AS t_snoozed_until, t.wake_at AS t_wake_at, t.due_date AS t_due_date,
    t.measures AS t_measures"""
IS_ASLEEP = """t_state = 'SNOOZED' AND CASE WHEN t_wake_at IS NULL THEN t_snoozed_until > %(as_of)s
    ELSE t_wake_at > %(now)s END"""
HAS_WORSENED = """(t_measures ->> 'action' IS DISTINCT FROM fresh ->> 'action' OR EXISTS (
    SELECT FROM jsonb_each_text(fresh) n
    WHERE n.key <> 'action' AND n.value::numeric > coalesce((t_measures ->> n.key)::numeric, 0)))"""
