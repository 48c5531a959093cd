"""The statements that gather facts; they read the tables of the apps below and beside, none of their models.

Parameters: `accounts` their ids as the text of an array (`ids_text`), `as_of` the day, `back` whether what was written
after that day is left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from quittance.debits.holding import held_by_debit


def ids_text(ids: Iterable[int]) -> str:
    """Return ids as PostgreSQL writes an array: one text, where a list is put together anew at each mention.

    >>> ids_text([1, 20])
    '{1,20}'
    """
    return f"{{{','.join(map(str, ids))}}}"


# An account is looked at when it has a debit due by the horizon; all others have nothing to be told. Asked account by
# account, since that needs no list of all items to be sorted.
CANDIDATES = """
SELECT a.id FROM parties_customeraccount a
WHERE (%(company)s::bigint IS NULL OR a.company_id = %(company)s) AND EXISTS (
    SELECT FROM ledger_openitem i WHERE i.account_id = a.id AND i.amount_open > 0 AND i.due_date <= %(horizon)s)
ORDER BY a.id
"""
CANDIDATES_BACK = """
SELECT a.id FROM parties_customeraccount a
WHERE (%(company)s::bigint IS NULL OR a.company_id = %(company)s) AND EXISTS (
    SELECT FROM ledger_openitem i WHERE i.account_id = a.id AND i.amount_original > 0 AND i.due_date <= %(horizon)s
        AND i.document_date <= %(as_of)s)
