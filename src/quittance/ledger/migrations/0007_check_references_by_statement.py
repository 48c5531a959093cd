"""Check the references of bulk rows once a statement instead of once a row, and skip triggers that have nothing to do.

A foreign key is checked row by row at commit: a million-line import spent a tenth of its time there, asking for
the same import batch 400,000 times and for items that the allocation trigger had just joined. The statement triggers
below ask the same, once; items and import batches still cannot go while something refers to them.
"""

import django.db.models.deletion
from django.db import migrations, models

# An allocation of an item that does not exist (yet) is refused at once: before, its item inserted later in the same
# transaction would have stayed wholly open.
SQL = r"""
CREATE FUNCTION quittance_require_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted bigint[]; found bigint[];
BEGIN
    SELECT array_agg(DISTINCT batch_id ORDER BY batch_id) INTO wanted FROM inserted WHERE batch_id IS NOT NULL;
    IF wanted IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(id ORDER BY id) INTO found FROM (
        SELECT id FROM foundation_importbatch WHERE id = ANY(wanted) ORDER BY id FOR KEY SHARE
    ) b;
    IF found IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION '% refers to an import that does not exist', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER openitem_batch_exists AFTER INSERT ON ledger_openitem REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_require_batch();
CREATE TRIGGER openitem_batch_exists_still AFTER UPDATE ON ledger_openitem REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION quittance_require_batch();
CREATE TRIGGER allocation_batch_exists AFTER INSERT ON ledger_allocation REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_require_batch();
CREATE TRIGGER lettergroup_batch_exists AFTER INSERT ON ledger_lettergroup REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_require_batch();

CREATE FUNCTION quittance_keep_referenced_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_openitem WHERE batch_id = OLD.id)
       OR EXISTS (SELECT 1 FROM ledger_lettergroup WHERE batch_id = OLD.id)
       OR EXISTS (SELECT 1 FROM ledger_allocation WHERE batch_id = OLD.id) THEN
        RAISE EXCEPTION 'import % has items, allocations or letter groups', OLD.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER importbatch_keep_referenced BEFORE DELETE ON foundation_importbatch
    FOR EACH ROW EXECUTE FUNCTION quittance_keep_referenced_batch();
CREATE TRIGGER importbatch_keep_referenced_id BEFORE UPDATE OF id ON foundation_importbatch
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION quittance_keep_referenced_batch();

CREATE FUNCTION quittance_refuse_new_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of item % never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER openitem_id_stays BEFORE UPDATE OF id ON ledger_openitem
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION quittance_refuse_new_id();

DROP TRIGGER openitem_insert ON ledger_openitem;
CREATE TRIGGER openitem_insert BEFORE INSERT ON ledger_openitem FOR EACH ROW
    WHEN (NEW.amount_open IS DISTINCT FROM NEW.amount_original
          OR NEW.amount_company_open IS DISTINCT FROM NEW.amount_company
          OR NEW.settled_date IS NOT NULL OR NEW.version <> 1)
    EXECUTE FUNCTION quittance_openitem_insert();
-- Depth 0: not from inside the allocation triggers, the only ones that may move what is open.
DROP TRIGGER openitem_update ON ledger_openitem;
CREATE TRIGGER openitem_update BEFORE UPDATE ON ledger_openitem FOR EACH ROW
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION quittance_openitem_update();

CREATE OR REPLACE FUNCTION quittance_allocation_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT n.debit_item_id, n.credit_item_id, d.id IS NULL OR c.id IS NULL AS is_unknown INTO wrong
    FROM inserted n
    LEFT JOIN ledger_openitem d ON d.id = n.debit_item_id
    LEFT JOIN ledger_openitem c ON c.id = n.credit_item_id
    LEFT JOIN parties_customeraccount da ON da.id = d.account_id
    LEFT JOIN parties_customeraccount ca ON ca.id = c.account_id
    WHERE d.id IS NULL OR c.id IS NULL
       OR d.amount_original < 0 OR c.amount_original > 0 OR d.currency <> c.currency
       OR da.company_id <> ca.company_id
       OR (da.customer_id <> ca.customer_id
           AND quittance_group_root(da.customer_id) <> quittance_group_root(ca.customer_id))
    LIMIT 1;
    IF FOUND AND wrong.is_unknown THEN
        RAISE EXCEPTION 'allocation of credit % to debit %: there is no such item', wrong.credit_item_id,
            wrong.debit_item_id USING ERRCODE = 'foreign_key_violation';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'allocation of credit % to debit %: needs one debit, one credit, one currency, one company and one '
            'customer group', wrong.credit_item_id, wrong.debit_item_id USING ERRCODE = 'check_violation';
    END IF;
    UPDATE ledger_openitem i
    SET amount_open = i.amount_open + s.amount, amount_company_open = i.amount_company_open + s.amount_company,
        settled_date = CASE WHEN i.amount_open + s.amount = 0 THEN s.effective_date END
    FROM (
        SELECT item_id, sum(amount) AS amount, sum(amount_company) AS amount_company,
               max(effective_date) AS effective_date
        FROM (
            SELECT debit_item_id AS item_id, -amount AS amount, -amount_company_debit AS amount_company, effective_date
            FROM inserted
            UNION ALL
            SELECT credit_item_id, amount, amount_company_credit, effective_date FROM inserted
        ) both_sides
        GROUP BY item_id
    ) s
    WHERE i.id = s.item_id;
    RETURN NULL;
END $$;
"""

REVERSE = """
DROP TRIGGER openitem_batch_exists ON ledger_openitem;
DROP TRIGGER openitem_batch_exists_still ON ledger_openitem;
DROP TRIGGER allocation_batch_exists ON ledger_allocation;
DROP TRIGGER lettergroup_batch_exists ON ledger_lettergroup;
DROP TRIGGER importbatch_keep_referenced ON foundation_importbatch;
DROP TRIGGER importbatch_keep_referenced_id ON foundation_importbatch;
DROP TRIGGER openitem_id_stays ON ledger_openitem;
DROP FUNCTION quittance_require_batch(); DROP FUNCTION quittance_keep_referenced_batch();
DROP FUNCTION quittance_refuse_new_id();
DROP TRIGGER openitem_insert ON ledger_openitem;
CREATE TRIGGER openitem_insert BEFORE INSERT ON ledger_openitem
    FOR EACH ROW EXECUTE FUNCTION quittance_openitem_insert();
DROP TRIGGER openitem_update ON ledger_openitem;
CREATE TRIGGER openitem_update BEFORE UPDATE ON ledger_openitem
    FOR EACH ROW EXECUTE FUNCTION quittance_openitem_update();
"""


def batch_field(**options: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        to="foundation.importbatch",
        **options,
    )


def item_field(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="ledger.openitem",
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_index_lists"), ("foundation", "0004_fold_plain_text_faster")]
    operations = [
        migrations.AlterField("openitem", "batch", batch_field(null=True)),
        migrations.AlterField("lettergroup", "batch", batch_field()),
        migrations.AlterField(
            "allocation",
            "batch",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="foundation.importbatch",
            ),
        ),
        migrations.AlterField("allocation", "debit_item", item_field("allocations_in")),
        migrations.AlterField("allocation", "credit_item", item_field("allocations_out")),
        migrations.RunSQL(SQL, REVERSE),
    ]
