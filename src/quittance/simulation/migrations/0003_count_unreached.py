"""Count the accounts that a step was due for and could not reach."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("simulation", "0002_guard_trials")]

    operations = [
        migrations.AddField(
            model_name="simulation", name="unreached", field=models.JSONField(db_default={}, default=dict)
        ),
    ]
