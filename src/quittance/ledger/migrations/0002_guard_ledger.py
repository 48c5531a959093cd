"""Let the database alone keep what is open, and refuse every change of posted facts."""

from django.db import migrations

ITEMS = r"""
CREATE FUNCTION quittance_openitem_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.amount_open := NEW.amount_original;
    NEW.amount_company_open := NEW.amount_company;
    NEW.settled_date := NULL;
    NEW.version := 1;
    RETURN NEW;
END $$;
CREATE TRIGGER openitem_insert BEFORE INSERT ON ledger_openitem
    FOR EACH ROW EXECUTE FUNCTION quittance_openitem_insert();

CREATE FUNCTION quittance_openitem_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Depth above one: the allocation triggers are at work, the only ones that may move what is open.
    IF pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    IF (NEW.account_id, NEW.kind, NEW.document_number, NEW.instalment, NEW.document_date, NEW.posting_date, NEW.due_date,
        NEW.currency, NEW.amount_original, NEW.company_currency, NEW.amount_company, NEW.source, NEW.external_id)
       IS NOT DISTINCT FROM
       (OLD.account_id, OLD.kind, OLD.document_number, OLD.instalment, OLD.document_date, OLD.posting_date, OLD.due_date,
        OLD.currency, OLD.amount_original, OLD.company_currency, OLD.amount_company, OLD.source, OLD.external_id)
       AND NEW.version = OLD.version THEN
        IF (NEW.amount_open, NEW.amount_company_open, NEW.settled_date)
           IS DISTINCT FROM (OLD.amount_open, OLD.amount_company_open, OLD.settled_date) THEN
            RAISE EXCEPTION 'amount_open of item % is kept by allocations alone', OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'facts of item % change only as a new version', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.source, NEW.external_id) IS DISTINCT FROM (OLD.source, OLD.external_id) THEN
        RAISE EXCEPTION 'identity of item % never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.amount_open <> OLD.amount_original
       AND (NEW.currency, NEW.account_id) IS DISTINCT FROM (OLD.currency, OLD.account_id) THEN
        RAISE EXCEPTION 'item % has allocations: its currency and account stay', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.amount_open := NEW.amount_original - (OLD.amount_original - OLD.amount_open);
    NEW.amount_company_open := NEW.amount_company - (OLD.amount_company - OLD.amount_company_open);
    IF NEW.amount_open <> 0 THEN
        NEW.settled_date := NULL;
    ELSIF OLD.amount_open <> 0 THEN
        NEW.settled_date := current_date;
    END IF;
    INSERT INTO ledger_openitemversion (item_id, version, row, replaced_at)
    VALUES (OLD.id, OLD.version, to_jsonb(OLD) - 'search_text', now());
    RETURN NEW;
END $$;
CREATE TRIGGER openitem_update BEFORE UPDATE ON ledger_openitem
    FOR EACH ROW EXECUTE FUNCTION quittance_openitem_update();
CREATE TRIGGER openitem_no_delete BEFORE DELETE ON ledger_openitem
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();
CREATE TRIGGER openitem_no_truncate BEFORE TRUNCATE ON ledger_openitem
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_refuse_change();
CREATE TRIGGER openitemversion_append_only BEFORE UPDATE OR DELETE ON ledger_openitemversion
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();

CREATE FUNCTION quittance_openitemversion_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'versions are written by the item trigger alone' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER openitemversion_insert BEFORE INSERT ON ledger_openitemversion
    FOR EACH ROW EXECUTE FUNCTION quittance_openitemversion_insert();
"""

