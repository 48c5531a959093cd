"""Keep on an account what was agreed about its payments: discount, oldest first, credit notes, how sure a match is."""

from django.db import migrations, models

DISCOUNT = models.Q(
    models.Q(("discount_days", 0), ("discount_per_mille", 0)),
    models.Q(("discount_days__lte", 365), ("discount_per_mille__gt", 0), ("discount_per_mille__lte", 500)),
    _connector="OR",
)
THRESHOLD = models.Q(
    ("matching_threshold__isnull", True),
    models.Q(("matching_threshold__gte", 900), ("matching_threshold__lte", 1000)),
    _connector="OR",
)
AGREED = models.Q(
    ("discount_per_mille__gt", 0),
    ("is_oldest_first", True),
    ("nets_credit_notes", True),
    ("matching_threshold__isnull", False),
    _connector="OR",
)


def _add(name: str, field: models.Field) -> migrations.AddField:  # type: ignore[type-arg]
    return migrations.AddField(model_name="customeraccount", name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [("parties", "0005_find_customers_by_number")]

    operations = [
        _add("discount_per_mille", models.PositiveSmallIntegerField(default=0, db_default=0)),
        _add("discount_days", models.PositiveSmallIntegerField(default=0, db_default=0)),
        _add("is_oldest_first", models.BooleanField(default=False, db_default=False)),
        _add("nets_credit_notes", models.BooleanField(default=False, db_default=False)),
        _add("matching_threshold", models.PositiveSmallIntegerField(null=True, blank=True)),
        migrations.AddIndex(
            model_name="customeraccount",
            index=models.Index(condition=AGREED, fields=["company", "id"], name="account_agreed"),
        ),
        migrations.AddConstraint(
            model_name="customeraccount",
            constraint=models.CheckConstraint(condition=DISCOUNT, name="account_discount"),
        ),
        migrations.AddConstraint(
            model_name="customeraccount",
            constraint=models.CheckConstraint(condition=THRESHOLD, name="account_matching_threshold"),
        ),
    ]
