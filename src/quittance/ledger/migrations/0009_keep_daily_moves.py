"""Keep what each day moved, by company and department, so that the figures of any day are a sum of few rows.

The triggers only add rows, so no session waits for another; a job folds the rows of one key into one. An account that
changes its department, or an item whose facts change, takes its whole history along.
"""

from django.db import migrations, models

import quittance.foundation.fields

MEASURES = r"""
-- From which day on a movement counts in which measure. A debit is late from the day after its due date.
CREATE FUNCTION quittance_measures(kind text, is_credit boolean, day date, due date)
RETURNS TABLE (measure text, from_day date) LANGUAGE sql IMMUTABLE AS $$
    SELECT v.measure, v.from_day FROM (VALUES
        ('OWED', day), ('LATE_1', greatest(day, due + 1)), ('LATE_31', greatest(day, due + 31)),
        ('LATE_61', greatest(day, due + 61)), ('LATE_91', greatest(day, due + 91)),
        ('LATE_121', greatest(day, due + 121))
    ) v (measure, from_day) WHERE NOT is_credit
    UNION ALL
    SELECT CASE WHEN kind = 'PAYMENT' THEN 'UNAPPLIED' ELSE 'CREDITS' END, day WHERE is_credit
$$;

CREATE FUNCTION quittance_openitem_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_dailymove (company_id, department_id, currency, is_factored, measure, day, amount)
    SELECT g.company_id, g.department_id, g.currency, g.is_factored, m.measure, m.from_day, sum(g.amount)
    FROM (
        SELECT a.company_id, a.department_id, i.company_currency AS currency, i.is_factored, i.kind,
            i.amount_original < 0 AS is_credit, i.document_date AS day, i.due_date, sum(i.amount_company) AS amount
        FROM inserted i JOIN parties_customeraccount a ON a.id = i.account_id
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ) g
    CROSS JOIN LATERAL (
        SELECT * FROM quittance_measures(g.kind, g.is_credit, g.day, g.due_date)
        UNION ALL
        SELECT 'SALES', g.day WHERE g.kind IN ('INVOICE', 'CREDIT_NOTE')
    ) m
    GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END $$;
"""

# The same for the two sides of an allocation, and of a reversal; an item counts from its document date at the earliest.
_SIDES = r"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_dailymove (company_id, department_id, currency, is_factored, measure, day, amount)
    SELECT g.company_id, g.department_id, g.currency, g.is_factored, m.measure, m.from_day, sum(g.amount)
    FROM (
        SELECT a.company_id, a.department_id, i.company_currency AS currency, i.is_factored, i.kind,
            i.amount_original < 0 AS is_credit, greatest(s.day, i.document_date) AS day, i.due_date,
            sum(s.amount) AS amount
        FROM (
            SELECT l.debit_item_id AS item_id, n.effective_date AS day, {sign} l.amount_company_debit AS amount
            FROM {source}
            UNION ALL
            SELECT l.credit_item_id, n.effective_date, - {sign} l.amount_company_credit FROM {source}
        ) s
        JOIN ledger_openitem i ON i.id = s.item_id
        JOIN parties_customeraccount a ON a.id = i.account_id
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ) g
    CROSS JOIN LATERAL quittance_measures(g.kind, g.is_credit, g.day, g.due_date) m
    GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END $$;
"""
ALLOCATIONS = _SIDES.format(
    function="quittance_allocation_moves", sign="-", source="inserted n CROSS JOIN LATERAL (SELECT n.*) l"
)
REVERSALS = _SIDES.format(
    function="quittance_reversal_moves",
    sign="+",
    source="inserted n JOIN ledger_allocation l ON l.id = n.allocation_id",
)

CHANGES = r"""
-- Adds (sign 1) or takes away (sign -1) all that an item with these facts moves, and what was applied to it.
CREATE FUNCTION quittance_move_item(i ledger_openitem, company bigint, department bigint, sign integer)
RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO ledger_dailymove (company_id, department_id, currency, is_factored, measure, day, amount)
    SELECT company, department, i.company_currency, i.is_factored, m.measure, m.from_day, sum(sign * s.amount)
    FROM (
        SELECT true AS is_item, i.document_date AS day, i.amount_company AS amount
        UNION ALL
        SELECT false, effective_date, -amount_company_debit FROM ledger_allocation WHERE debit_item_id = i.id
        UNION ALL
        SELECT false, effective_date, amount_company_credit FROM ledger_allocation WHERE credit_item_id = i.id
        UNION ALL
        SELECT false, r.effective_date, CASE WHEN l.debit_item_id = i.id THEN l.amount_company_debit
            ELSE -l.amount_company_credit END
        FROM ledger_allocation l JOIN ledger_allocationreversal r ON r.allocation_id = l.id
        WHERE l.debit_item_id = i.id OR l.credit_item_id = i.id
    ) s
    CROSS JOIN LATERAL (
        SELECT * FROM quittance_measures(i.kind, i.amount_original < 0, greatest(s.day, i.document_date), i.due_date)
        UNION ALL
        SELECT 'SALES', s.day WHERE s.is_item AND i.kind IN ('INVOICE', 'CREDIT_NOTE')
    ) m
    GROUP BY m.measure, m.from_day
