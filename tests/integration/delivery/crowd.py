"""Many accounts with one late invoice each, and the run that writes to them all today."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db import connection

from quittance.delivery.models import Transmission
from quittance.dunning import services
from quittance.dunning.models import DunningNotice
from quittance.foundation import clock
from tests.cast import Cast, make_cast
from tests.integration.dunning.desk import ALICE

_CROWD = """
INSERT INTO parties_customer (number, name, kind, is_strategic, country, language, siren, vat_number, lei, street,
    postcode, town, industry, tags, credit_limit_currency, created_at)
SELECT 'N' || n, 'Customer ' || n, 'COMPANY', false, 'FR', (ARRAY['fr', 'en', 'es'])[1 + mod(n, 3)], '', '', '', '',
    '', '', '', '{}', 'EUR', now() FROM generate_series(1, %(count)s) n;
INSERT INTO parties_customeraccount (customer_id, company_id, department_id, number, currency, payment_method, language,
    delivery_preference, is_active, created_at)
SELECT id, %(company)s, %(department)s, '411' || number, 'EUR', 'TRANSFER', language, 'EMAIL', true, now()
FROM parties_customer WHERE number ~ '^N[0-9]+$' ORDER BY id;
INSERT INTO parties_contact (customer_id, role, name, email, phone, language, is_opted_out, is_active)
SELECT id, 'ACCOUNTS_PAYABLE', 'A. P.', lower(number) || '@crowd.example', '', '', false, true
FROM parties_customer WHERE number ~ '^N[0-9]+$';
INSERT INTO ledger_openitem (account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label, reference,
    journal_code, entry_number, receivable_account, delay_reason_code, is_factored, source, external_id, payload_hash,
    version, recorded_at)
SELECT id, 'INVOICE', 'F' || id, 1, %(due)s::date - 30, %(due)s::date - 30, %(due)s, 'EUR', 100, 100, 'EUR', 100, 100,
    '', '', '', '', '411', '', false, 'TEST', 'F' || id, '', 1, now()
FROM parties_customeraccount WHERE number ~ '^411N[0-9]+$';
"""


def release_to(count: int) -> Cast:
    """Write a crowd, prepare today's run and release it; its messages wait for a worker."""
    services.ensure_default_policy()
    cast = make_cast()
    today = clock.today()
    values = {
        "count": count,
        "company": cast.company.pk,
        "department": cast.department.pk,
        "due": today - timedelta(days=8),
    }
    with connection.cursor() as cursor:
        for statement in _CROWD.strip().rstrip(";").split(";"):
            cursor.execute(statement, values)
    run_id = services.prepare_run(company_id=None, as_of=today, actor=ALICE)
    assert services.release_run(run_id=run_id, actor=ALICE).queued == count
    return cast


def count_states() -> Counter[str]:
    """How many notices are in each state."""
    return Counter(DunningNotice.objects.values_list("state", flat=True))


def states_by_recipient() -> dict[str, Transmission]:
    """The transmissions by the part of their address before the @."""
    return {row.recipient.partition("@")[0]: row for row in Transmission.objects.all()}


def message_ids(state: str) -> set[str]:
    """The Message-IDs of the notices in a state."""
    return set(DunningNotice.objects.filter(state=state).values_list("transmission__message_id", flat=True))
