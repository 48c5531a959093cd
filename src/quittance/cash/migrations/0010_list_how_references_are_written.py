"""List how payers write references among what was learnt of them: only a part, mistyped, cut off, as a range."""

from django.db import migrations

BEFORE = """
CREATE OR REPLACE VIEW cash_learntthing AS
SELECT i.id, i.kind::text AS kind, i.customer_id, i.value::text AS value, i.seen_count::bigint AS seen_count,
    NULL::bigint AS confirmed_count, i.last_seen_date, i.is_active, i.is_given
FROM cash_payeridentity i
UNION ALL
SELECT -min(p.id), 'HABIT', a.customer_id, p.strategy::text, count(*),
    (sum(count(*)) OVER (PARTITION BY a.customer_id))::bigint, max(p.decided_at)::date, d.id IS NULL OR NOT d.is_off,
    false
FROM cash_matchproposal p
JOIN parties_customeraccount a ON a.id = p.account_id
LEFT JOIN cash_habitdecision d ON d.customer_id = a.customer_id AND d.strategy = p.strategy
WHERE p.state = 'APPLIED' AND NOT p.is_automatic AND p.strategy <> 'PICKED'
  AND (d.forgotten_at IS NULL OR p.decided_at > d.forgotten_at)
GROUP BY a.customer_id, p.strategy, d.id, d.is_off
"""
# Ids are of no table: those of ways to pay are negative, those of ways to write beneath them (whose names all differ in
# length).
WITH_WAYS_TO_WRITE = (
    BEFORE
    + """
UNION ALL
SELECT -1000000000000000 - 10 * min(p.id) - length(e.kind) % 10, 'HABIT', a.customer_id, e.kind, count(*),
    (SELECT count(*) FROM cash_matchproposal q JOIN parties_customeraccount b ON b.id = q.account_id
     WHERE b.customer_id = a.customer_id AND q.state = 'APPLIED' AND NOT q.is_automatic AND q.strategy <> 'PICKED'),
    max(p.decided_at)::date, d.id IS NULL OR NOT d.is_off, false
FROM cash_matchproposal p
JOIN parties_customeraccount a ON a.id = p.account_id
CROSS JOIN LATERAL (
    SELECT DISTINCT one ->> 'kind' AS kind FROM jsonb_array_elements(p.evidence) one
    WHERE one ->> 'kind' IN ('REFERENCE_PART', 'REFERENCE_RANGE', 'REFERENCE_CUT', 'REFERENCE_MISTYPED')
) e
LEFT JOIN cash_habitdecision d ON d.customer_id = a.customer_id AND d.strategy = e.kind
WHERE p.state = 'APPLIED' AND NOT p.is_automatic AND p.strategy <> 'PICKED'
  AND (d.forgotten_at IS NULL OR p.decided_at > d.forgotten_at)
GROUP BY a.customer_id, e.kind, d.id, d.is_off
"""
)


class Migration(migrations.Migration):
    dependencies = [("cash", "0009_keep_what_was_decided_from")]
    operations = [migrations.RunSQL(WITH_WAYS_TO_WRITE, BEFORE)]
