"""Index what lists sort and search by, and let balances know their customer so that sums need no join."""

from django.db import migrations, models
from django.db.models import Q

FILL = """
UPDATE ledger_accountbalance b SET debtor_id = a.customer_id, creditor_id = a.company_id
FROM parties_customeraccount a WHERE a.id = b.account_id
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_drop_doubled_indexes")]
    operations = [
        migrations.AddIndex(
            model_name="openitem",
            index=models.Index(fields=["amount_open", "id"], name="openitem_open_amount", condition=~Q(amount_open=0)),
        ),
        migrations.AddIndex(
            model_name="openitem", index=models.Index(fields=["amount_original"], name="openitem_amount")
        ),
        migrations.AddIndex(
            model_name="openitem",
            index=models.Index(fields=["reference"], name="openitem_reference", condition=~Q(reference="")),
        ),
        migrations.AddField(
            model_name="accountbalance", name="debtor_id", field=models.BigIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="accountbalance", name="creditor_id", field=models.BigIntegerField(null=True)
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="accountbalance",
            index=models.Index(
                fields=["debtor_id", "currency"],
                name="accountbalance_customer",
                include=["account", "creditor_id", "open_total", "overdue"],
            ),
        ),
    ]
