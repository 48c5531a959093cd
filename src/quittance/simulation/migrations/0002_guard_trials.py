"""Keep an account in one trial at a time; an arm that was stopped on its first day lasts no day and hinders nothing."""

from django.db import migrations

GUARDS = """
ALTER TABLE simulation_trialarm ADD CONSTRAINT trialarm_one_at_a_time EXCLUDE USING gist (
    int8range(account_id, account_id, '[]') WITH &&, daterange(from_date, until_date, '[)') WITH &&
);
"""
UNGUARDS = "ALTER TABLE simulation_trialarm DROP CONSTRAINT trialarm_one_at_a_time;"


class Migration(migrations.Migration):
    dependencies = [("simulation", "0001_create_simulations")]

    operations = [migrations.RunSQL(GUARDS, UNGUARDS)]
