"""Index the day of balances (are they fresh?) and of reversals (what held on a past day?)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guard_ledger")]
    operations = [
        migrations.AddIndex(
            model_name="accountbalance", index=models.Index(fields=["as_of"], name="accountbalance_as_of")
        ),
        migrations.AddIndex(
            model_name="allocationreversal",
            index=models.Index(fields=["effective_date"], name="allocationreversal_effective"),
        ),
    ]
