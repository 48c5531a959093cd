"""Give every installation four more policies that work untouched; one that a company made itself stays as it is."""

from django.db import migrations

from quittance.dunning.shipped import further_policies


def add_policies(apps, schema_editor):
    policies = apps.get_model("dunning", "DunningPolicy")
    levels = apps.get_model("dunning", "DunningLevel")
    for shipped in further_policies():
        if policies.objects.filter(code=shipped.code).exists():
            continue
        policy = policies.objects.create(code=shipped.code, version=1, **shipped.columns)
        levels.objects.bulk_create(levels(policy=policy, **step) for step in shipped.steps)


class Migration(migrations.Migration):
    dependencies = [("dunning", "0003_give_steps_media")]
    operations = [migrations.RunPython(add_policies, migrations.RunPython.noop)]
