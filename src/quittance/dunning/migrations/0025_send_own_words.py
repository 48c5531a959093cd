"""Let a run send an SMS or a person's own words to chosen accounts, and keep a selection as it was made."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dunning", "0021_send_to_chosen_accounts")]

    operations = [
        migrations.AddField(
            model_name="dunningrun", name="free_texts", field=models.JSONField(db_default={}, default=dict)
        ),
        migrations.AddField(
            model_name="dunningnotice", name="is_free", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.RemoveConstraint(model_name="dunningrun", name="dunningrun_mass_says_what"),
        migrations.AddConstraint(
            model_name="dunningrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("origin", "POLICY"),
                    models.Q(
                        models.Q(("message_code", ""), _negated=True),
                        models.Q(("company_ids", []), _negated=True),
                        ("medium__in", ("EMAIL", "LETTER", "SMS")),
                    ),
                    _connector="OR",
                ),
                name="dunningrun_mass_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="dunningrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("message_code", "FREE_TEXT"), models.Q(("free_texts", {}), _negated=True)),
                    models.Q(models.Q(("message_code", "FREE_TEXT"), _negated=True), ("free_texts", {})),
                    _connector="OR",
                ),
                name="dunningrun_own_words",
            ),
        ),
        migrations.CreateModel(
            name="AccountSelection",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "account_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("back", models.CharField(blank=True, max_length=2000)),
                ("created_by_id", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
    ]
