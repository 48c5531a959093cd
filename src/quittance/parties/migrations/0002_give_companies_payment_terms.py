"""Give each company the terms that hold where an account has none of its own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_create_parties")]
    operations = [
        migrations.AddField(
            model_name="company",
            name="payment_terms",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="companies",
                to="parties.paymentterms",
            ),
        ),
    ]
