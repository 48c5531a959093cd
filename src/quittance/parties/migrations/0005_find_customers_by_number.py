"""Keep a customer's numbers folded in one column: one test finds those that begin with a text."""

from django.db import migrations, models
from django.db.models.functions import Concat

NUMBERS = Concat(
    models.Value(" "), models.F("number"), models.Value(" "), models.F("siren"), models.Value(" "),
    models.F("vat_number"), output_field=models.TextField(),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("parties", "0004_add_teams")]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="numbers_folded",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(NUMBERS, function="quittance_fold", output_field=models.TextField()),
                output_field=models.TextField(),
            ),
        ),
    ]
