"""Keep what each line was decided from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cash", "0008_keep_batch_and_credited_account")]

    operations = [
        migrations.CreateModel(
            name="MatchInputs",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="match_inputs",
                        serialize=False,
                        to="cash.banktransaction",
                    ),
                ),
                ("decided_at", models.DateTimeField()),
                ("inputs", models.JSONField()),
                ("decision", models.JSONField()),
            ],
        ),
    ]
