"""Keep what the file of a payment was called and which account of ours the payer wrote."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cash", "0007_list_what_was_learnt")]

    operations = [
        migrations.AddField(
            model_name="banktransaction",
            name="batch_reference",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddField(
            model_name="banktransaction",
            name="credited_iban",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
