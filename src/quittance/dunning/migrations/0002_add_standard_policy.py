"""Give every installation a policy that works untouched."""

from datetime import date

from django.db import migrations

LEVELS = (
    (0, -5, "COURTESY", "Courtesy before the due date", "FRIENDLY"),
    (1, 7, "FIRST_REMINDER", "First reminder", "FRIENDLY"),
    (2, 21, "SECOND_REMINDER", "Second reminder", "FIRM"),
    (3, 35, "FORMAL_NOTICE", "Formal notice", "FORMAL"),
)


def add_standard_policy(apps, schema_editor):
    policy, is_new = apps.get_model("dunning", "DunningPolicy").objects.get_or_create(
        code="STANDARD",
        version=1,
        defaults={
            "name": "Standard",
            "description": "Courtesy 5 days before the due date, reminders at 7 and 21 days, formal notice at 35.",
            "is_default": True,
            "valid_from": date(2000, 1, 1),
        },
    )
    if is_new:
        level = apps.get_model("dunning", "DunningLevel")
        level.objects.bulk_create(
            level(policy=policy, rank=rank, offset_days=days, code=code, name=name, tone=tone)
            for rank, days, code, name, tone in LEVELS
        )


class Migration(migrations.Migration):
    dependencies = [("dunning", "0001_create_dunning")]
    operations = [migrations.RunPython(add_standard_policy, migrations.RunPython.noop)]
