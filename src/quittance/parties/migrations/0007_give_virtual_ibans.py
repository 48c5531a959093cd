"""Keep the IBANs of ours that one customer alone is told."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0006_keep_agreements_on_payments")]

    operations = [
        migrations.CreateModel(
            name="VirtualIban",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("iban", models.CharField(max_length=34, unique=True)),
                ("given_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.company"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="virtual_ibans",
                        to="parties.customer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("iban", ""), _negated=True), name="virtualiban_given")
                ],
            },
        ),
    ]
