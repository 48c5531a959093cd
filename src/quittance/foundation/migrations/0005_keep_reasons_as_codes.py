"""Keep the reasons of rejected lines and of imports as a code with values; words are made where they are read."""

from django.db import migrations, models

NO_PARAMS = models.Value({}, models.JSONField())


class Migration(migrations.Migration):
    dependencies = [("foundation", "0004_fold_plain_text_faster")]
    operations = [
        migrations.AddField(
            "importbatch", "reason_code", models.CharField(max_length=40, blank=True, db_default="")
        ),
        migrations.AddField("importbatch", "reason_params", models.JSONField(default=dict, db_default=NO_PARAMS)),
        migrations.AddField("rejectedline", "reason_params", models.JSONField(default=dict, db_default=NO_PARAMS)),
        migrations.AlterField("rejectedline", "reason", models.TextField(blank=True, db_default="")),
    ]
