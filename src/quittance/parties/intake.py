"""Find or create the parties that imported lines speak of, a whole file at once.

The caller fills the temporary table `intake_account` (`ACCOUNT_TABLE`), one row for each company code, department
code and account number of the file; `resolve_staged_accounts` puts ids or a problem on each row.

A customer's number is the number of its account in the ERP. Two companies may use one number for two different
customers, so the number stays bare for the first company that uses it and is prefixed by the company's code
(`OTH-C0001`) for every other; within a company one number is one customer, whatever the department.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

ACCOUNT_TABLE = """
CREATE TEMP TABLE intake_account (
    company_code text NOT NULL, department_code text NOT NULL, account_number text NOT NULL,
    customer_name text NOT NULL, currency text, terms_code text NOT NULL DEFAULT '', language text NOT NULL DEFAULT '',
    position bigint NOT NULL, company_id bigint, department_id bigint, customer_id bigint, account_id bigint,
    is_new boolean NOT NULL DEFAULT false, is_used boolean NOT NULL DEFAULT true, problem text NOT NULL DEFAULT ''
) ON COMMIT DROP
"""
GENERAL_CODE = "GEN"

_COMPANIES = """
UPDATE intake_account a SET company_id = c.id FROM parties_company c WHERE c.code = a.company_code;
UPDATE intake_account SET company_id = %(company_id)s WHERE company_code = '' AND %(company_id)s IS NOT NULL;
UPDATE intake_account SET problem = CASE WHEN company_code = '' THEN 'MISSING_COMPANY' ELSE 'UNKNOWN_COMPANY' END
WHERE company_id IS NULL;
UPDATE intake_account SET problem = 'ACCOUNT_NUMBER_TOO_LONG' WHERE problem = '' AND length(account_number) > 60;
UPDATE intake_account SET department_id = %(department_id)s
WHERE department_code = '' AND problem = '' AND company_id = (
    SELECT company_id FROM parties_department WHERE id = %(department_id)s);
"""

_CREATE_COMPANIES = """
INSERT INTO parties_company (code, name, currency, country, legal_identifier, vat_number, street, postcode, town,
    sender_name, sender_email, phone, language, receivable_prefixes)
SELECT company_code, company_code, coalesce(mode() WITHIN GROUP (ORDER BY currency), 'EUR'), 'FR', '', '', '', '', '',
    '', '', '', 'fr', ARRAY['411']
FROM intake_account WHERE company_code <> '' AND length(company_code) <= 30
  AND NOT EXISTS (SELECT 1 FROM parties_company c WHERE c.code = company_code)
GROUP BY company_code
ON CONFLICT (code) DO NOTHING
RETURNING code
"""

_CREATE_DEPARTMENTS = """
INSERT INTO parties_department (company_id, code, name)
SELECT DISTINCT company_id, department_code, department_code FROM intake_account
WHERE problem = '' AND department_code <> '' AND length(department_code) <= 30
ON CONFLICT (company_id, code) DO NOTHING
RETURNING code
"""

_FIND = """
UPDATE intake_account a SET department_id = d.id FROM parties_department d
WHERE a.problem = '' AND a.department_code <> '' AND d.company_id = a.company_id AND d.code = a.department_code;
UPDATE intake_account SET problem = 'UNKNOWN_DEPARTMENT'
WHERE problem = '' AND department_code <> '' AND department_id IS NULL;
ANALYZE intake_account;
UPDATE intake_account a
SET account_id = f.account_id, department_id = f.department_id, customer_id = f.customer_id,
    problem = CASE WHEN f.candidates > 1 THEN 'AMBIGUOUS_ACCOUNT' ELSE '' END
FROM (
    SELECT a.company_code, a.department_code, a.account_number, min(ca.id) AS account_id,
        min(ca.department_id) AS department_id, min(ca.customer_id) AS customer_id, count(*) AS candidates
    FROM intake_account a
    JOIN parties_customeraccount ca ON ca.company_id = a.company_id AND ca.number = a.account_number
        AND (a.department_id IS NULL OR ca.department_id = a.department_id)
    WHERE a.problem = ''
    GROUP BY 1, 2, 3
) f
WHERE (f.company_code, f.department_code, f.account_number) = (a.company_code, a.department_code, a.account_number);
"""

_UNKNOWN = "UPDATE intake_account SET problem = 'UNKNOWN_ACCOUNT' WHERE problem = '' AND account_id IS NULL"

_CREATE = """
INSERT INTO parties_department (company_id, code, name)
SELECT DISTINCT a.company_id, %(general_code)s, %(general_name)s FROM intake_account a
WHERE a.problem = '' AND a.account_id IS NULL AND a.department_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM parties_department d WHERE d.company_id = a.company_id)
ON CONFLICT (company_id, code) DO NOTHING;
UPDATE intake_account a SET department_id = (
    SELECT d.id FROM parties_department d WHERE d.company_id = a.company_id
    ORDER BY d.code <> %(general_code)s, d.id LIMIT 1)
