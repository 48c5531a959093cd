"""Keep the lines that went to the ERP, so that they are known when they come back."""

import django.db.models.deletion
import quittance.foundation.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foundation", "0008_add_api_tokens"),
        ("ledger", "0013_find_factored_items"),
        ("parties", "0007_give_virtual_ibans"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandedLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry_number", models.BigIntegerField()),
                ("place", models.PositiveSmallIntegerField()),
                ("is_posting", models.BooleanField()),
                ("document_number", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("currency", quittance.foundation.fields.CurrencyField(max_length=3)),
                ("amount", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("company_currency", quittance.foundation.fields.CurrencyField(max_length=3)),
                ("amount_company", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("is_refused", models.BooleanField(default=False)),
                ("erp_reference", models.CharField(blank=True, max_length=80)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("external_id", models.CharField(blank=True, max_length=160)),
                ("payload_hash", models.CharField(blank=True, max_length=32)),
                ("journal_code", models.CharField(blank=True, max_length=20)),
                ("erp_entry_number", models.CharField(blank=True, max_length=60)),
                ("erp_document_number", models.CharField(blank=True, max_length=60)),
                ("returned_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.customeraccount",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.importbatch",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.company",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.openitem",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "amount"], name="handedline_account_amount")],
                "constraints": [
                    models.UniqueConstraint(fields=("company", "entry_number", "place"), name="handedline_place"),
                    models.UniqueConstraint(
                        condition=models.Q(("source", ""), _negated=True),
                        fields=("source", "external_id"),
                        name="handedline_external",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("batch__isnull", True), ("source", "")),
                            models.Q(models.Q(("source", ""), _negated=True), ("batch__isnull", False)),
                            _connector="OR",
                        ),
                        name="handedline_returned_whole",
                    ),
                ],
            },
        ),
    ]
