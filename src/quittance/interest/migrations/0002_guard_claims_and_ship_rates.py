"""Guard what was decided, and ship the rates of the directive and of France.

The law's rate is the European Central Bank's main refinancing rate of 1 January or 1 July plus points: 10 for French
businesses (Code de commerce L441-10 II), 8 for French public bodies (Code de la commande publique R2192-31) and as the
common minimum of directive 2011/7/EU. The floor of an agreed rate between French businesses is three times the legal
rate, where it was found. Rows marked as to be checked stand on one source or on none that we could read again.
"""

from datetime import date
from decimal import Decimal

from django.db import migrations

# First day, refinancing rate, where it is from, whether it still has to be checked.
REFERENCE = (
    (date(2024, 1, 1), "4.50", "ECB key interest rates, 4.50 from 20 Sep 2023", False),
    (date(2024, 7, 1), "4.25", "ECB key interest rates, 4.25 from 12 Jun 2024", False),
    (date(2025, 1, 1), "3.15", "ECB key interest rates, 3.15 from 18 Dec 2024", True),
    (date(2025, 7, 1), "2.15", "ECB key interest rates, 2.15 from 11 Jun 2025", True),
    (date(2026, 1, 1), "2.15", "ECB key interest rates, 2.15 on 1 Jan 2026", False),
    (date(2026, 7, 1), "2.40", "one source for 2.40 on 1 Jul 2026; compare with ecb.europa.eu", True),
)
# Country, regime, points above it, what says so.
RULES = (
    ("FR", "BUSINESS", 10, "C. com. L441-10 II"),
    ("FR", "PUBLIC", 8, "CCP R2192-31"),
    ("EU", "BUSINESS", 8, "Dir. 2011/7/EU art. 2(6), 3: the minimum; national law may set more"),
    ("EU", "PUBLIC", 8, "Dir. 2011/7/EU art. 2(6), 4: the minimum; national law may set more"),
)
# Three times the legal rate: 2.76 and 2.62.
FLOORS = {date(2025, 7, 1): "8.28", date(2026, 1, 1): "7.86"}
EURO_AREA = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"

GUARDS = """
ALTER TABLE interest_interestclaim ADD CONSTRAINT interestclaim_days_once EXCLUDE USING gist (
    int8range(item_id, item_id, '[]') WITH &&, daterange(first_date, last_date, '[]') WITH &&
) WHERE (state <> 'WITHDRAWN');

CREATE FUNCTION quittance_interestclaim_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'a decision about interest is never deleted: take it back' USING ERRCODE = '23514';
    END IF;
    IF (OLD.account_id, OLD.item_id, OLD.document_number, OLD.first_date, OLD.last_date, OLD.currency, OLD.interest,
        OLD.indemnity, OLD.indemnity_currency, OLD.stretches, OLD.decided_date)
       IS DISTINCT FROM
       (NEW.account_id, NEW.item_id, NEW.document_number, NEW.first_date, NEW.last_date, NEW.currency, NEW.interest,
        NEW.indemnity, NEW.indemnity_currency, NEW.stretches, NEW.decided_date) THEN
        RAISE EXCEPTION 'days and amounts of a decision about interest never change' USING ERRCODE = '23514';
    END IF;
    IF OLD.state = 'WITHDRAWN' THEN
        RAISE EXCEPTION 'what was taken back stays so' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER interestclaim_stays BEFORE UPDATE OR DELETE ON interest_interestclaim
    FOR EACH ROW EXECUTE FUNCTION quittance_interestclaim_stays();
"""
UNGUARDS = """
DROP TRIGGER interestclaim_stays ON interest_interestclaim;
DROP FUNCTION quittance_interestclaim_stays();
ALTER TABLE interest_interestclaim DROP CONSTRAINT interestclaim_days_once;
"""


def ship_rates(apps, schema_editor):
    late_rate = apps.get_model("interest", "LateRate")
    late_rate.objects.bulk_create(
        late_rate(
            country=country,
            regime=regime,
            from_date=from_date,
            rate_pct=Decimal(reference) + points,
            floor_pct=_floor(country, regime, from_date, Decimal(reference) + points),
            indemnity=Decimal(40),
            indemnity_currency="EUR",
            source=f"{law}; {reference} + {points}: {source}",
            is_to_be_checked=is_to_be_checked,
        )
        for country, regime, points, law in RULES
        for from_date, reference, source, is_to_be_checked in REFERENCE
    )
    directive_country = apps.get_model("interest", "DirectiveCountry")
    directive_country.objects.bulk_create(
        directive_country(country=country, source="Dir. 2011/7/EU art. 2(7)(a): a state whose currency is the euro")
        for country in EURO_AREA.split()
    )


def _floor(country, regime, from_date, rate):
    """A public body may not agree to less than the law; businesses in France to three times the legal rate."""
    if regime == "PUBLIC":
        return rate
    found = FLOORS.get(from_date) if country == "FR" else None
    return Decimal(found) if found else None


class Migration(migrations.Migration):
    dependencies = [("interest", "0001_create_interest")]

    operations = [
        migrations.RunSQL(GUARDS, UNGUARDS),
        migrations.RunPython(ship_rates, migrations.RunPython.noop),
    ]