ORDER BY a.id
"""

# What counts as said to an account: notices that left or may have, and steps left to a person.
COUNTED = "('QUEUED', 'SENT', 'UNCERTAIN', 'TASK_OPEN', 'DONE')"
# Which policy an account follows: its own, else that of a trial it is in, else of its first segment that names one.
POLICY_CODE = """
coalesce(
    (SELECT p.policy_code FROM dunning_accountpolicy p WHERE p.account_id = {account}),
    (SELECT t.policy_code FROM simulation_trialarm t
     WHERE t.account_id = {account} AND t.from_date <= %(as_of)s AND t.until_date > %(as_of)s),
    (SELECT s.policy_code FROM segments_membership m JOIN segments_segment s ON s.id = m.segment_id
     WHERE m.account_id = {account} AND m.from_date <= %(as_of)s AND (m.until_date IS NULL OR m.until_date > %(as_of)s)
       AND s.is_active AND s.policy_code <> '' ORDER BY s.position, s.id LIMIT 1)
)"""
# The same for all accounts at once, as rows of `account_id` and `code`; who follows the default policy has none.
POLICY_CODES = """
SELECT DISTINCT ON (account_id) account_id, code FROM (
    SELECT account_id, policy_code AS code, 0 AS source, 0 AS position, 0::bigint AS id FROM dunning_accountpolicy
    UNION ALL
    SELECT account_id, policy_code, 1, 0, 0 FROM simulation_trialarm
    WHERE from_date <= %(as_of)s AND until_date > %(as_of)s
    UNION ALL
    SELECT m.account_id, s.policy_code, 2, s.position, s.id
    FROM segments_membership m JOIN segments_segment s ON s.id = m.segment_id
    WHERE m.from_date <= %(as_of)s AND (m.until_date IS NULL OR m.until_date > %(as_of)s)
      AND s.is_active AND s.policy_code <> ''
) found ORDER BY account_id, source, position, id
"""

# The contacts of an account `a` as `facts.read_contacts` takes them, with all that each refused.
CONTACTS = """-- Whom to write to, by role: the account's own before the customer's, who opted out last.
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(k.role, k.name, k.email, k.phone, k.language, k.is_opted_out,
        EXISTS (SELECT FROM delivery_courtesyoptout o WHERE o.account_id = a.id AND o.address = lower(k.email)),
        (SELECT NOT g.is_allowed FROM delivery_contactconsent g WHERE g.contact_id = k.id AND g.medium = 'EMAIL'
         ORDER BY g.said_on DESC, g.id DESC LIMIT 1),
        (SELECT NOT g.is_allowed FROM delivery_contactconsent g WHERE g.contact_id = k.id AND g.medium = 'SMS'
         ORDER BY g.said_on DESC, g.id DESC LIMIT 1))
        ORDER BY k.role, k.is_opted_out, k.account_id IS NULL, k.id) AS contacts
    FROM (
        SELECT x.id, x.role, x.name, x.phone, x.language, x.is_opted_out, x.account_id,
            -- An address that refused for good is not written to again; correcting it makes it another one.
            CASE WHEN EXISTS (SELECT FROM delivery_transmission t WHERE t.account_id = a.id AND t.recipient = x.email
                              AND t.state IN ('REFUSED', 'BOUNCED') AND t.is_failure_permanent)
                THEN '' ELSE x.email END AS email
        FROM parties_contact x
        WHERE x.customer_id = a.customer_id AND (x.account_id = a.id OR x.account_id IS NULL) AND x.is_active
    ) k
) k ON true
"""
REFUSED_NUMBERS = """
    (SELECT array_agg(DISTINCT r.recipient) FROM delivery_transmission r WHERE r.account_id = a.id AND r.medium = 'SMS'
     AND r.state IN ('REFUSED', 'BOUNCED') AND r.is_failure_permanent)"""

ACCOUNTS = f"""
WITH said AS (
    -- A message in a person's own words touches the customer, but no reminder waits for it.
    SELECT n.account_id, max(n.notice_date)
            FILTER (WHERE n.state IN {COUNTED} AND n.medium <> 'TASK' AND NOT n.is_free) AS notice_date,
        array_agg(n.notice_date) FILTER (WHERE n.state IN {COUNTED} AND n.medium <> 'TASK'
            AND n.notice_date > %(as_of)s - %(touches)s) AS touches,
        (array_agg(t.state IN ('BOUNCED', 'REFUSED') ORDER BY n.id DESC) FILTER (WHERE t.id IS NOT NULL))[1]
            AS is_last_bounced
    FROM dunning_dunningnotice n LEFT JOIN delivery_transmission t ON t.id = n.transmission_id
    WHERE n.account_id = ANY(%(accounts)s::bigint[]) AND (NOT %(back)s OR n.notice_date <= %(as_of)s)
      AND n.state NOT IN ('CANCELLED', 'HELD')
    GROUP BY n.account_id
),
-- Nobody was reached by a message on the voicemail or a wrong number.
called AS (
    SELECT e.account_id, array_agg((e.occurred_at AT TIME ZONE %(zone)s)::date)
            FILTER (WHERE e.occurred_at::date > %(as_of)s - %(touches)s) AS touches,
        max((e.occurred_at AT TIME ZONE %(zone)s)::date) AS answer_date
    FROM foundation_event e
    WHERE e.kind = 'call.logged' AND e.account_id = ANY(%(accounts)s::bigint[])
      AND e.payload ->> 'outcome' NOT IN ('VOICEMAIL', 'WRONG_NUMBER')
      AND (NOT %(back)s OR e.occurred_at::date <= %(as_of)s)
    GROUP BY e.account_id
),
word AS (
    SELECT w.account_id, max(w.broken_on) AS broken_on, max(w.answer_date) AS answer_date FROM (
        SELECT account_id, CASE WHEN state = 'BROKEN' THEN decided_date END AS broken_on, made_on AS answer_date
        FROM promises_promisetopay WHERE account_id = ANY(%(accounts)s::bigint[])
        UNION ALL SELECT account_id, CASE WHEN state = 'BROKEN' THEN decided_date END, coalesce(accepted_on, made_on)
        FROM promises_paymentplan WHERE account_id = ANY(%(accounts)s::bigint[])
        UNION ALL SELECT account_id, NULL, opened_date FROM cases_dispute WHERE account_id = ANY(%(accounts)s::bigint[])
        UNION ALL SELECT account_id, NULL, announced_on FROM dunning_paymentannouncement
        WHERE account_id = ANY(%(accounts)s::bigint[])
        UNION ALL SELECT account_id, NULL, (received_at AT TIME ZONE %(zone)s)::date FROM delivery_inboundmessage
        WHERE account_id = ANY(%(accounts)s::bigint[]) AND kind = 'REPLY'
    ) w WHERE w.answer_date <= %(as_of)s GROUP BY w.account_id
)
SELECT a.id AS account_id, a.number AS account_number, a.language, a.payment_method, c.id AS customer_id,
    c.name AS customer_name, c.kind AS customer_kind, c.country AS customer_country, co.id AS company_id,
    co.currency AS company_currency, {POLICY_CODE.format(account="a.id")} AS policy_code,
    c.street <> '' AND c.town <> '' AS has_postal_address,
    coalesce(u.name, '') AS collector_name, coalesce(u.email, '') AS collector_email,
    -- The oldest of the accounts that customers pay to: a payment may hide on any of them.
    coalesce(b.shown_date, b.other_date) AS statement_date,
    {REFUSED_NUMBERS} AS refused_numbers,
    k.contacts, said.notice_date, said.is_last_bounced, said.touches AS notice_touches, called.touches AS call_touches,
    word.broken_on, greatest(word.answer_date, called.answer_date) AS answer_date, l.usual_delay_days,
    EXISTS (SELECT FROM dunning_dunningblock d WHERE d.account_id = a.id AND d.item_id IS NULL
            AND d.from_date <= %(as_of)s AND (d.until_date IS NULL OR d.until_date >= %(as_of)s)) AS is_blocked
