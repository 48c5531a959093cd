"""Create corrective actions against reasons of delay."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_list_delay_reasons"),
        ("parties", "0003_index_countries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CorrectiveAction",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=200)),
                ("reason_code", models.CharField(blank=True, max_length=30)),
                ("due_date", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("DONE", "Done"), ("DROPPED", "Given up")],
                        default="OPEN",
                        max_length=7,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                ("result", models.TextField(blank=True)),
                ("opened_date", models.DateField()),
                ("opened_by_id", models.BigIntegerField(null=True)),
                ("closed_date", models.DateField(null=True)),
                ("closed_by_id", models.BigIntegerField(null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.company"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrective_actions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "OPEN")),
                        fields=["due_date", "id"],
                        name="correctiveaction_open_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True), name="correctiveaction_titled"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_date__isnull", True), ("state", "OPEN")),
                            models.Q(models.Q(("state", "OPEN"), _negated=True), ("closed_date__isnull", False)),
                            _connector="OR",
                        ),
                        name="correctiveaction_state_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_date__gte", models.F("opened_date")),
                            models.Q(
                                ("closed_date__isnull", True),
                                ("closed_date__gte", models.F("opened_date")),
                                _connector="OR",
                            ),
                        ),
                        name="correctiveaction_dates",
                    ),
                ],
            },
        ),
    ]
