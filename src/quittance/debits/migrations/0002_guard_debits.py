"""Guard what is debited: within what is open, of one account and in euro, once, and as it left."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION quittance_debiteditem_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    item ledger_openitem%ROWTYPE;
    debited_account bigint;
BEGIN
    SELECT * INTO item FROM ledger_openitem WHERE id = NEW.item_id;
    SELECT account_id INTO debited_account FROM debits_debitinstruction WHERE id = NEW.instruction_id;
    IF item.account_id IS DISTINCT FROM debited_account THEN
        RAISE EXCEPTION 'item % is of another account', NEW.item_id USING ERRCODE = '23514';
    END IF;
    IF item.currency <> 'EUR' THEN
        RAISE EXCEPTION 'item % is not in euro', NEW.item_id USING ERRCODE = '23514';
    END IF;
    IF abs(NEW.amount) > abs(item.amount_open) OR sign(NEW.amount) <> sign(item.amount_open) THEN
        RAISE EXCEPTION 'no more than % is open on item %', item.amount_open, NEW.item_id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER debiteditem_fits BEFORE INSERT ON debits_debiteditem
    FOR EACH ROW EXECUTE FUNCTION quittance_debiteditem_fits();

CREATE FUNCTION quittance_debiteditem_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was debited stays' USING ERRCODE = '23514';
    END IF;
    IF (OLD.instruction_id, OLD.item_id, OLD.amount, OLD.amount_open_then, OLD.from_date)
       IS DISTINCT FROM (NEW.instruction_id, NEW.item_id, NEW.amount, NEW.amount_open_then, NEW.from_date)
       OR OLD.until_date IS NOT NULL AND NEW.until_date IS NULL THEN
        RAISE EXCEPTION 'what was debited stays' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER debiteditem_stays BEFORE UPDATE OR DELETE ON debits_debiteditem
    FOR EACH ROW EXECUTE FUNCTION quittance_debiteditem_stays();

CREATE FUNCTION quittance_debitinstruction_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint := CASE WHEN TG_TABLE_NAME = 'debits_debiteditem' THEN (to_jsonb(NEW) ->> 'instruction_id')::bigint
        ELSE NEW.id END;
BEGIN
    IF EXISTS (SELECT FROM debits_debitinstruction n WHERE n.id = wanted AND n.amount IS DISTINCT FROM
               (SELECT sum(x.amount) FROM debits_debiteditem x WHERE x.instruction_id = n.id)) THEN
        RAISE EXCEPTION 'debit % is not the sum of its items', wanted USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER debitinstruction_adds_up AFTER INSERT OR UPDATE OF amount ON debits_debitinstruction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION quittance_debitinstruction_adds_up();
CREATE CONSTRAINT TRIGGER debiteditem_adds_up AFTER INSERT ON debits_debiteditem
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION quittance_debitinstruction_adds_up();

CREATE FUNCTION quittance_debitcollection_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a collection stays: give it up' USING ERRCODE = '23514';
    END IF;
    IF OLD.sha256 <> '' AND
       (OLD.company_id, OLD.number, OLD.message_id, OLD.collection_date, OLD.amount, OLD.instruction_count,
        OLD.exported_at, OLD.file, OLD.sha256)
       IS DISTINCT FROM
       (NEW.company_id, NEW.number, NEW.message_id, NEW.collection_date, NEW.amount, NEW.instruction_count,
        NEW.exported_at, NEW.file, NEW.sha256) THEN
        RAISE EXCEPTION 'what left for the bank stays' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER debitcollection_stays BEFORE UPDATE OR DELETE ON debits_debitcollection
    FOR EACH ROW EXECUTE FUNCTION quittance_debitcollection_stays();
"""
UNGUARDS = """
DROP TRIGGER debitcollection_stays ON debits_debitcollection;
DROP FUNCTION quittance_debitcollection_stays();
DROP TRIGGER debiteditem_adds_up ON debits_debiteditem;
DROP TRIGGER debitinstruction_adds_up ON debits_debitinstruction;
DROP FUNCTION quittance_debitinstruction_adds_up();
DROP TRIGGER debiteditem_stays ON debits_debiteditem;
DROP FUNCTION quittance_debiteditem_stays();
DROP TRIGGER debiteditem_fits ON debits_debiteditem;
DROP FUNCTION quittance_debiteditem_fits();
"""


class Migration(migrations.Migration):
    dependencies = [("debits", "0001_create_debits")]

    operations = [migrations.RunSQL(GUARDS, UNGUARDS)]
