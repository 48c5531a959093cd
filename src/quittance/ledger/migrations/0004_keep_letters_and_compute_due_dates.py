"""Keep the ERP's letter code on each item, and compute due dates and minor units in SQL as core does."""

from django.db import migrations, models

SQL = """
CREATE FUNCTION quittance_month_end(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (date_trunc('month', day::timestamp) + interval '1 month' - interval '1 day')::date;

CREATE FUNCTION quittance_day_of_month(day date, wanted int) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN wanted IS NULL THEN day
    WHEN least(wanted, extract(day FROM quittance_month_end(day))::int) >= extract(day FROM day)::int
        THEN date_trunc('month', day::timestamp)::date
            + least(wanted, extract(day FROM quittance_month_end(day))::int) - 1
    ELSE quittance_month_end(day)
        + least(wanted, extract(day FROM quittance_month_end(quittance_month_end(day) + 1))::int)
END;

CREATE FUNCTION quittance_due_date(document_date date, days int, end_of_month text, day_of_month int) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN quittance_day_of_month(CASE end_of_month
    WHEN 'DAYS_THEN_EOM' THEN quittance_month_end(document_date + days)
    WHEN 'EOM_THEN_DAYS' THEN quittance_month_end(document_date) + days
    ELSE document_date + days
END, day_of_month);

CREATE FUNCTION quittance_minor_digits(currency text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
        'XAF', 'XOF', 'XPF', 'BYR') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN currency IN ('CLF', 'UYW') THEN 4
    ELSE 2
END;
"""

REVERSE = """
DROP FUNCTION quittance_minor_digits(text);
DROP FUNCTION quittance_due_date(date, int, text, int);
DROP FUNCTION quittance_day_of_month(date, int);
DROP FUNCTION quittance_month_end(date);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_index_balances_and_reversals"),
        ("parties", "0002_give_companies_payment_terms"),
    ]
    operations = [
        migrations.AddField(
            model_name="openitem",
            name="letter_code",
            field=models.CharField(blank=True, default="", db_default="", max_length=40),
        ),
        migrations.AddField(model_name="openitem", name="letter_date", field=models.DateField(null=True)),
        migrations.RunSQL(SQL, REVERSE),
    ]
