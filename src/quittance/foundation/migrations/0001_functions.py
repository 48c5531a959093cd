"""Create the text folding function that generated columns use."""

from django.db import migrations

SQL = r"""
CREATE FUNCTION quittance_fold(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(regexp_replace(normalize(t, NFKD), '[\u0300-\u036f]', '', 'g'));
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(SQL, "DROP FUNCTION quittance_fold(text)")]
