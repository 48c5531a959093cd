"""Index the country of customers: lists offer the countries that occur, found from one to the next."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_give_companies_payment_terms")]
    operations = [
        migrations.AddIndex(model_name="customer", index=models.Index(fields=["country"], name="customer_country")),
    ]
