"""Keep what the desk decides: parts of lines, differences, limits, requests, leases, questions."""

import django.db.models.deletion
import quittance.foundation.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_create_corrective_actions"),
        ("cash", "0003_know_returned_payments"),
        ("ledger", "0013_find_factored_items"),
        ("parties", "0005_find_customers_by_number"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CashDifference",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("SMALL_DIFFERENCE", "Small difference written off"),
                            ("BANK_FEE", "Fee kept by a bank"),
                            ("EXCHANGE", "Exchange difference"),
                            ("DISCOUNT", "Discount taken"),
                            ("DEDUCTION", "Deduction, disputed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("amount", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("currency", quittance.foundation.fields.CurrencyField(max_length=3)),
                ("amount_company", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("comment", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("created_by_id", models.BigIntegerField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DifferenceRequest",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("decision", models.JSONField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("SMALL_DIFFERENCE", "Small difference written off"),
                            ("BANK_FEE", "Fee kept by a bank"),
                            ("EXCHANGE", "Exchange difference"),
                            ("DISCOUNT", "Discount taken"),
                            ("DEDUCTION", "Deduction, disputed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("amount", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("currency", quittance.foundation.fields.CurrencyField(max_length=3)),
                ("amount_company", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
                ("comment", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("APPROVED", "Approved"),
                            ("REFUSED", "Refused"),
                            ("OUTDATED", "Outdated"),
                        ],
                        default="OPEN",
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("decided_by_id", models.BigIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LineLease",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="lease",
                        serialize=False,
                        to="cash.banktransaction",
                    ),
                ),
                ("taken_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LineQuestion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="WriteOffLimit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("role", models.CharField(blank=True, max_length=20)),
                ("amount", quittance.foundation.fields.AmountField(decimal_places=4, max_digits=20)),
            ],
        ),
        migrations.AddField(
            model_name="banktransaction",
            name="parent",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="cash.banktransaction"
            ),
        ),
        migrations.AlterField(
            model_name="banktransaction",
            name="state",
            field=models.CharField(
                choices=[
                    ("WAITING", "Waiting"),
                    ("MATCHED", "Matched"),
                    ("UNAPPLIED", "Unapplied"),
                    ("OUTGOING", "Outgoing"),
                    ("SET_ASIDE", "Set aside"),
                    ("RETURNED", "Sent back"),
                    ("UNIDENTIFIED", "Payer unknown"),
                    ("SPLIT", "Split in parts"),
                ],
                default="WAITING",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="banktransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["UNIDENTIFIED", "SPLIT"]), _negated=True),
                    models.Q(("account__isnull", True), ("customer__isnull", True), ("payment_item__isnull", True)),
                    _connector="OR",
                ),
                name="banktransaction_suspense_is_nobodys",
            ),
        ),
        migrations.AddField(
            model_name="cashdifference",
            name="dispute",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.dispute"
            ),
        ),
        migrations.AddField(
            model_name="cashdifference",
            name="posted_item",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.openitem"
            ),
        ),
        migrations.AddField(
            model_name="cashdifference",
            name="proposal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="differences", to="cash.matchproposal"
            ),
        ),
        migrations.AddField(
            model_name="cashdifference",
            name="short_item",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.openitem"
            ),
        ),
        migrations.AddField(
            model_name="cashdifference",
            name="transaction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="differences", to="cash.banktransaction"
            ),
        ),
        migrations.AddField(
            model_name="differencerequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="differencerequest",
            name="transaction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="difference_requests",
                to="cash.banktransaction",
            ),
        ),
        migrations.AddField(
            model_name="linelease",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="linequestion",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="linequestion",
            name="asked_to",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="linequestion",
            name="transaction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="cash.banktransaction"
            ),
        ),
        migrations.AddField(
            model_name="writeofflimit",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="parties.company"
            ),
        ),
        migrations.AddField(
            model_name="writeofflimit",
            name="user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="cashdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="cashdifference_not_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="cashdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dispute__isnull", True), ("posted_item__isnull", False)),
                    models.Q(("dispute__isnull", False), ("posted_item__isnull", True)),
                    _connector="OR",
                ),
                name="cashdifference_posted_or_disputed",
            ),
        ),
        migrations.AddConstraint(
            model_name="differencerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "OPEN")), fields=("transaction",), name="differencerequest_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="differencerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "APPROVED"), _negated=True),
                    models.Q(("decided_by_id", models.F("asked_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="differencerequest_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="linequestion",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True)),
                fields=["asked_to", "asked_at"],
                name="linequestion_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="linequestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True)),
                    models.Q(("answered_at__isnull", False), models.Q(("answer", ""), _negated=True)),
                    _connector="OR",
                ),
                name="linequestion_answered_with_text",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeofflimit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", ""), _negated=True), fields=("company", "role"), name="writeofflimit_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="writeofflimit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user__isnull", False)), fields=("company", "user"), name="writeofflimit_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="writeofflimit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("user__isnull", True), models.Q(("role", ""), _negated=True)),
                    models.Q(("role", ""), ("user__isnull", False)),
                    _connector="OR",
                ),
                name="writeofflimit_one_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeofflimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="writeofflimit_not_negative"
            ),
        ),
    ]
