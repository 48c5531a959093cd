"""The statements that read the history of accounts; they read the tables of the apps below, none of their models.

Parameters: `accounts` their ids, `first` and `last` the days gone through, `since` the day back to which payments
tell of the usual delay, `zone` the time zone.
"""

from __future__ import annotations

from quittance.dunning.statements import CONTACTS, REFUSED_NUMBERS

ACCOUNTS = f"""
SELECT a.id, a.payment_method, c.country, co.currency, c.street <> '' AND c.town <> '' AS has_postal_address,
    k.contacts, {REFUSED_NUMBERS} AS refused_numbers
FROM parties_customeraccount a
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
{CONTACTS}
WHERE a.id = ANY(%(accounts)s) ORDER BY a.id
"""

# What was settled before the payments that count is of no use any more.
ITEMS = """
SELECT i.id, i.account_id, i.kind, i.is_factored, i.document_date, i.due_date, i.currency, i.amount_original,
    i.amount_company
FROM ledger_openitem i
WHERE i.account_id = ANY(%(accounts)s) AND i.document_date <= %(last)s
  AND (i.amount_open <> 0 OR i.settled_date IS NULL OR i.settled_date >= %(since)s)
ORDER BY i.account_id, i.id
"""

# An allocation takes from the debit and gives to the credit; its reversal does the opposite on its own day.
MOVES = """
WITH item AS (SELECT unnest(%(items)s::bigint[]) AS id),
moved AS (
    SELECT al.id, al.debit_item_id AS item_id, -al.amount AS amount, al.effective_date, al.credit_item_id
    FROM ledger_allocation al JOIN item ON item.id = al.debit_item_id
    UNION ALL SELECT al.id, al.credit_item_id, al.amount, al.effective_date, al.credit_item_id
    FROM ledger_allocation al JOIN item ON item.id = al.credit_item_id
)
SELECT m.item_id, m.effective_date AS day, m.amount, c.kind = 'PAYMENT' AS is_cash, m.id, 0 AS turn
FROM moved m JOIN ledger_openitem c ON c.id = m.credit_item_id
UNION ALL
SELECT m.item_id, r.effective_date, -m.amount, c.kind = 'PAYMENT', m.id, 1
FROM moved m JOIN ledger_openitem c ON c.id = m.credit_item_id
JOIN ledger_allocationreversal r ON r.allocation_id = m.id
ORDER BY 1, 2, 5, 6
"""

# Item, account, kind, first day, day on which it no longer is, last day it holds, amount, due until (of all items).
HOLDS = """
SELECT d.item_id, d.account_id, 'DISPUTED', d.opened_date, d.closed_date, NULL::date, d.amount_disputed, NULL::date
FROM cases_dispute d WHERE d.account_id = ANY(%(accounts)s) AND d.item_id IS NOT NULL
UNION ALL
SELECT x.item_id, p.account_id, 'PROMISED', p.made_on, CASE WHEN p.state <> 'OPEN' THEN p.decided_date END,
    p.promised_date + p.tolerance_days, 0, p.promised_date
FROM promises_promisetopay p LEFT JOIN promises_promiseditem x ON x.promise_id = p.id
WHERE p.account_id = ANY(%(accounts)s)
UNION ALL
SELECT n.item_id, n.account_id, 'ANNOUNCED', n.announced_on, NULL, n.until_date, 0, n.announced_on
FROM dunning_paymentannouncement n WHERE n.account_id = ANY(%(accounts)s)
UNION ALL
SELECT x.item_id, p.account_id, 'PLANNED', p.accepted_on, p.decided_date, NULL, 0, NULL
FROM promises_paymentplan p JOIN promises_planneditem x ON x.plan_id = p.id
WHERE p.account_id = ANY(%(accounts)s) AND p.accepted_on IS NOT NULL
UNION ALL
SELECT x.item_id, h.account_id, 'HANDED_OVER', h.handed_over_on, h.ended_on, NULL, 0, NULL
FROM litigation_handover h JOIN litigation_handoveritem x ON x.handover_id = h.id
WHERE h.account_id = ANY(%(accounts)s) AND h.handed_over_on IS NOT NULL
UNION ALL
SELECT b.item_id, b.account_id, 'BLOCKED', b.from_date, b.until_date + 1, NULL, 0, NULL
FROM dunning_dunningblock b WHERE b.account_id = ANY(%(accounts)s)
"""

