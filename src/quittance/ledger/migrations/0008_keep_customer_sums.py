"""Keep the sums of each customer beside the balances of its accounts, so that the list of customers opens by index.

The triggers add what a statement changed to what is kept: two sessions that change two accounts of one customer at
once both count, since the second adds to the row the first left.
"""

from django.db import migrations, models

import quittance.foundation.fields

SQL = r"""
CREATE FUNCTION quittance_keep_customer_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO ledger_customerbalance AS k (debtor_id, currency, account_count, open_total, overdue)
        SELECT debtor_id, currency, count(*), sum(open_total), sum(overdue)
        FROM new_rows WHERE debtor_id IS NOT NULL GROUP BY debtor_id, currency ORDER BY debtor_id, currency
        ON CONFLICT (debtor_id, currency) DO UPDATE SET account_count = k.account_count + excluded.account_count,
            open_total = k.open_total + excluded.open_total, overdue = k.overdue + excluded.overdue;
        RETURN NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO ledger_customerbalance AS k (debtor_id, currency, account_count, open_total, overdue)
        SELECT debtor_id, currency, sum(n), sum(open_total), sum(overdue)
        FROM (
            SELECT debtor_id, currency, 1 AS n, open_total, overdue FROM new_rows
            UNION ALL
            SELECT debtor_id, currency, -1, -open_total, -overdue FROM old_rows
        ) moves
        WHERE debtor_id IS NOT NULL
        GROUP BY debtor_id, currency
        HAVING sum(n) <> 0 OR sum(open_total) <> 0 OR sum(overdue) <> 0
        ORDER BY debtor_id, currency
        ON CONFLICT (debtor_id, currency) DO UPDATE SET account_count = k.account_count + excluded.account_count,
            open_total = k.open_total + excluded.open_total, overdue = k.overdue + excluded.overdue;
        DELETE FROM ledger_customerbalance k USING (SELECT DISTINCT debtor_id, currency FROM old_rows) o
        WHERE k.account_count = 0 AND k.debtor_id = o.debtor_id AND k.currency = o.currency;
        RETURN NULL;
    END IF;
    UPDATE ledger_customerbalance k SET account_count = k.account_count - o.n, open_total = k.open_total - o.open_total,
        overdue = k.overdue - o.overdue
    FROM (
        SELECT debtor_id, currency, count(*) AS n, sum(open_total) AS open_total, sum(overdue) AS overdue
        FROM old_rows GROUP BY debtor_id, currency
    ) o
    WHERE k.debtor_id = o.debtor_id AND k.currency = o.currency;
    DELETE FROM ledger_customerbalance k USING (SELECT DISTINCT debtor_id, currency FROM old_rows) o
    WHERE k.account_count = 0 AND k.debtor_id = o.debtor_id AND k.currency = o.currency;
    RETURN NULL;
END $$;
CREATE TRIGGER accountbalance_sum_insert AFTER INSERT ON ledger_accountbalance REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_keep_customer_sums();
CREATE TRIGGER accountbalance_sum_update AFTER UPDATE ON ledger_accountbalance
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_keep_customer_sums();
CREATE TRIGGER accountbalance_sum_delete AFTER DELETE ON ledger_accountbalance REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_keep_customer_sums();
INSERT INTO ledger_customerbalance (debtor_id, currency, account_count, open_total, overdue)
SELECT debtor_id, currency, count(*), sum(open_total), sum(overdue)
FROM ledger_accountbalance WHERE debtor_id IS NOT NULL GROUP BY debtor_id, currency;
"""
REVERSE = """
DROP TRIGGER accountbalance_sum_insert ON ledger_accountbalance;
DROP TRIGGER accountbalance_sum_update ON ledger_accountbalance;
DROP TRIGGER accountbalance_sum_delete ON ledger_accountbalance;
DROP FUNCTION quittance_keep_customer_sums();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_check_references_by_statement")]
    operations = [
        migrations.CreateModel(
            name="CustomerBalance",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("debtor_id", models.BigIntegerField()),
                ("currency", quittance.foundation.fields.CurrencyField()),
                ("account_count", models.IntegerField()),
                ("open_total", quittance.foundation.fields.AmountField()),
                ("overdue", quittance.foundation.fields.AmountField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("debtor_id", "currency"), name="customerbalance_unique")
                ],
                "indexes": [
                    models.Index(fields=["overdue", "id"], name="customerbalance_overdue"),
                    models.Index(fields=["open_total", "id"], name="customerbalance_open"),
                ],
            },
        ),
        migrations.RunSQL(SQL, REVERSE),
    ]
