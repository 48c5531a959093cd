"""Drop the indexes of foreign keys that other indexes of items begin with: each costs on every insert."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_keep_letters_and_compute_due_dates")]
    operations = [
        migrations.AlterField(
            model_name="openitem",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="parties.customeraccount",
            ),
        ),
        migrations.AlterField(
            model_name="openitem",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="foundation.importbatch",
            ),
        ),
    ]