WHERE a.problem = '' AND a.account_id IS NULL AND a.department_id IS NULL;

-- The number's customer within the company, in any department.
UPDATE intake_account a SET customer_id = f.customer_id FROM (
    SELECT company_id, number, min(customer_id) AS customer_id FROM parties_customeraccount GROUP BY 1, 2
) f
WHERE a.problem = '' AND a.account_id IS NULL AND f.company_id = a.company_id AND f.number = a.account_number;
-- Else the customer of that number, when no other company has it already.
UPDATE intake_account a SET customer_id = c.id
FROM parties_customer c JOIN (
    SELECT account_number, min(company_id) AS company_id FROM intake_account WHERE problem = '' GROUP BY 1
) f ON f.account_number = c.number
WHERE a.problem = '' AND a.customer_id IS NULL AND c.number = a.account_number AND a.company_id = f.company_id
  AND NOT EXISTS (SELECT 1 FROM parties_customeraccount ca
                  WHERE ca.customer_id = c.id AND ca.company_id <> a.company_id);
-- Else a new one: bare number for the first company, prefixed for the others.
CREATE TEMP TABLE intake_customer ON COMMIT DROP AS
SELECT a.company_id, a.account_number, max(a.customer_name) AS name, min(a.position) AS position,
    CASE WHEN EXISTS (SELECT 1 FROM parties_customer c WHERE c.number = a.account_number)
           OR a.company_id <> min(a.company_id) OVER (PARTITION BY a.account_number)
         THEN left(co.code || '-' || a.account_number, 60) ELSE a.account_number END AS number,
    co.language, co.country, co.currency
FROM intake_account a JOIN parties_company co ON co.id = a.company_id
WHERE a.problem = '' AND a.customer_id IS NULL
GROUP BY a.company_id, a.account_number, co.code, co.language, co.country, co.currency;
INSERT INTO parties_customer (number, name, kind, is_strategic, country, language, siren, vat_number, lei, street,
    postcode, town, industry, tags, credit_limit_currency, created_at)
SELECT number, left(coalesce(nullif(name, ''), account_number), 200), 'COMPANY', false, country, language, '', '', '',
    '', '', '', '', '{}', currency, %(moment)s
FROM intake_customer ORDER BY position
ON CONFLICT (number) DO NOTHING;
UPDATE intake_account a SET customer_id = c.id
FROM intake_customer n JOIN parties_customer c ON c.number = n.number
WHERE a.problem = '' AND a.customer_id IS NULL AND n.company_id = a.company_id AND n.account_number = a.account_number;

INSERT INTO parties_customeraccount (customer_id, company_id, department_id, number, currency, payment_terms_id,
    payment_method, language, delivery_preference, is_active, created_at)
SELECT DISTINCT ON (a.company_id, a.department_id, a.account_number)
    a.customer_id, a.company_id, a.department_id, a.account_number, coalesce(a.currency, co.currency),
    (SELECT t.id FROM parties_paymentterms t WHERE t.code = a.terms_code), 'TRANSFER',
    coalesce(nullif(a.language, ''), co.language), 'EMAIL', true, %(moment)s
FROM intake_account a JOIN parties_company co ON co.id = a.company_id
WHERE a.problem = '' AND a.account_id IS NULL
ORDER BY a.company_id, a.department_id, a.account_number, a.position;
UPDATE intake_account a SET account_id = ca.id, is_new = true FROM parties_customeraccount ca
WHERE a.problem = '' AND a.account_id IS NULL AND ca.company_id = a.company_id
  AND ca.department_id = a.department_id AND ca.number = a.account_number;
