"""Keep what a company posts by rule, and what a proposal plans; companies that are here already post nothing new."""

import django.db.models.deletion
from django.db import migrations, models

import quittance.foundation.fields

REASONS = [
    ("SMALL_DIFFERENCE", "Small difference written off"),
    ("BANK_FEE", "Fee kept by a bank"),
    ("EXCHANGE", "Exchange difference"),
    ("DISCOUNT", "Discount taken"),
    ("DEDUCTION", "Deduction, disputed"),
]
LEAVE_AS_IT_WAS = """
INSERT INTO cash_differencerule (company_id, kind, is_on, amount_max, share_max)
SELECT id, 'SMALL_DIFFERENCE', false, 1, 5 FROM parties_company
"""


class Migration(migrations.Migration):
    dependencies = [("cash", "0005_index_receipts_by_day"), ("parties", "0005_find_customers_by_number")]

    operations = [
        migrations.AddField(
            model_name="matchproposal",
            name="planned_differences",
            field=models.JSONField(default=list, db_default=models.Value([], models.JSONField())),
        ),
        migrations.CreateModel(
            name="DifferenceRule",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=REASONS, max_length=20)),
                ("is_on", models.BooleanField()),
                ("amount_max", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("share_max", models.PositiveSmallIntegerField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="parties.company"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "kind"), name="differencerule_unique"),
                    models.CheckConstraint(
                        condition=models.Q(amount_max__gte=0, share_max__lte=100)
                        & (models.Q(is_on=False) | models.Q(amount_max__gt=0) | models.Q(share_max__gt=0)),
                        name="differencerule_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["SMALL_DIFFERENCE", "BANK_FEE", "EXCHANGE"])),
                        name="differencerule_kind",
                    ),
                ],
            },
        ),
        migrations.RunSQL(LEAVE_AS_IT_WAS, migrations.RunSQL.noop),
    ]
