"""Date a settlement by the last effect, whatever the order of posting, and find by index what was settled since a day.

An item was dated by what settled it: a transfer of March posted after one of April said March. What was applied last
counts, so that "settled later than that day" and "open at the end of that day" are one.
"""

from django.db import migrations, models

SETTLED_ON = r"""
CREATE FUNCTION quittance_settled_on(item bigint) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT max(s.effective_date) FROM (
        SELECT id, effective_date FROM ledger_allocation WHERE debit_item_id = item
        UNION ALL
        SELECT id, effective_date FROM ledger_allocation WHERE credit_item_id = item
    ) s
    WHERE NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = s.id)
$$;
"""
# The functions of migrations 0007 and 0002, each with its one line about the date said otherwise.
APPLIED = (
    "quittance_allocation_insert",
    "settled_date = CASE WHEN i.amount_open + s.amount = 0 THEN s.effective_date END",
    "settled_date = CASE WHEN i.amount_open + s.amount <> 0 THEN NULL"
    " WHEN i.amount_open = i.amount_original THEN s.effective_date ELSE quittance_settled_on(i.id) END",
)
CHANGED = (
    "quittance_openitem_update",
    "NEW.settled_date := current_date;",
    "NEW.settled_date := coalesce(quittance_settled_on(OLD.id), NEW.document_date);",
)
# Said by who may: nobody but the triggers moves this date, so the guard steps aside for this one statement.
FILL = r"""
ALTER TABLE ledger_openitem DISABLE TRIGGER openitem_update;
UPDATE ledger_openitem i SET settled_date = s.day FROM (
    SELECT id, coalesce(quittance_settled_on(id), document_date) AS day FROM ledger_openitem WHERE amount_open = 0
) s
WHERE s.id = i.id AND i.settled_date IS DISTINCT FROM s.day;
ALTER TABLE ledger_openitem ENABLE TRIGGER openitem_update;
"""


def say_otherwise(name: str, before: str, after: str) -> str:
    """Return the SQL that replaces one piece of a function, and fails where that piece is not in it."""
    return f"""
    DO $do$ DECLARE old text := pg_get_functiondef('{name}'::regproc); BEGIN
        IF strpos(old, $t${before}$t$) = 0 THEN RAISE EXCEPTION 'function {name} is not as expected'; END IF;
        EXECUTE replace(old, $t${before}$t$, $t${after}$t$);
    END $do$;
    """


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_prepare_past_days")]
    operations = [
        migrations.RunSQL(
            SETTLED_ON + say_otherwise(*APPLIED) + say_otherwise(*CHANGED) + FILL,
            say_otherwise(APPLIED[0], APPLIED[2], APPLIED[1])
            + say_otherwise(CHANGED[0], CHANGED[2], CHANGED[1])
            + "DROP FUNCTION quittance_settled_on(bigint);",
        ),
        migrations.AddIndex(
            "openitem",
            models.Index(fields=["settled_date", "id"], condition=models.Q(amount_open=0), name="openitem_settled"),
        ),
    ]
