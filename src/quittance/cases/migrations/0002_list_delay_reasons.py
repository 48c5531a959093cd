"""Make the reasons of delay a list of the company's own, beginning with those that were fixed before."""

from django.db import migrations, models

REASONS = (
    ("CASH_SHORT", "Short of cash", "Manque de trésorerie", "Falta de liquidez"),
    ("PROCESS", "Slow approval at the customer", "Validation lente chez le client", "Aprobación lenta en el cliente"),
    ("INVOICE_MISSING", "Invoice not received", "Facture non reçue", "Factura no recibida"),
    (
        "ORDER_MISSING",
        "Purchase order or reference missing",
        "Bon de commande ou référence manquant",
        "Falta el pedido o la referencia",
    ),
    ("GOODS", "Delivery or quality contested", "Livraison ou qualité contestée", "Entrega o calidad discutida"),
    ("PRICE", "Price contested", "Prix contesté", "Precio discutido"),
    ("CREDIT_NOTE_DUE", "Credit note awaited", "Avoir attendu", "A la espera de abono"),
    (
        "TERMS",
        "Other terms of payment understood",
        "Autres conditions de paiement comprises",
        "Entendió otras condiciones de pago",
    ),
    ("PAID_ELSEWHERE", "Says it has paid", "Dit avoir payé", "Dice que ha pagado"),
    ("UNREACHABLE", "Nobody can be reached", "Personne n’est joignable", "No se localiza a nadie"),
    ("OTHER", "Other", "Autre", "Otro"),
)


def add_reasons(apps, schema_editor):
    apps.get_model("cases", "DelayReason").objects.bulk_create(
        apps.get_model("cases", "DelayReason")(code=code, names={"en": en, "fr": fr, "es": es}, position=position)
        for position, (code, en, fr, es) in enumerate(REASONS, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_create_cases")]

    operations = [
        migrations.CreateModel(
            name="DelayReason",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=30, unique=True)),
                ("names", models.JSONField(default=dict)),
                ("is_active", models.BooleanField(default=True)),
                ("position", models.PositiveSmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(name="delayreason_named", condition=~models.Q(names={})),
                ],
            },
        ),
        migrations.RunPython(add_reasons, migrations.RunPython.noop),
    ]
