"""Find the receipts of a period, whatever became of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cash", "0004_open_the_desk")]

    operations = [
        migrations.AddIndex(
            model_name="banktransaction",
            index=models.Index(
                fields=["booking_date", "id"], condition=models.Q(amount__gt=0), name="banktransaction_receipts"
            ),
        ),
    ]
