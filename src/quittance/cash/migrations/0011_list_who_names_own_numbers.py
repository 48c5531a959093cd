"""List among what was learnt that a payer names its own numbers; picking items by hand teaches that too."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("quittance.cash.migrations.0010_list_how_references_are_written").WITH_WAYS_TO_WRITE
KINDS = "'REFERENCE_CUT', 'REFERENCE_MISTYPED')"
WITH_OWN_NUMBERS = (
    BEFORE.replace(KINDS, "'REFERENCE_CUT', 'REFERENCE_MISTYPED', 'REFERENCE_OWN_NUMBER')")
    .replace(
        "AND q.strategy <> 'PICKED')",
        "AND (q.strategy <> 'PICKED' OR e.kind = 'REFERENCE_OWN_NUMBER'))",
    )
    .replace(
        "WHERE p.state = 'APPLIED' AND NOT p.is_automatic AND p.strategy <> 'PICKED'\n"
        "  AND (d.forgotten_at IS NULL OR p.decided_at > d.forgotten_at)\nGROUP BY a.customer_id, e.kind",
        "WHERE p.state = 'APPLIED' AND NOT p.is_automatic\n"
        "  AND (p.strategy <> 'PICKED' OR e.kind = 'REFERENCE_OWN_NUMBER')\n"
        "  AND (d.forgotten_at IS NULL OR p.decided_at > d.forgotten_at)\nGROUP BY a.customer_id, e.kind",
    )
)


class Migration(migrations.Migration):
    dependencies = [("cash", "0010_list_how_references_are_written")]
    operations = [migrations.RunSQL(WITH_OWN_NUMBERS, BEFORE)]
