"""Keep the company's own texts beside the shipped ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dunning", "0005_index_decided_items_once")]

    operations = [
        migrations.CreateModel(
            name="MessageText",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("message_code", models.CharField(max_length=30)),
                ("language", models.CharField(max_length=5)),
                ("medium", models.CharField(choices=[("EMAIL", "E-mail"), ("LETTER", "Letter")], max_length=6)),
                ("from_date", models.DateField()),
                ("is_shipped", models.BooleanField(default=False)),
                ("subject", models.TextField(blank=True)),
                ("before", models.TextField(blank=True)),
                ("after", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("created_by_id", models.BigIntegerField(null=True)),
                ("created_by_label", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["message_code", "language", "medium", "-from_date", "-id"],
                        name="messagetext_in_force",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_shipped", True),
                            models.Q(models.Q(("subject", ""), _negated=True), models.Q(("before", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="messagetext_says_something",
                    )
                ],
            },
        ),
    ]
