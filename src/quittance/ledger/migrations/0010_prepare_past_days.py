"""Keep the sums of past days that people look at, and know at once when one of them is no longer true.

Each statement that posts or changes something writes down the first day it touches, with its transaction: a day that
was prepared by a transaction that did not see this one is stale. Nobody waits for anybody.
"""

import django.db.models.deletion
from django.db import migrations, models

import quittance.foundation.fields

SQL = r"""
CREATE TABLE ledger_pastchange (xid xid8 NOT NULL DEFAULT pg_current_xact_id(), from_day date NOT NULL);
CREATE INDEX pastchange_day ON ledger_pastchange (from_day);
ALTER TABLE ledger_pastday ADD COLUMN snapshot pg_snapshot;

CREATE FUNCTION quittance_past_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pastchange (from_day)
    SELECT min(document_date) FROM inserted HAVING min(document_date) IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION quittance_past_effects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pastchange (from_day)
    SELECT min(effective_date) FROM inserted HAVING min(effective_date) IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION quittance_past_item_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pastchange (from_day) VALUES (least(OLD.document_date, NEW.document_date));
    RETURN NULL;
END $$;
CREATE FUNCTION quittance_past_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pastchange (from_day) VALUES ('-infinity');
    RETURN NULL;
END $$;

CREATE TRIGGER openitem_past AFTER INSERT ON ledger_openitem REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_past_items();
CREATE TRIGGER allocation_past AFTER INSERT ON ledger_allocation REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_past_effects();
CREATE TRIGGER reversal_past AFTER INSERT ON ledger_allocationreversal REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_past_effects();
CREATE TRIGGER openitem_past_again
    AFTER UPDATE OF account_id, kind, document_date, due_date, amount_original, company_currency, amount_company
    ON ledger_openitem FOR EACH ROW
    WHEN ((OLD.account_id, OLD.kind, OLD.document_date, OLD.due_date, OLD.amount_original, OLD.company_currency,
           OLD.amount_company)
          IS DISTINCT FROM
          (NEW.account_id, NEW.kind, NEW.document_date, NEW.due_date, NEW.amount_original, NEW.company_currency,
           NEW.amount_company))
    EXECUTE FUNCTION quittance_past_item_again();
CREATE TRIGGER account_past_again AFTER UPDATE OF customer_id, company_id ON parties_customeraccount FOR EACH ROW
    WHEN ((OLD.customer_id, OLD.company_id) IS DISTINCT FROM (NEW.customer_id, NEW.company_id))
    EXECUTE FUNCTION quittance_past_all();
CREATE TRIGGER company_past_again AFTER UPDATE OF currency ON parties_company FOR EACH ROW
    WHEN (OLD.currency IS DISTINCT FROM NEW.currency) EXECUTE FUNCTION quittance_past_all();
"""
REVERSE = """
DROP TRIGGER company_past_again ON parties_company;
DROP TRIGGER account_past_again ON parties_customeraccount;
DROP TRIGGER openitem_past_again ON ledger_openitem;
DROP TRIGGER reversal_past ON ledger_allocationreversal;
DROP TRIGGER allocation_past ON ledger_allocation;
DROP TRIGGER openitem_past ON ledger_openitem;
DROP FUNCTION quittance_past_all(); DROP FUNCTION quittance_past_item_again();
DROP FUNCTION quittance_past_effects(); DROP FUNCTION quittance_past_items();
ALTER TABLE ledger_pastday DROP COLUMN snapshot;
DROP TABLE ledger_pastchange;
"""
AMOUNTS = (
    "not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120", "overdue", "credits", "unapplied",
    "total",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_keep_daily_moves"), ("parties", "0003_index_countries")]
    operations = [
        migrations.CreateModel(
            name="PastDay",
            fields=[
                ("as_of", models.DateField(primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                ("made_at", models.DateTimeField(null=True)),
                ("used_on", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="PastBalance",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("as_of", models.DateField()),
                ("kind", models.CharField(max_length=8)),
                ("key_id", models.BigIntegerField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="past_balances",
                        to="parties.customer",
                    ),
                ),
                ("currency", quittance.foundation.fields.CurrencyField()),
                *((name, quittance.foundation.fields.AmountField()) for name in AMOUNTS),
                ("item_count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["as_of", "kind", "customer", "key_id", "currency"], name="pastbalance_unique")
                ],
                "indexes": [
                    models.Index(fields=["as_of", "kind", "overdue", "id"], name="pastbalance_overdue"),
                    models.Index(fields=["as_of", "kind", "total", "id"], name="pastbalance_total"),
                ],
            },
        ),
        migrations.RunSQL(SQL, REVERSE),
    ]
