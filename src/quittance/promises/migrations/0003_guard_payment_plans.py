"""Guard what was agreed: a schedule adds up, and never changes once it is written."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION quittance_paymentplan_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan promises_paymentplan%ROWTYPE;
BEGIN
    SELECT * INTO plan FROM promises_paymentplan WHERE id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF plan.total IS DISTINCT FROM (SELECT sum(amount) FROM promises_plannedinstalment WHERE plan_id = plan.id)
       OR plan.interest_total IS DISTINCT FROM
          (SELECT sum(interest_amount) FROM promises_plannedinstalment WHERE plan_id = plan.id)
       OR plan.total IS DISTINCT FROM (SELECT sum(amount) FROM promises_planneditem WHERE plan_id = plan.id) THEN
        RAISE EXCEPTION 'instalments and items of payment plan % do not add up to it', plan.id USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER paymentplan_adds_up AFTER INSERT ON promises_paymentplan
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION quittance_paymentplan_adds_up();

CREATE FUNCTION quittance_paymentplan_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a payment plan is never deleted: cancel it' USING ERRCODE = '23514';
    END IF;
    IF (OLD.account_id, OLD.currency, OLD.total, OLD.interest_total, OLD.annual_rate_pct, OLD.made_on)
       IS DISTINCT FROM
       (NEW.account_id, NEW.currency, NEW.total, NEW.interest_total, NEW.annual_rate_pct, NEW.made_on) THEN
        RAISE EXCEPTION 'the terms of a payment plan never change' USING ERRCODE = '23514';
    END IF;
    IF OLD.state = 'CANCELLED' AND NEW.state <> 'CANCELLED' THEN
        RAISE EXCEPTION 'a payment plan that was cancelled stays so' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER paymentplan_stays BEFORE UPDATE OR DELETE ON promises_paymentplan
    FOR EACH ROW EXECUTE FUNCTION quittance_paymentplan_stays();

CREATE FUNCTION quittance_plannedinstalment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an instalment of a payment plan is never deleted' USING ERRCODE = '23514';
    END IF;
    IF (OLD.plan_id, OLD.position, OLD.due_date, OLD.amount, OLD.interest_amount)
       IS DISTINCT FROM (NEW.plan_id, NEW.position, NEW.due_date, NEW.amount, NEW.interest_amount) THEN
        RAISE EXCEPTION 'day and amounts of an instalment never change' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plannedinstalment_stays BEFORE UPDATE OR DELETE ON promises_plannedinstalment
    FOR EACH ROW EXECUTE FUNCTION quittance_plannedinstalment_stays();

CREATE FUNCTION quittance_planneditem_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the items of a payment plan never change' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER planneditem_stays BEFORE UPDATE OR DELETE ON promises_planneditem
    FOR EACH ROW EXECUTE FUNCTION quittance_planneditem_stays();
"""
UNGUARDS = """
DROP TRIGGER planneditem_stays ON promises_planneditem;
DROP FUNCTION quittance_planneditem_stays();
DROP TRIGGER plannedinstalment_stays ON promises_plannedinstalment;
DROP FUNCTION quittance_plannedinstalment_stays();
DROP TRIGGER paymentplan_stays ON promises_paymentplan;
DROP FUNCTION quittance_paymentplan_stays();
DROP TRIGGER paymentplan_adds_up ON promises_paymentplan;
DROP FUNCTION quittance_paymentplan_adds_up();
"""


class Migration(migrations.Migration):
    dependencies = [("promises", "0002_create_payment_plans")]

    operations = [migrations.RunSQL(GUARDS, UNGUARDS)]
