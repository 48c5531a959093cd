"""Let the intake know again what had left for the ERP before it was kept line by line.

Lines that only name a letter are left out: they add up to nothing on each account.
"""

from django.db import migrations

FILL = r"""
INSERT INTO ledger_handedline (company_id, entry_number, place, account_id, item_id, is_posting, document_number, day,
    currency, amount, company_currency, amount_company, is_refused, erp_reference, source, external_id, payload_hash,
    journal_code, erp_entry_number, erp_document_number)
SELECT e.company_id, e.number, x.place, x.account_id, e.item_id, true,
    left(trim(regexp_replace(x.document_number, '\s+', ' ', 'g')), 60), e.day,
    CASE WHEN x.amount = 0 THEN d.company_currency ELSE e.currency END,
    CASE WHEN x.amount = 0 THEN x.value ELSE x.amount END,
    d.company_currency, x.value, false, e.erp_reference, '', '', '', '', '', ''
FROM writeback_writebackentry e
LEFT JOIN ledger_allocation l ON l.id = e.allocation_id
JOIN ledger_openitem d ON d.id = coalesce(e.item_id, l.debit_item_id)
JOIN parties_customeraccount da ON da.id = d.account_id
LEFT JOIN ledger_openitem c ON c.id = l.credit_item_id
LEFT JOIN parties_customeraccount ca ON ca.id = c.account_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.kind = 'REVERSAL' THEN -1 ELSE 1 END AS sign, coalesce(da.number <> ca.number, false) AS is_moved,
        coalesce(l.amount_company_credit - l.amount_company_debit, 0) AS gain
) f
CROSS JOIN LATERAL (
    SELECT CASE WHEN d.amount_original > 0 THEN 0 ELSE 1 END AS place, d.account_id, d.document_number,
        d.amount_original AS amount, d.amount_company AS value
    WHERE e.item_id IS NOT NULL
    UNION ALL
    SELECT 0, c.account_id, c.document_number, f.sign * l.amount, f.sign * l.amount_company_credit WHERE f.is_moved
    UNION ALL
    SELECT 1, d.account_id, d.document_number, -f.sign * l.amount, -f.sign * l.amount_company_credit WHERE f.is_moved
    UNION ALL
    SELECT CASE WHEN f.is_moved THEN 2 ELSE 0 END, d.account_id, d.document_number, 0, f.sign * f.gain WHERE f.gain <> 0
) x
WHERE e.state IN ('EXPORTED', 'ACKNOWLEDGED')
ON CONFLICT (company_id, entry_number, place) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("writeback", "0002_guard_writeback"), ("ledger", "0014_know_lines_that_come_back")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