"""

_COUNTS = """
SELECT count(*) FILTER (WHERE is_new), (SELECT count(*) FROM parties_customer WHERE created_at = %(moment)s)
FROM intake_account
"""

# What this very transaction made for lines that then could not be taken; a company or department stays when anything
# else came to stand on it.
_DROP_UNUSED = """
DELETE FROM parties_customeraccount WHERE id IN (SELECT account_id FROM intake_account WHERE NOT is_used);
DELETE FROM parties_customer c WHERE c.created_at = %(moment)s
  AND c.id IN (SELECT customer_id FROM intake_account WHERE NOT is_used)
  AND NOT EXISTS (SELECT 1 FROM parties_customeraccount ca WHERE ca.customer_id = c.id);
"""
_DROP_DEPARTMENTS = """
DELETE FROM parties_department d
WHERE d.id > %(last_department_id)s AND d.id IN (SELECT department_id FROM intake_account WHERE NOT is_used)
  AND NOT EXISTS (SELECT 1 FROM parties_customeraccount ca WHERE ca.department_id = d.id)
RETURNING d.code
"""
_DROP_COMPANIES = """
DELETE FROM parties_company c
WHERE c.code = ANY(%(companies)s) AND NOT EXISTS (SELECT 1 FROM parties_department d WHERE d.company_id = c.id)
RETURNING c.code
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What had to be created: codes of companies and departments, numbers of customers and accounts."""

    companies: tuple[str, ...]
    departments: tuple[str, ...]
    customer_count: int
    account_count: int
    moment: datetime | None = None
    last_department_id: int = 0


def resolve_staged_accounts(
    *,
    company_id: int | None,
    department_id: int | None,
    moment: datetime,
    may_create_companies: bool = False,
    may_create_accounts: bool = True,
) -> Resolution:
    """Put company, department, customer and account, or a problem, on each row of `intake_account`.

    `company_id` and `department_id` serve rows that name none. A row without department goes to the account that
    has its number already; a new one goes to the company's General department, made when the company has none.
    Without `may_create_accounts` unknown accounts and departments are problems. Runs in the caller's transaction.
    """
    parameters: dict[str, Any] = {
        "company_id": company_id,
        "department_id": department_id,
        "moment": moment,
        "general_code": GENERAL_CODE,
        "general_name": "General",
    }
    companies: list[str] = []
    departments: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM parties_department")
        (last_department_id,) = cursor.fetchone()
        if may_create_companies:
            cursor.execute(_CREATE_COMPANIES)
            companies = [row[0] for row in cursor.fetchall()]
        cursor.execute(_COMPANIES, parameters)
        if may_create_accounts:
            cursor.execute(_CREATE_DEPARTMENTS)
            departments = [row[0] for row in cursor.fetchall()]
        cursor.execute(_FIND)
        cursor.execute(_CREATE if may_create_accounts else _UNKNOWN, parameters)
        cursor.execute(_COUNTS, parameters)
        account_count, customer_count = cursor.fetchone()
    return Resolution(
        companies=tuple(sorted(companies)),
        departments=tuple(sorted(departments)),
        customer_count=customer_count,
        account_count=account_count,
        moment=moment,
        last_department_id=last_department_id,
    )


def drop_unused_accounts(*, created: Resolution) -> Resolution:
    """Take back the accounts that `is_used` false marks in `intake_account`, with what was created for them alone.

    Returns what remains created. Runs in the transaction that created them, before anything else refers to them.
    """
    parameters = {
        "moment": created.moment,
        "last_department_id": created.last_department_id,
        "companies": list(created.companies),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM intake_account WHERE NOT is_used")
        if not cursor.fetchone()[0]:
            return created
        cursor.execute(_DROP_UNUSED, parameters)
        cursor.execute(_DROP_DEPARTMENTS, parameters)
        departments = {row[0] for row in cursor.fetchall()}
        cursor.execute(_DROP_COMPANIES, parameters)
        companies = {row[0] for row in cursor.fetchall()}
        cursor.execute("UPDATE intake_account SET is_new = false, account_id = NULL WHERE NOT is_used")
        cursor.execute(_COUNTS, parameters)
        account_count, customer_count = cursor.fetchone()
    return replace(
        created,
        companies=tuple(code for code in created.companies if code not in companies),
        departments=tuple(code for code in created.departments if code not in departments),
        customer_count=customer_count,
        account_count=account_count,
    )
