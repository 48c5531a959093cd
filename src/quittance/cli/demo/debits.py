"""Direct debits of the demo: mandates, a file at the bank of which one debit was rejected, a collection to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from io import BytesIO

from quittance.debits import queries, services
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger.queries import list_items
from quittance.parties.payments import list_bank_accounts
from quittance.parties.queries import find_customer

CREDITOR = "FR72ZZZ123456"
MANDATES_MAX = 3


def collect_by_debit(*, company_id: int, ibans: Mapping[str, str], today: date, actor: Actor) -> None:
    """Keep mandates of customers that pay so, and collect under them; nothing when none of them owes anything."""
    account_id = next(row.id for row in list_bank_accounts(company_ids=[company_id]) if row.currency == "EUR")
    owing = _owing_accounts(company_id, today)
    _settle_how(company_id, account_id, 0, actor)
    for account in owing[:MANDATES_MAX]:
        _sign(account, ibans, today, actor)
    first = _propose(company_id, today, actor)
    if first is not None:
        services.export_collection(collection_id=first, as_of=today, actor=actor)
        rows = queries.list_instructions(collection_id=first)
        content = _answer(str(rows[0]["end_to_end_id"]), today).encode()
        services.import_status(stream=BytesIO(content), filename=f"pain002-{today:%Y%m%d}.xml", actor=actor)
    _settle_how(company_id, account_id, 14, actor)
    for account in owing[MANDATES_MAX : 2 * MANDATES_MAX]:
        _sign(account, ibans, today, actor)
    _propose(company_id, today + timedelta(days=14), actor, as_of=today)


def _owing_accounts(company_id: int, today: date) -> list[dict[str, object]]:
    """Return the accounts that pay by debit and owe something due in euro, one row each, by number."""
    rows = list_items(as_of=today, scope=Scope(company_ids=frozenset({company_id}))).filter(
        account__payment_method="DIRECT_DEBIT", currency="EUR", amount_open__gt=0, due_date__lte=today
    )
    in_order = rows.order_by("-account__number", "id")
    return list({row["account_number"]: dict(row) for row in in_order}.values())[::-1]


def _settle_how(company_id: int, account_id: int, notice_days: int, actor: Actor) -> None:
    services.change_settings(
        company_id=company_id,
        creditor_identifier=CREDITOR,
        bank_account_id=account_id,
        lead_days=2,
        notice_days=notice_days,
        actor=actor,
    )


def _sign(account: Mapping[str, object], ibans: Mapping[str, str], today: date, actor: Actor) -> None:
    customer = find_customer(customer_id=int(str(account["customer_id"]))) or {}
    services.record_mandate(
        mandate=services.NewMandate(
            account_id=int(str(account["account_id"])),
            scheme="CORE",
            signed_on=today - timedelta(days=400),
            debtor_name=str(customer["name"])[:70],
            iban=ibans[str(customer["number"])],
            street=str(customer["street"])[:70],
            postcode=str(customer["postcode"])[:16],
            town=str(customer["town"])[:35] or "Paris",
            country=str(customer["country"]) or "FR",
        ),
        actor=actor,
    )


def _propose(company_id: int, wanted: date, actor: Actor, *, as_of: date | None = None) -> int | None:
    try:
        return services.propose_collection(
            company_id=company_id, wanted_date=wanted, as_of=as_of or wanted, actor=actor
        )
    except services.NothingToDebit:
        return None


def _answer(end_to_end_id: str, today: date) -> str:
    """Return what the bank says of one debit: not enough money."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>BANK-{today:%Y%m%d}</MsgId><CreDtTm>{today.isoformat()}T08:00:00</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts>"
        f"<OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