ALLOCATIONS = r"""
CREATE FUNCTION quittance_group_root(customer bigint) RETURNS bigint LANGUAGE sql STABLE STRICT AS $$
    WITH RECURSIVE up(id, parent_id, depth) AS (
        SELECT id, parent_id, 0 FROM parties_customer WHERE id = customer
        UNION ALL
        SELECT p.id, p.parent_id, depth + 1 FROM up JOIN parties_customer p ON p.id = up.parent_id WHERE depth < 20
    )
    SELECT id FROM up ORDER BY depth DESC LIMIT 1
$$;

CREATE FUNCTION quittance_allocation_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT n.debit_item_id, n.credit_item_id INTO wrong
    FROM inserted n
    JOIN ledger_openitem d ON d.id = n.debit_item_id
    JOIN ledger_openitem c ON c.id = n.credit_item_id
    JOIN parties_customeraccount da ON da.id = d.account_id
    JOIN parties_customeraccount ca ON ca.id = c.account_id
    WHERE d.amount_original < 0 OR c.amount_original > 0 OR d.currency <> c.currency
       OR da.company_id <> ca.company_id
       OR (da.customer_id <> ca.customer_id
           AND quittance_group_root(da.customer_id) <> quittance_group_root(ca.customer_id))
    LIMIT 1;
    IF FOUND THEN
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
CREATE TRIGGER allocation_insert AFTER INSERT ON ledger_allocation REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_allocation_insert();
CREATE TRIGGER allocation_immutable BEFORE UPDATE OR DELETE ON ledger_allocation
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();
CREATE TRIGGER allocation_no_truncate BEFORE TRUNCATE ON ledger_allocation
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_refuse_change();

CREATE FUNCTION quittance_reversal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inserted n JOIN ledger_allocation a ON a.id = n.allocation_id
               WHERE n.effective_date < a.effective_date) THEN
        RAISE EXCEPTION 'a reversal cannot take effect before its allocation' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE ledger_openitem i
    SET amount_open = i.amount_open + s.amount, amount_company_open = i.amount_company_open + s.amount_company,
        settled_date = NULL
    FROM (
        SELECT item_id, sum(amount) AS amount, sum(amount_company) AS amount_company
        FROM (
            SELECT a.debit_item_id AS item_id, a.amount, a.amount_company_debit AS amount_company
            FROM inserted n JOIN ledger_allocation a ON a.id = n.allocation_id
            UNION ALL
            SELECT a.credit_item_id, -a.amount, -a.amount_company_credit
            FROM inserted n JOIN ledger_allocation a ON a.id = n.allocation_id
        ) both_sides
        GROUP BY item_id
    ) s
    WHERE i.id = s.item_id;
    RETURN NULL;
END $$;
CREATE TRIGGER reversal_insert AFTER INSERT ON ledger_allocationreversal REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_reversal_insert();
CREATE TRIGGER reversal_immutable BEFORE UPDATE OR DELETE ON ledger_allocationreversal
    FOR EACH ROW EXECUTE FUNCTION quittance_refuse_change();
CREATE TRIGGER reversal_no_truncate BEFORE TRUNCATE ON ledger_allocationreversal
    FOR EACH STATEMENT EXECUTE FUNCTION quittance_refuse_change();
"""

REVERSE = """
DROP TRIGGER openitem_insert ON ledger_openitem; DROP TRIGGER openitem_update ON ledger_openitem;
DROP TRIGGER openitem_no_delete ON ledger_openitem; DROP TRIGGER openitem_no_truncate ON ledger_openitem;
DROP TRIGGER openitemversion_append_only ON ledger_openitemversion;
DROP TRIGGER openitemversion_insert ON ledger_openitemversion;
DROP TRIGGER allocation_insert ON ledger_allocation; DROP TRIGGER allocation_immutable ON ledger_allocation;
DROP TRIGGER allocation_no_truncate ON ledger_allocation;
DROP TRIGGER reversal_insert ON ledger_allocationreversal; DROP TRIGGER reversal_immutable ON ledger_allocationreversal;
DROP TRIGGER reversal_no_truncate ON ledger_allocationreversal;
DROP FUNCTION quittance_openitem_insert(); DROP FUNCTION quittance_openitem_update();
DROP FUNCTION quittance_openitemversion_insert(); DROP FUNCTION quittance_allocation_insert();
DROP FUNCTION quittance_reversal_insert(); DROP FUNCTION quittance_group_root(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_create_ledger"), ("foundation", "0003_chain_events")]
    operations = [migrations.RunSQL(ITEMS + ALLOCATIONS, REVERSE)]