$$;
CREATE FUNCTION quittance_openitem_move_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM quittance_move_item(OLD, a.company_id, a.department_id, -1)
    FROM parties_customeraccount a WHERE a.id = OLD.account_id;
    PERFORM quittance_move_item(NEW, a.company_id, a.department_id, 1)
    FROM parties_customeraccount a WHERE a.id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE FUNCTION quittance_account_move_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM quittance_move_item(i, OLD.company_id, OLD.department_id, -1),
        quittance_move_item(i, NEW.company_id, NEW.department_id, 1)
    FROM ledger_openitem i WHERE i.account_id = NEW.id;
    RETURN NULL;
END $$;
"""

TRIGGERS = r"""
CREATE TRIGGER openitem_moves AFTER INSERT ON ledger_openitem REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_openitem_moves();
CREATE TRIGGER allocation_moves AFTER INSERT ON ledger_allocation REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_allocation_moves();
CREATE TRIGGER reversal_moves AFTER INSERT ON ledger_allocationreversal REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_reversal_moves();
CREATE TRIGGER openitem_moves_again
    AFTER UPDATE OF account_id, kind, document_date, due_date, amount_original, company_currency, amount_company,
        is_factored ON ledger_openitem FOR EACH ROW
    WHEN ((OLD.account_id, OLD.kind, OLD.document_date, OLD.due_date, OLD.amount_original, OLD.company_currency,
           OLD.amount_company, OLD.is_factored)
          IS DISTINCT FROM
          (NEW.account_id, NEW.kind, NEW.document_date, NEW.due_date, NEW.amount_original, NEW.company_currency,
           NEW.amount_company, NEW.is_factored))
    EXECUTE FUNCTION quittance_openitem_move_again();
CREATE TRIGGER account_moves_again AFTER UPDATE OF company_id, department_id ON parties_customeraccount FOR EACH ROW
    WHEN ((OLD.company_id, OLD.department_id) IS DISTINCT FROM (NEW.company_id, NEW.department_id))
    EXECUTE FUNCTION quittance_account_move_again();
"""

# What the ledger holds already, summed as the triggers do.
FILL = r"""
INSERT INTO ledger_dailymove (company_id, department_id, currency, is_factored, measure, day, amount)
SELECT g.company_id, g.department_id, g.currency, g.is_factored, m.measure, m.from_day, sum(g.amount)
FROM (
    SELECT a.company_id, a.department_id, i.company_currency AS currency, i.is_factored, i.kind,
        i.amount_original < 0 AS is_credit, s.is_item, greatest(s.day, i.document_date) AS day, i.due_date,
        sum(s.amount) AS amount
    FROM (
        SELECT id AS item_id, true AS is_item, document_date AS day, amount_company AS amount FROM ledger_openitem
        UNION ALL
        SELECT debit_item_id, false, effective_date, -amount_company_debit FROM ledger_allocation
        UNION ALL
        SELECT credit_item_id, false, effective_date, amount_company_credit FROM ledger_allocation
        UNION ALL
        SELECT l.debit_item_id, false, r.effective_date, l.amount_company_debit
        FROM ledger_allocationreversal r JOIN ledger_allocation l ON l.id = r.allocation_id
        UNION ALL
        SELECT l.credit_item_id, false, r.effective_date, -l.amount_company_credit
        FROM ledger_allocationreversal r JOIN ledger_allocation l ON l.id = r.allocation_id
    ) s
    JOIN ledger_openitem i ON i.id = s.item_id
    JOIN parties_customeraccount a ON a.id = i.account_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
) g
CROSS JOIN LATERAL (
    SELECT * FROM quittance_measures(g.kind, g.is_credit, g.day, g.due_date)
    UNION ALL
    SELECT 'SALES', g.day WHERE g.is_item AND g.kind IN ('INVOICE', 'CREDIT_NOTE')
) m
GROUP BY 1, 2, 3, 4, 5, 6;
"""
REVERSE = """
DROP TRIGGER openitem_moves ON ledger_openitem;
DROP TRIGGER openitem_moves_again ON ledger_openitem;
DROP TRIGGER allocation_moves ON ledger_allocation;
DROP TRIGGER reversal_moves ON ledger_allocationreversal;
DROP TRIGGER account_moves_again ON parties_customeraccount;
DROP FUNCTION quittance_openitem_moves(); DROP FUNCTION quittance_allocation_moves();
DROP FUNCTION quittance_reversal_moves(); DROP FUNCTION quittance_openitem_move_again();
DROP FUNCTION quittance_account_move_again();
DROP FUNCTION quittance_move_item(ledger_openitem, bigint, bigint, integer);
DROP FUNCTION quittance_measures(text, boolean, date, date);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_keep_customer_sums"), ("parties", "0003_index_countries")]
    operations = [
        migrations.CreateModel(
            name="DailyMove",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("company_id", models.BigIntegerField()),
                ("department_id", models.BigIntegerField()),
                ("currency", quittance.foundation.fields.CurrencyField()),
                ("is_factored", models.BooleanField()),
                ("measure", models.CharField(max_length=9)),
                ("day", models.DateField()),
                ("amount", quittance.foundation.fields.AmountField()),
            ],
        ),
        migrations.RunSQL(MEASURES + ALLOCATIONS + REVERSALS + CHANGES + TRIGGERS + FILL, REVERSE),
    ]
