"""Chain events by hash and make them append-only."""

from django.db import migrations

SQL = r"""
CREATE FUNCTION quittance_event_hash(e foundation_event) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(sha256(convert_to(concat_ws('|',
    coalesce(e.previous_hash, ''), e.id, e.kind, extract(epoch FROM e.occurred_at), coalesce(e.actor_id, 0), e.actor_label,
    coalesce(e.company_id, 0), coalesce(e.customer_id, 0), coalesce(e.account_id, 0), coalesce(e.item_id, 0),
    e.subject_kind, e.subject_id, e.payload::text), 'UTF8')), 'hex');

CREATE FUNCTION quittance_chain_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One writer at a time until commit, and the id drawn inside the lock: id order is chain order.
    PERFORM pg_advisory_xact_lock(7001, 1);
    NEW.id := nextval(pg_get_serial_sequence('foundation_event', 'id'));
    NEW.previous_hash := coalesce((SELECT hash FROM foundation_event ORDER BY id DESC LIMIT 1), '');
    NEW.hash := quittance_event_hash(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER event_chain BEFORE INSERT ON foundation_event FOR EACH ROW EXECUTE FUNCTION quittance_chain_event();

CREATE FUNCTION quittance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('quittance.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON foundation_event
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON foundation_event
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_refuse_change();
"""

REVERSE = """
DROP TRIGGER event_no_truncate ON foundation_event;
DROP TRIGGER event_append_only ON foundation_event;
DROP TRIGGER event_chain ON foundation_event;
DROP FUNCTION quittance_refuse_change();
DROP FUNCTION quittance_chain_event();
DROP FUNCTION quittance_event_hash(foundation_event);
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_create_foundation")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
