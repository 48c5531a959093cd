"""Let a run send one text to accounts that a person chose; keep which policies accounts had before many changed."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

MEDIA = [
    ("EMAIL", "E-mail"),
    ("LETTER", "Letter"),
    ("SMS", "Text message"),
    ("CALL", "Call"),
    ("PORTAL", "Portal message"),
    ("TASK", "Internal task"),
]


class Migration(migrations.Migration):
    dependencies = [("dunning", "0020_keep_own_texts"), ("parties", "0005_find_customers_by_number")]

    operations = [
        migrations.AddField(
            model_name="dunningrun",
            name="origin",
            field=models.CharField(
                choices=[("POLICY", "Policies"), ("MASS", "Chosen accounts")],
                db_default="POLICY",
                default="POLICY",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="dunningrun",
            name="message_code",
            field=models.CharField(blank=True, db_default="", max_length=30),
        ),
        migrations.AddField(
            model_name="dunningrun",
            name="medium",
            field=models.CharField(blank=True, choices=MEDIA, db_default="", max_length=6),
        ),
        migrations.AddField(
            model_name="dunningrun",
            name="company_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="dunningrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("origin", "POLICY"),
                    models.Q(
                        models.Q(("message_code", ""), _negated=True),
                        models.Q(("company_ids", []), _negated=True),
                        ("medium__in", ("EMAIL", "LETTER")),
                    ),
                    _connector="OR",
                ),
                name="dunningrun_mass_says_what",
            ),
        ),
        migrations.AlterField(
            model_name="dunningnotice",
            name="level",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="dunning.dunninglevel"),
        ),
        migrations.CreateModel(
            name="ChosenAccount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mass_runs",
                        to="parties.customeraccount",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chosen",
                        to="dunning.dunningrun",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "account"), name="chosenaccount_unique")],
            },
        ),
        migrations.CreateModel(
            name="PolicyAssignment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("policy_code", models.CharField(blank=True, max_length=40)),
                ("account_count", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("created_by_id", models.BigIntegerField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="AssignedAccount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("policy_code_before", models.CharField(blank=True, max_length=40)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="policy_assignments",
                        to="parties.customeraccount",
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accounts",
                        to="dunning.policyassignment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("assignment", "account"), name="assignedaccount_unique")
                ],
            },
        ),
    ]