# Account, what it was, day: calls that reached somebody, answers of all kinds, promises that broke.
WORDS = """
SELECT e.account_id, 'CALL', (e.occurred_at AT TIME ZONE %(zone)s)::date FROM foundation_event e
WHERE e.kind = 'call.logged' AND e.account_id = ANY(%(accounts)s)
  AND e.payload ->> 'outcome' NOT IN ('VOICEMAIL', 'WRONG_NUMBER')
UNION ALL SELECT account_id, 'ANSWER', made_on FROM promises_promisetopay WHERE account_id = ANY(%(accounts)s)
UNION ALL SELECT account_id, 'BROKEN', decided_date FROM promises_promisetopay
WHERE account_id = ANY(%(accounts)s) AND state = 'BROKEN'
UNION ALL SELECT account_id, 'ANSWER', coalesce(accepted_on, made_on) FROM promises_paymentplan
WHERE account_id = ANY(%(accounts)s)
UNION ALL SELECT account_id, 'BROKEN', decided_date FROM promises_paymentplan
WHERE account_id = ANY(%(accounts)s) AND state = 'BROKEN'
UNION ALL SELECT account_id, 'ANSWER', opened_date FROM cases_dispute WHERE account_id = ANY(%(accounts)s)
UNION ALL SELECT account_id, 'ANSWER', announced_on FROM dunning_paymentannouncement
WHERE account_id = ANY(%(accounts)s)
UNION ALL SELECT account_id, 'ANSWER', (received_at AT TIME ZONE %(zone)s)::date FROM delivery_inboundmessage
WHERE account_id = ANY(%(accounts)s) AND kind = 'REPLY'
"""

# Cash of the customer that lay unapplied on another of its accounts with the same company: account, day, change.
SISTER_CASH = """
WITH sister AS (
    SELECT a.id AS account_id, s.id AS sister_id
    FROM parties_customeraccount a
    JOIN parties_customeraccount s ON s.customer_id = a.customer_id AND s.company_id = a.company_id AND s.id <> a.id
    WHERE a.id = ANY(%(accounts)s)
), cash AS (
    SELECT sister.account_id, i.id, i.document_date, i.currency, i.amount_original
    FROM sister JOIN ledger_openitem i ON i.account_id = sister.sister_id
    WHERE i.kind = 'PAYMENT' AND i.amount_original < 0 AND i.document_date <= %(last)s
      AND (i.amount_open <> 0 OR i.settled_date IS NULL OR i.settled_date >= %(first)s)
)
SELECT account_id, document_date, currency, -amount_original FROM cash
UNION ALL
SELECT c.account_id, greatest(al.effective_date, c.document_date), c.currency, -al.amount
FROM cash c JOIN ledger_allocation al ON al.credit_item_id = c.id
UNION ALL
SELECT c.account_id, greatest(r.effective_date, c.document_date), c.currency, al.amount
FROM cash c JOIN ledger_allocation al ON al.credit_item_id = c.id
JOIN ledger_allocationreversal r ON r.allocation_id = al.id
ORDER BY 1, 2
"""

# The accounts of a simulation: those with a debit that was open some time in the days gone through.
CANDIDATES = """
SELECT a.id FROM parties_customeraccount a
WHERE a.id > %(after)s AND (%(company)s::bigint IS NULL OR a.company_id = %(company)s)
  AND (%(segment)s::bigint IS NULL OR EXISTS (
    SELECT FROM segments_membership m WHERE m.segment_id = %(segment)s AND m.account_id = a.id
      AND m.from_date <= %(today)s AND (m.until_date IS NULL OR m.until_date > %(today)s)))
  AND EXISTS (
    SELECT FROM ledger_openitem i WHERE i.account_id = a.id AND i.amount_original > 0 AND i.document_date <= %(last)s
      AND (i.amount_open <> 0 OR i.settled_date IS NULL OR i.settled_date >= %(first)s))
ORDER BY a.id
"""
