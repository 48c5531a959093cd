"""Guard what was handed over and what was said of claims, and ship the periods of French law.

Between merchants claims lapse after five years (Code de commerce L110-4 I), counted from the completion of the service
(Cass. com., 26 February 2020, 18-25.036); against consumers after two (Code de la consommation L218-2); against public
bodies after four, from the first day of the next year (law 68-1250 of 31 December 1968, articles 1 and 2, which let
a written claim interrupt them). The debtor's acknowledgement, part payment included (Code civil 2240), court action
(2241) and enforcement (2244) begin the period anew; a formal notice does not. Mediation suspends it, and leaves six
months at least (2238). Rows marked as to be checked stand on the text of the law alone.
"""

from datetime import date

from django.db import migrations

ACTS = ["ACKNOWLEDGEMENT", "PART_PAYMENT", "LAWSUIT", "ENFORCEMENT"]
# Debtor, since when, months, whether from the next year, events that interrupt, source, whether it has to be checked.
RULES = (
    (
        "BUSINESS",
        date(2008, 6, 19),
        60,
        False,
        ACTS,
        "C. com. L110-4 I; from completion: Cass. com. 26 Feb 2020, 18-25.036; C. civ. 2231, 2238, 2240 to 2244",
        False,
    ),
    ("CONSUMER", date(2008, 6, 19), 24, False, ACTS, "C. conso. L218-2; C. civ. 2231, 2238, 2240 to 2244", False),
    (
        "PUBLIC",
        date(1969, 1, 1),
        48,
        True,
        ["FORMAL_NOTICE", "ACKNOWLEDGEMENT", "PART_PAYMENT", "LAWSUIT"],
        "Law 68-1250 of 31 Dec 1968, art. 1 and 2: a written claim interrupts too",
        True,
    ),
)

GUARDS = """
CREATE FUNCTION quittance_limitationevent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an event of limitation is never deleted: take it back' USING ERRCODE = '23514';
    END IF;
    IF (OLD.item_id, OLD.kind, OLD.event_date, OLD.comment, OLD.recorded_by_id, OLD.recorded_by_name, OLD.recorded_at)
       IS DISTINCT FROM
       (NEW.item_id, NEW.kind, NEW.event_date, NEW.comment, NEW.recorded_by_id, NEW.recorded_by_name, NEW.recorded_at)
       OR OLD.end_date IS NOT NULL AND OLD.end_date IS DISTINCT FROM NEW.end_date
       OR OLD.is_withdrawn AND NOT NEW.is_withdrawn THEN
        RAISE EXCEPTION 'what was recorded of a claim stays: take it back and record it anew' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER limitationevent_stays BEFORE UPDATE OR DELETE ON litigation_limitationevent
    FOR EACH ROW EXECUTE FUNCTION quittance_limitationevent_stays();

CREATE FUNCTION quittance_handoveritem_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was handed over stays' USING ERRCODE = '23514';
    END IF;
    IF (OLD.handover_id, OLD.item_id, OLD.currency, OLD.amount_then, OLD.company_currency, OLD.amount_company_then)
       IS DISTINCT FROM
       (NEW.handover_id, NEW.item_id, NEW.currency, NEW.amount_then, NEW.company_currency, NEW.amount_company_then)
       OR NEW.is_live AND NOT OLD.is_live THEN
        RAISE EXCEPTION 'what was handed over stays' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handoveritem_stays BEFORE UPDATE OR DELETE ON litigation_handoveritem
    FOR EACH ROW EXECUTE FUNCTION quittance_handoveritem_stays();
"""
UNGUARDS = """
DROP TRIGGER handoveritem_stays ON litigation_handoveritem;
DROP FUNCTION quittance_handoveritem_stays();
DROP TRIGGER limitationevent_stays ON litigation_limitationevent;
DROP FUNCTION quittance_limitationevent_stays();
"""


def ship_rules(apps, schema_editor):
    rule = apps.get_model("litigation", "LimitationRule")
    rule.objects.bulk_create(
        rule(
            country="FR",
            debtor_kind=debtor_kind,
            from_date=from_date,
            months=months,
            is_from_next_year=is_from_next_year,
            months_left_min=6,
            interrupting=interrupting,
            source=source,
            is_to_be_checked=is_to_be_checked,
        )
        for debtor_kind, from_date, months, is_from_next_year, interrupting, source, is_to_be_checked in RULES
    )


class Migration(migrations.Migration):
    dependencies = [("litigation", "0001_create_litigation")]

    operations = [
        migrations.RunSQL(GUARDS, UNGUARDS),
        migrations.RunPython(ship_rules, migrations.RunPython.noop),
    ]
