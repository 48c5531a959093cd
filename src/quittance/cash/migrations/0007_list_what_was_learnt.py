"""Let people switch off, forget and add what was learnt of payers; list all of it in one view."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

VIEW = """
CREATE VIEW cash_learntthing AS
SELECT i.id, i.kind::text AS kind, i.customer_id, i.value::text AS value, i.seen_count::bigint AS seen_count,
    NULL::bigint AS confirmed_count, i.last_seen_date, i.is_active, i.is_given
FROM cash_payeridentity i
UNION ALL
SELECT -min(p.id), 'HABIT', a.customer_id, p.strategy::text, count(*),
    (sum(count(*)) OVER (PARTITION BY a.customer_id))::bigint, max(p.decided_at)::date, d.id IS NULL OR NOT d.is_off,
    false
FROM cash_matchproposal p
JOIN parties_customeraccount a ON a.id = p.account_id
LEFT JOIN cash_habitdecision d ON d.customer_id = a.customer_id AND d.strategy = p.strategy
WHERE p.state = 'APPLIED' AND NOT p.is_automatic AND p.strategy <> 'PICKED'
  AND (d.forgotten_at IS NULL OR p.decided_at > d.forgotten_at)
GROUP BY a.customer_id, p.strategy, d.id, d.is_off
"""


class Migration(migrations.Migration):
    dependencies = [("cash", "0006_post_differences_by_rule"), ("parties", "0006_keep_agreements_on_payments")]

    operations = [
        migrations.AddField(
            model_name="payeridentity",
            name="is_active",
            field=models.BooleanField(default=True, db_default=True),
        ),
        migrations.AddField(
            model_name="payeridentity",
            name="is_given",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AlterField(
            model_name="payeridentity", name="last_seen_date", field=models.DateField(null=True)
        ),
        migrations.AddIndex(
            model_name="payeridentity",
            index=models.Index(condition=Q(is_given=True), fields=["customer"], name="payeridentity_given"),
        ),
        migrations.CreateModel(
            name="HabitDecision",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("strategy", models.CharField(max_length=40)),
                ("is_off", models.BooleanField(default=False)),
                ("forgotten_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="parties.customer"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "strategy"), name="habitdecision_unique")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="matchproposal",
            index=models.Index(
                condition=Q(is_automatic=False, state="APPLIED"),
                fields=["account", "strategy"],
                name="matchproposal_confirmed",
            ),
        ),
        migrations.RunSQL(VIEW, "DROP VIEW cash_learntthing"),
        migrations.CreateModel(
            name="LearntThing",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=5)),
                ("value", models.CharField(max_length=200)),
                ("seen_count", models.BigIntegerField()),
                ("confirmed_count", models.BigIntegerField(null=True)),
                ("last_seen_date", models.DateField(null=True)),
                ("is_active", models.BooleanField()),
                ("is_given", models.BooleanField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="parties.customer"
                    ),
                ),
            ],
            options={"managed": False, "db_table": "cash_learntthing"},
        ),
    ]
