"""Know which payment a return took back, and from which day on something undone is posted anew."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cash", "0002_know_statements_by_content")]

    operations = [
        migrations.AddField(
            model_name="banktransaction",
            name="returned_transaction",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="cash.banktransaction",
            ),
        ),
        migrations.AddField(model_name="banktransaction", name="undone_date", field=models.DateField(null=True)),
        migrations.AlterField(
            model_name="banktransaction",
            name="state",
            field=models.CharField(
                choices=[
                    ("WAITING", "Waiting"),
                    ("MATCHED", "Matched"),
                    ("UNAPPLIED", "Unapplied"),
                    ("OUTGOING", "Outgoing"),
                    ("SET_ASIDE", "Set aside"),
                    ("RETURNED", "Sent back"),
                ],
                default="WAITING",
                max_length=10,
            ),
        ),
    ]
