"""Drop the index of decisions by run alone: two others begin with the run, and each is kept up for every decision."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dunning", "0022_check_decided_items_by_statement")]

    operations = [
        migrations.AlterField(
            "dunningdecision",
            "run",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="dunning.dunningrun",
            ),
        ),
    ]
