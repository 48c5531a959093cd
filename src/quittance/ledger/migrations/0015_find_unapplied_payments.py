"""Find payments of which something is open, and the accounts that have most of it, without reading all items."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_know_lines_that_come_back")]
    operations = [
        migrations.AddIndex(
            model_name="openitem",
            index=models.Index(
                fields=["account", "document_date"],
                include=["currency", "amount_open", "id"],
                condition=Q(kind="PAYMENT", amount_open__lt=0),
                name="openitem_unapplied",
            ),
        ),
        migrations.AddIndex(
            model_name="accountbalance",
            index=models.Index(-F("unapplied"), condition=Q(unapplied__lt=0), name="accountbalance_unapplied"),
        ),
        migrations.AddIndex(
            model_name="accountbalance",
            index=models.Index(
                fields=["account"],
                condition=~Q(currencies=F("currency")) & ~Q(currencies=""),
                name="accountbalance_currencies",
            ),
        ),
    ]
