"""Keep what a segment said as it was, and ship segments that work untouched.

Each names a shipped policy of reminders; the first segment of an account that names one decides.
"""

from datetime import UTC, date, datetime

from django.db import migrations

GUARDS = """
CREATE FUNCTION quittance_segmentversion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a segment said stays as it was: write a new version' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER segmentversion_stays BEFORE UPDATE OR DELETE ON segments_segmentversion
    FOR EACH ROW EXECUTE FUNCTION quittance_segmentversion_stays();

CREATE FUNCTION quittance_membership_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.segment_id, OLD.account_id, OLD.from_date) IS DISTINCT FROM (NEW.segment_id, NEW.account_id, NEW.from_date)
    THEN
        RAISE EXCEPTION 'an account belonged to a segment since the day it did' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER membership_stays BEFORE UPDATE ON segments_membership
    FOR EACH ROW EXECUTE FUNCTION quittance_membership_stays();
"""
UNGUARDS = """
DROP TRIGGER membership_stays ON segments_membership;
DROP FUNCTION quittance_membership_stays();
DROP TRIGGER segmentversion_stays ON segments_segmentversion;
DROP FUNCTION quittance_segmentversion_stays();
"""


def _is(field, operator, value):
    return {"field": field, "is": operator, "value": value}


# Code, name, what it is for, policy, rule.
SEGMENTS = (
    (
        "STRATEGIC",
        "Strategic",
        "Customers marked as strategic: a statement of account instead of reminders.",
        "STRATEGIC",
        {"all": [_is("is_strategic", "IS", True)]},
    ),
    (
        "PUBLIC_SECTOR",
        "Public sector",
        "Public bodies, which pay by their own calendar.",
        "PUBLIC_SECTOR",
        {"all": [_is("kind", "ONE_OF", ["PUBLIC"])]},
    ),
    (
        "LITIGATION_BOUND",
        "Litigation-bound",
        "Large amounts late for three months or more, by payers who pay very late, broke a promise or went silent.",
        "LITIGATION_BOUND",
        {
            "all": [
                _is("overdue", "AT_LEAST", "1000"),
                _is("oldest_days_late", "AT_LEAST", 90),
                {
                    "any": [
                        _is("payer_class", "ONE_OF", ["VERY_LATE"]),
                        _is("promises_broken_count", "AT_LEAST", 1),
                        _is("paid_count", "AT_MOST", 0),
                    ]
                },
            ]
        },
    ),
    (
        "SMALL_AMOUNTS",
        "Small amounts",
        "Accounts that owe little: few messages, no calls.",
        "SMALL_AMOUNTS",
        {"all": [_is("open_total", "BETWEEN", ["0.01", "150"])]},
    ),
    (
        "LATE_PAYERS",
        "Late payers",
        "Accounts that paid late over the last six months.",
        "STANDARD",
        {"all": [_is("payer_class", "ONE_OF", ["LATE", "VERY_LATE"])]},
    ),
    (
        "RELIABLE_PAYERS",
        "Reliable payers",
        "Accounts that paid early or on time over the last six months.",
        "STANDARD",
        {"all": [_is("payer_class", "ONE_OF", ["EARLY", "ON_TIME"])]},
    ),
)


def ship_segments(apps, schema_editor):
    segment, version = apps.get_model("segments", "Segment"), apps.get_model("segments", "SegmentVersion")
    for position, (code, name, description, policy_code, rule) in enumerate(SEGMENTS, 1):
        row = segment.objects.create(
            code=code, name=name, description=description, rule=rule, policy_code=policy_code, position=position
        )
        version.objects.create(
            segment=row,
            version=1,
            name=name,
            rule=rule,
            policy_code=policy_code,
            is_active=True,
            from_date=date(2000, 1, 1),
            recorded_by_name="Quittance",
            recorded_at=datetime(2000, 1, 1, tzinfo=UTC),
        )


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_create_segments")]

    operations = [
        migrations.RunSQL(GUARDS, UNGUARDS),
        migrations.RunPython(ship_segments, migrations.RunPython.noop),
    ]
