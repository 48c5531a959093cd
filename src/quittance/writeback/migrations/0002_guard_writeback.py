"""Guard what goes to the ERP: an entry says what it said, goes its way step by step, and what left stays as it left."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION quittance_writebackentry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'entry % for the ERP stays', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.company_id, OLD.number, OLD.kind, OLD.day, OLD.account_id, OLD.item_id, OLD.origin_item_id, OLD.allocation_id,
        OLD.reason, OLD.letter_number, OLD.currency, OLD.amount)
       IS DISTINCT FROM
       (NEW.company_id, NEW.number, NEW.kind, NEW.day, NEW.account_id, NEW.item_id, NEW.origin_item_id, NEW.allocation_id,
        NEW.reason, NEW.letter_number, NEW.currency, NEW.amount) THEN
        RAISE EXCEPTION 'entry % for the ERP stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('WAITING', 'EXPORTED'), ('WAITING', 'CANCELLED'), ('EXPORTED', 'ACKNOWLEDGED'), ('EXPORTED', 'REFUSED'),
        ('REFUSED', 'WAITING'), ('REFUSED', 'CANCELLED'), ('CANCELLED', 'WAITING')) THEN
        RAISE EXCEPTION 'entry % for the ERP does not go from % to %', OLD.number, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER writebackentry_stays BEFORE UPDATE OR DELETE ON writeback_writebackentry
    FOR EACH ROW EXECUTE FUNCTION quittance_writebackentry_stays();
CREATE TRIGGER writebackbatch_stays BEFORE UPDATE OR DELETE ON writeback_writebackbatch
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();
CREATE TRIGGER writebackfile_stays BEFORE UPDATE OR DELETE ON writeback_writebackfile
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();
"""
UNGUARDS = """
DROP TRIGGER writebackfile_stays ON writeback_writebackfile;
DROP TRIGGER writebackbatch_stays ON writeback_writebackbatch;
DROP TRIGGER writebackentry_stays ON writeback_writebackentry;
DROP FUNCTION quittance_writebackentry_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("writeback", "0001_create_writeback"), ("foundation", "0003_chain_events")]

    operations = [migrations.RunSQL(GUARDS, UNGUARDS)]