FROM parties_customeraccount a
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
LEFT JOIN parties_user u ON u.id = a.collector_id AND u.is_active
LEFT JOIN ledger_accountbalance l ON l.account_id = a.id
LEFT JOIN said ON said.account_id = a.id
LEFT JOIN called ON called.account_id = a.id
LEFT JOIN word ON word.account_id = a.id
LEFT JOIN LATERAL (
    SELECT min(last_statement_date) FILTER (WHERE is_shown_on_notices) AS shown_date,
           max(last_statement_date) AS other_date
    FROM parties_companybankaccount WHERE company_id = co.id
) b ON true
{CONTACTS}WHERE a.id = ANY(%(accounts)s::bigint[])
ORDER BY a.id
"""

OPEN_NOW = """
SELECT i.id, i.account_id, i.kind, i.document_number, i.document_date, i.due_date, i.currency, i.amount_open,
    i.amount_company_open, i.reference, i.is_factored
FROM ledger_openitem i WHERE {which} AND i.amount_open <> 0
"""
OPEN_BACK = """
SELECT i.id, i.account_id, i.kind, i.document_number, i.document_date, i.due_date, i.currency,
    i.amount_original - coalesce(s.amount, 0) AS amount_open,
    i.amount_company - coalesce(s.amount_company, 0) AS amount_company_open, i.reference, i.is_factored
FROM ledger_openitem i
LEFT JOIN LATERAL (
    SELECT sum(CASE WHEN al.debit_item_id = i.id THEN al.amount ELSE -al.amount END) AS amount,
        sum(CASE WHEN al.debit_item_id = i.id THEN al.amount_company_debit ELSE -al.amount_company_credit END)
            AS amount_company
    FROM ledger_allocation al LEFT JOIN ledger_allocationreversal r ON r.allocation_id = al.id
    WHERE (al.debit_item_id = i.id OR al.credit_item_id = i.id) AND al.effective_date <= %(as_of)s
      AND (r.id IS NULL OR r.effective_date > %(as_of)s)
) s ON true
WHERE {which} AND i.document_date <= %(as_of)s
  AND i.amount_original <> coalesce(s.amount, 0)
"""

ITEMS = (
    """
