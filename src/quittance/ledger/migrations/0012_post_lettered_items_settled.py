"""Let an import post items together with what settles them, each row written once.

Items that come with their whole lettering were written open, then written again by the allocation trigger: a second
row and its place in eight indexes for each. Now one statement may post both, under the setting
`quittance.posts_settled`. Nothing is taken on trust: what is open must be the original less what was applied, whoever
says so, or the statement fails.
"""

from django.db import migrations

APPLIED = """
SELECT item_id, sum(amount) AS amount, sum(amount_company) AS amount_company, max(effective_date) AS effective_date
FROM (
    SELECT a.debit_item_id AS item_id, -a.amount AS amount, -a.amount_company_debit AS amount_company, a.effective_date
    FROM ledger_allocation a JOIN wanted w ON w.id = a.debit_item_id
    WHERE NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = a.id)
    UNION ALL
    SELECT a.credit_item_id, a.amount, a.amount_company_credit, a.effective_date
    FROM ledger_allocation a JOIN wanted w ON w.id = a.credit_item_id
    WHERE NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = a.id)
) both_sides
GROUP BY item_id
"""
DIFFERS = """
    (i.amount_open, i.amount_company_open, i.settled_date) IS DISTINCT FROM (
        i.amount_original + coalesce(s.amount, 0), i.amount_company + coalesce(s.amount_company, 0),
        CASE WHEN i.amount_original + coalesce(s.amount, 0) = 0 THEN s.effective_date END)
"""
# EXECUTE plans for the rows at hand: a plan kept from a statement of one row would serve a million badly.
TOGETHER = f"""
CREATE FUNCTION quittance_openitem_agrees() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE wrong bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted WHERE amount_open <> amount_original OR settled_date IS NOT NULL
                   OR amount_company_open <> amount_company) THEN
        RETURN NULL;
    END IF;
    EXECUTE $q$
        WITH wanted AS MATERIALIZED (
            SELECT * FROM inserted WHERE amount_open <> amount_original OR settled_date IS NOT NULL
                OR amount_company_open <> amount_company
        )
        SELECT i.id FROM wanted i LEFT JOIN ({APPLIED}) s ON s.item_id = i.id WHERE {DIFFERS} LIMIT 1
    $q$ INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'item % is not open by what was applied to it', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $f$;
CREATE TRIGGER openitem_agrees AFTER INSERT ON ledger_openitem
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION quittance_openitem_agrees();

CREATE FUNCTION quittance_allocation_agrees() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE wrong bigint;
BEGIN
    IF current_setting('quittance.posts_settled', true) IS DISTINCT FROM 'on' THEN
        RETURN NULL;
    END IF;
    EXECUTE $q$
        WITH wanted AS MATERIALIZED (
            SELECT debit_item_id AS id FROM inserted UNION SELECT credit_item_id FROM inserted
        )
        SELECT i.id FROM wanted w JOIN ledger_openitem i ON i.id = w.id JOIN ({APPLIED}) s ON s.item_id = i.id
        WHERE {DIFFERS} LIMIT 1
    $q$ INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'item % is not open by what was applied to it', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $f$;
CREATE TRIGGER allocation_agrees AFTER INSERT ON ledger_allocation
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION quittance_allocation_agrees();

DROP TRIGGER openitem_insert ON ledger_openitem;
CREATE TRIGGER openitem_insert BEFORE INSERT ON ledger_openitem FOR EACH ROW
    WHEN (NEW.version <> 1 OR (current_setting('quittance.posts_settled', true) IS DISTINCT FROM 'on'
          AND (NEW.amount_open IS DISTINCT FROM NEW.amount_original
               OR NEW.amount_company_open IS DISTINCT FROM NEW.amount_company OR NEW.settled_date IS NOT NULL)))
    EXECUTE FUNCTION quittance_openitem_insert();
"""
SEPARATELY = """
DROP TRIGGER openitem_agrees ON ledger_openitem; DROP FUNCTION quittance_openitem_agrees();
DROP TRIGGER allocation_agrees ON ledger_allocation; DROP FUNCTION quittance_allocation_agrees();
DROP TRIGGER openitem_insert ON ledger_openitem;
CREATE TRIGGER openitem_insert BEFORE INSERT ON ledger_openitem FOR EACH ROW
    WHEN (NEW.amount_open IS DISTINCT FROM NEW.amount_original
          OR NEW.amount_company_open IS DISTINCT FROM NEW.amount_company
          OR NEW.settled_date IS NOT NULL OR NEW.version <> 1)
    EXECUTE FUNCTION quittance_openitem_insert();
"""
# The trigger that applies leaves items alone that were posted as settled; `allocation_agrees` looks at them.
STEP_ASIDE = (
    "quittance_allocation_insert",
    "    UPDATE ledger_openitem i\n",
    "    IF current_setting('quittance.posts_settled', true) = 'on' THEN\n        RETURN NULL;\n    END IF;\n"
    "    UPDATE ledger_openitem i\n",
)


def say_otherwise(name: str, before: str, after: str) -> str:
    """Return the SQL that replaces one piece of a function, and fails where that piece is not in it."""
    return f"""
    DO $do$ DECLARE old text := pg_get_functiondef('{name}'::regproc); BEGIN
        IF strpos(old, $t${before}$t$) = 0 THEN RAISE EXCEPTION 'function {name} is not as expected'; END IF;
        EXECUTE replace(old, $t${before}$t$, $t${after}$t$);
    END $do$;
    """


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_date_settlement_by_effect")]
    operations = [
        migrations.RunSQL(
            TOGETHER + say_otherwise(*STEP_ASIDE),
            say_otherwise(STEP_ASIDE[0], STEP_ASIDE[2], STEP_ASIDE[1]) + SEPARATELY,
        )
    ]
