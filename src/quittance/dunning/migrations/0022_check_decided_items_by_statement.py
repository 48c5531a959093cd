"""Check what a decided item refers to once a statement instead of once a row.

A foreign key is checked row by row at commit: a run over a million items spent a fifth of its time there, asking for
decisions that it had just written and for items that are never deleted. The statement trigger below asks the same,
once for what a run copies in; a decision still cannot go while it has items.
"""

import django.db.models.deletion
from django.db import migrations, models

# By arrays: a join would be planned for the size of a session's first statement, and that plan kept for all later ones.
SQL = r"""
CREATE FUNCTION quittance_require_decision_and_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE decisions bigint[]; items bigint[]; there bigint[]; item_count int;
BEGIN
    SELECT array_agg(DISTINCT decision_id ORDER BY decision_id), array_agg(DISTINCT item_id) INTO decisions, items
    FROM inserted;
    IF decisions IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(id ORDER BY id) INTO there FROM (
        SELECT id FROM dunning_dunningdecision WHERE id = ANY(decisions) ORDER BY id FOR KEY SHARE
    ) d;
    IF there IS DISTINCT FROM decisions THEN
        RAISE EXCEPTION 'a decided item refers to a decision that does not exist'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- Items are never deleted (openitem_no_delete) and keep their id (openitem_id_stays): nothing to lock.
    SELECT count(*) INTO item_count FROM ledger_openitem WHERE id = ANY(items);
    IF item_count <> cardinality(items) THEN
        RAISE EXCEPTION 'a decision refers to an item that does not exist' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER decisionitem_refers AFTER INSERT ON dunning_dunningdecisionitem REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_require_decision_and_item();

CREATE FUNCTION quittance_refuse_moved_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: a decision and what it says of which item stay', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER decisionitem_stays BEFORE UPDATE OF decision_id, item_id ON dunning_dunningdecisionitem FOR EACH ROW
    WHEN (NEW.decision_id IS DISTINCT FROM OLD.decision_id OR NEW.item_id IS DISTINCT FROM OLD.item_id)
    EXECUTE FUNCTION quittance_refuse_moved_decision();
CREATE TRIGGER decision_id_stays BEFORE UPDATE OF id ON dunning_dunningdecision FOR EACH ROW
    WHEN (NEW.id IS DISTINCT FROM OLD.id) EXECUTE FUNCTION quittance_refuse_moved_decision();

CREATE FUNCTION quittance_keep_decision_with_items() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        SELECT decision_id INTO kept FROM dunning_dunningdecisionitem LIMIT 1;
    ELSE
        SELECT d.id INTO kept FROM deleted d
        WHERE (SELECT true FROM dunning_dunningdecisionitem n WHERE n.decision_id = d.id LIMIT 1) LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'decision % has items', kept USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
-- After the statement: one that waited for a session that was just writing items sees them.
CREATE TRIGGER decision_keep_with_items AFTER DELETE ON dunning_dunningdecision REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_keep_decision_with_items();
CREATE TRIGGER decision_keep_with_items_all AFTER TRUNCATE ON dunning_dunningdecision
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_keep_decision_with_items();
"""

REVERSE = """
DROP TRIGGER decisionitem_refers ON dunning_dunningdecisionitem;
DROP TRIGGER decisionitem_stays ON dunning_dunningdecisionitem;
DROP TRIGGER decision_id_stays ON dunning_dunningdecision;
DROP TRIGGER decision_keep_with_items ON dunning_dunningdecision;
DROP TRIGGER decision_keep_with_items_all ON dunning_dunningdecision;
DROP FUNCTION quittance_require_decision_and_item();
DROP FUNCTION quittance_refuse_moved_decision();
DROP FUNCTION quittance_keep_decision_with_items();
"""


class Migration(migrations.Migration):
    dependencies = [("dunning", "0025_send_own_words"), ("ledger", "0007_check_references_by_statement")]

    operations = [
        migrations.AlterField(
            "dunningdecisionitem",
            "decision",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="dunning.dunningdecision",
            ),
        ),
        migrations.AlterField(
            "dunningdecisionitem",
            "item",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dunning_decision_items",
                to="ledger.openitem",
            ),
        ),
        migrations.RunSQL(SQL, REVERSE),
    ]
