"""A kind of import for what payers send."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("foundation", "0005_keep_reasons_as_codes")]

    operations = [
        migrations.AlterField(
            model_name="importbatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("LEDGER", "Ledger"),
                    ("CUSTOMERS", "Customers"),
                    ("CONTACTS", "Contacts"),
                    ("STATEMENT", "Statement"),
                    ("REMITTANCE", "Remittance"),
                ],
                max_length=12,
            ),
        ),
    ]