WITH open AS ({open}),
debited AS ("""
    + held_by_debit(items="open")
    + """
),
disputed AS (
    SELECT d.item_id, sum(d.amount_disputed) AS amount FROM cases_dispute d JOIN open o ON o.id = d.item_id
    WHERE (d.opened_date <= %(as_of)s OR NOT %(back)s) AND (d.closed_date IS NULL OR d.closed_date > %(as_of)s)
    GROUP BY d.item_id
),
promised AS (
    SELECT x.item_id, max(p.promised_date + p.tolerance_days) AS until
    FROM promises_promisetopay p JOIN promises_promiseditem x ON x.promise_id = p.id JOIN open o ON o.id = x.item_id
    WHERE (p.made_on <= %(as_of)s OR NOT %(back)s) AND (p.state = 'OPEN' OR p.decided_date > %(as_of)s)
    GROUP BY x.item_id
),
-- A promise that names no item speaks of everything that was due by its day.
promised_all AS (
    SELECT o.id AS item_id, max(p.promised_date + p.tolerance_days) AS until
    FROM promises_promisetopay p JOIN open o ON o.account_id = p.account_id AND o.due_date <= p.promised_date
    WHERE (p.made_on <= %(as_of)s OR NOT %(back)s) AND (p.state = 'OPEN' OR p.decided_date > %(as_of)s)
      AND NOT EXISTS (SELECT FROM promises_promiseditem x WHERE x.promise_id = p.id)
    GROUP BY o.id
),
noticed AS (
    SELECT x.item_id, max(x.level_rank) AS level_rank, max(n.notice_date) AS notice_date,
        max(n.notice_date) FILTER (WHERE x.level_rank IS NOT NULL) AS level_date
    FROM dunning_dunningnoticeitem x JOIN dunning_dunningnotice n ON n.id = x.notice_id JOIN open o ON o.id = x.item_id
    WHERE n.state IN ('QUEUED', 'SENT', 'UNCERTAIN', 'TASK_OPEN', 'DONE')
      AND (NOT %(back)s OR n.notice_date <= %(as_of)s)
    GROUP BY x.item_id
),
planned AS (
    SELECT DISTINCT x.item_id FROM promises_planneditem x JOIN promises_paymentplan p ON p.id = x.plan_id
    JOIN open o ON o.id = x.item_id
    WHERE CASE WHEN %(back)s THEN p.accepted_on <= %(as_of)s AND (p.decided_date IS NULL OR p.decided_date > %(as_of)s)
          ELSE p.state = 'ACTIVE' END
),
handed AS (
    SELECT DISTINCT x.item_id FROM litigation_handoveritem x JOIN litigation_handover h ON h.id = x.handover_id
    JOIN open o ON o.id = x.item_id
    WHERE CASE WHEN %(back)s THEN h.handed_over_on <= %(as_of)s AND (h.ended_on IS NULL OR h.ended_on > %(as_of)s)
          ELSE h.state = 'HANDED_OVER' END
),
announced AS (
    SELECT n.item_id, max(n.until_date) AS until FROM dunning_paymentannouncement n JOIN open o ON o.id = n.item_id
    WHERE n.until_date >= %(as_of)s AND (NOT %(back)s OR n.announced_on <= %(as_of)s) GROUP BY n.item_id
),
-- Word that names no item speaks of everything that was due by its day.
announced_all AS (
    SELECT o.id AS item_id, max(n.until_date) AS until
    FROM dunning_paymentannouncement n JOIN open o ON o.account_id = n.account_id AND o.due_date <= n.announced_on
    WHERE n.item_id IS NULL AND n.until_date >= %(as_of)s AND (NOT %(back)s OR n.announced_on <= %(as_of)s)
    GROUP BY o.id
),
blocked AS (
    SELECT DISTINCT ON (b.item_id) b.item_id, b.reason FROM dunning_dunningblock b JOIN open o ON o.id = b.item_id
    WHERE b.from_date <= %(as_of)s AND (b.until_date IS NULL OR b.until_date >= %(as_of)s)
    ORDER BY b.item_id, b.id
),
-- One row for each item of which anything is known beside what is open: most have none, and one join does.
marked AS (
    SELECT item_id, max(level_rank) AS last_level_sent, max(notice_date) AS last_notice_date,
        max(level_date) AS last_level_date, coalesce(sum(disputed), 0) AS disputed_amount,
        max(promised_until) AS promised_until, max(announced_until) AS payment_announced_until,
        bool_or(mark = 'PLANNED') AS in_payment_plan, bool_or(mark = 'BLOCKED') AS is_blocked,
        coalesce(max(block_reason), '') AS block_reason, bool_or(mark = 'HANDED') AS is_handed_over,
        coalesce(max(debit), '') AS debit
    FROM (
        SELECT 'NOTICED' AS mark, item_id, level_rank, notice_date, level_date, NULL::numeric AS disputed,
            NULL::date AS promised_until, NULL::date AS announced_until, NULL::text AS block_reason,
            NULL::text AS debit FROM noticed
        UNION ALL SELECT 'DISPUTED', item_id, NULL, NULL, NULL, amount, NULL, NULL, NULL, NULL FROM disputed
        UNION ALL SELECT 'PROMISED', item_id, NULL, NULL, NULL, NULL, until, NULL, NULL, NULL FROM promised
        UNION ALL SELECT 'PROMISED', item_id, NULL, NULL, NULL, NULL, until, NULL, NULL, NULL FROM promised_all
        UNION ALL SELECT 'ANNOUNCED', item_id, NULL, NULL, NULL, NULL, NULL, until, NULL, NULL FROM announced
        UNION ALL SELECT 'ANNOUNCED', item_id, NULL, NULL, NULL, NULL, NULL, until, NULL, NULL FROM announced_all
        UNION ALL SELECT 'BLOCKED', item_id, NULL, NULL, NULL, NULL, NULL, NULL, reason, NULL FROM blocked
        UNION ALL SELECT 'HANDED', item_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM handed
        UNION ALL SELECT 'PLANNED', item_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM planned
        UNION ALL SELECT 'DEBITED', item_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, debit FROM debited
    ) m GROUP BY item_id
)
SELECT o.account_id, m.item_id IS NOT NULL AS is_marked, o.document_number, o.document_date, o.reference,
    o.amount_company_open,
    -- From here on the fields of DunningItemFact, by name and in their order; after `kind` only for marked items.
    o.id AS item_id, o.due_date, o.amount_open, o.currency,
    CASE WHEN o.is_factored THEN 'FACTORED' ELSE o.kind END AS kind,
    m.last_level_sent, m.last_notice_date, m.last_level_date, m.disputed_amount, m.promised_until,
    m.payment_announced_until, m.in_payment_plan, m.is_blocked, NULL::date AS block_until, m.block_reason,
    CASE WHEN m.item_id IS NOT NULL THEN false END AS is_delivery_failed, m.is_handed_over, m.debit
FROM open o LEFT JOIN marked m ON m.item_id = o.id
ORDER BY o.account_id, o.due_date, o.id
"""
)

# Cash of the customer that lies unapplied on another of its accounts with the same company of ours.
SISTER_CASH = """
WITH sister AS (
    SELECT a.id AS account_id, s.id AS sister_id
    FROM parties_customeraccount a
    JOIN parties_customeraccount s ON s.customer_id = a.customer_id AND s.company_id = a.company_id AND s.id <> a.id
    WHERE a.id = ANY(%(accounts)s::bigint[])
), open AS ({open})
SELECT sister.account_id, open.currency, -sum(open.amount_open)
FROM sister JOIN open ON open.account_id = sister.sister_id
GROUP BY sister.account_id, open.currency ORDER BY sister.account_id, open.currency
"""
OWN = "i.account_id = ANY(%(accounts)s::bigint[])"
SISTERS = "i.account_id IN (SELECT sister_id FROM sister) AND i.kind = 'PAYMENT' AND i.amount_original < 0"
