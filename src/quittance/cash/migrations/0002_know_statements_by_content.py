"""Know a statement by its content (banks repeat identifiers) and keep what joins entries with their details."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cash", "0001_create_cash")]

    operations = [
        migrations.RemoveConstraint(model_name="bankstatement", name="bankstatement_unique"),
        migrations.AddField(
            model_name="bankstatement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("STATEMENT", "Statement"),
                    ("REPORT", "Intraday report"),
                    ("NOTIFICATION", "Notification"),
                ],
                default="STATEMENT",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="content_digest",
            field=models.CharField(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="bankstatement", name="duplicate_count", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="bankstatement", name="pending_count", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="bankstatement", name="rejected_count", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AlterField(
            model_name="bankstatement", name="identifier", field=models.CharField(blank=True, max_length=80)
        ),
        migrations.RunSQL(
            "UPDATE cash_bankstatement SET content_digest = 'id-' || md5(identifier)", migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(
                fields=("bank_account", "content_digest"), name="bankstatement_content"
            ),
        ),
        migrations.AddIndex(
            model_name="bankstatement",
            index=models.Index(
                fields=["bank_account", "currency", "closing_date", "id"], name="bankstatement_order"
            ),
        ),
        migrations.AddField(
            model_name="banktransaction", name="detail_number", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="banktransaction",
            name="content_key",
            field=models.CharField(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="banktransaction", name="additional_text", field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="banktransaction",
            name="entry_reference",
            field=models.CharField(blank=True, default="", max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="banktransaction",
            name="mandate_id",
            field=models.CharField(blank=True, default="", max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="banktransaction",
            name="bank_code",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="banktransaction", name="undo_count", field=models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddIndex(
            model_name="banktransaction",
            index=models.Index(fields=["bank_account", "content_key"], name="banktransaction_content"),
        ),
        migrations.AddIndex(
            model_name="banktransaction",
            index=models.Index(fields=["bank_account", "entry_reference"], name="banktransaction_entry"),
        ),
        migrations.AddField(
            model_name="matchproposal",
            name="allocation_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="matchproposal",
            index=models.Index(fields=["transaction", "state", "-confidence", "id"], name="matchproposal_rank"),
        ),
    ]
