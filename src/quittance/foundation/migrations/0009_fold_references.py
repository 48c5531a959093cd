"""Fold references as matching does: letters and digits only, upper case, without accents."""

from django.db import migrations

_OTHERS = "".join(f"\\x{code:02x}" for code in range(1, 128) if not chr(code).isalnum())
FOLD = f"""
CREATE FUNCTION quittance_reference_key(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN upper(CASE WHEN octet_length(t) = length(t) THEN translate(t, E'{_OTHERS}', '')
    ELSE regexp_replace(normalize(t, NFKD), '[^0-9A-Za-z]', '', 'g') END COLLATE "C");
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0008_add_api_tokens")]
    operations = [migrations.RunSQL(FOLD, "DROP FUNCTION quittance_reference_key(text)")]
