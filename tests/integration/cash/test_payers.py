"""Payers that are known otherwise than by name: by mandate, by the account they pay to, by what they announced."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from quittance.cash import services
from quittance.cash.models import BankTransaction, MatchProposal
from quittance.dunning import services as dunning
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM, Scope
from quittance.ledger.models import OpenItem
from quittance.parties import virtual_ibans
from quittance.parties.models import Customer, CustomerAccount
from quittance.promises import services as promises
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, receipt
from tests.integration.debits.desk import settle_how, sign

pytestmark = pytest.mark.django_db
VIRTUAL = "DE89370400440532013000"
CREDITED = f"<CdtrAcct><Id><IBAN>{VIRTUAL}</IBAN></Id></CdtrAcct></RltdPties>"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def martin(cast: Cast) -> CustomerAccount:
    customer = Customer.objects.create(number="C2", name="Martin SARL", country="FR", parent=cast.durand)
    return make_account(customer, cast.company, cast.department, number="411MARTIN")


def take(details: str, amount: str = "100.00") -> BankTransaction:
    content = document(statement(entry(amount, details=details)))
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)
    return BankTransaction.objects.get()


def match(cast: Cast) -> BankTransaction:
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    return BankTransaction.objects.get()


def evidence(line: BankTransaction) -> list[str]:
    return [fact["kind"] for fact in line.payer_evidence]


def test_a_mandate_tells_who_paid_even_within_a_group(cast: Cast, martin: CustomerAccount) -> None:
    settle_how(cast)
    sign(martin, reference="RUM-77")
    make_item(martin, "100.00", due=DUE)
    named = detail(name="ZZTOP", iban="", text="").replace("<EndToEndId>", "<MndtId>RUM-77</MndtId><EndToEndId>")
    assert take(named).mandate_id == "RUM-77"
    line = match(cast)
    assert (line.state, line.customer_id) == ("MATCHED", martin.customer_id)
    assert evidence(line) == ["PAYER_MANDATE"]


def test_the_account_that_one_customer_is_told_tells_who_paid(cast: Cast, martin: CustomerAccount) -> None:
    virtual_ibans.give_virtual_iban(
        customer_id=martin.customer_id, company_id=cast.company.id, iban="DE89 3704 0044 0532 0130 00", actor=SYSTEM
    )
    make_item(martin, "100.00", due=DUE)
    line = take(detail(name="ZZTOP", iban="", text="").replace("</RltdPties>", CREDITED))
    assert line.credited_iban == VIRTUAL
    line = match(cast)
    assert (line.state, line.customer_id) == ("MATCHED", martin.customer_id)
    assert evidence(line) == ["PAYER_VIRTUAL_IBAN"]


def test_an_account_taken_back_tells_nothing_any_more(cast: Cast, martin: CustomerAccount) -> None:
    given = virtual_ibans.give_virtual_iban(
        customer_id=martin.customer_id, company_id=cast.company.id, iban=VIRTUAL, actor=SYSTEM
    )
    virtual_ibans.take_virtual_iban_back(virtual_iban_id=given, actor=SYSTEM)
    virtual_ibans.take_virtual_iban_back(virtual_iban_id=given, actor=SYSTEM)
    make_item(martin, "100.00", due=DUE)
    take(detail(name="ZZTOP", iban="", text="").replace("</RltdPties>", CREDITED))
    assert match(cast).customer_id is None
    kinds = Event.objects.filter(subject_kind="virtual_iban").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["virtual_iban.given", "virtual_iban.taken_back"]


def test_a_virtual_account_is_one_customers_alone(cast: Cast, martin: CustomerAccount) -> None:
    def give(iban: str, customer_id: int = cast.durand.id, company_id: int = cast.company.id) -> int:
        return virtual_ibans.give_virtual_iban(customer_id=customer_id, company_id=company_id, iban=iban, actor=SYSTEM)

    first = give(VIRTUAL)
    assert give(VIRTUAL.lower()) == first
    problems = []
    for iban, customer_id, company_id in (
        (VIRTUAL, martin.customer_id, cast.company.id),
        ("DE00370400440532013000", cast.durand.id, cast.company.id),
        (cast.bank_account.iban, cast.durand.id, cast.company.id),
        ("GB29NWBK60161331926819", cast.durand.id, cast.other_company.id),
    ):
        with pytest.raises(virtual_ibans.VirtualIbanRefused) as refused:
            give(iban, customer_id, company_id)
        problems.append(refused.value.problem)
    assert problems == ["TAKEN", "WRONG", "OURS", "UNKNOWN"]
    shown = virtual_ibans.list_of_customer(customer_id=cast.durand.id)
    assert [(row["iban"], row["company_name"]) for row in shown] == [(VIRTUAL, "Arvor Distribution")]
    elsewhere = Scope(company_ids=frozenset({cast.other_company.id}))
    assert virtual_ibans.list_of_customer(customer_id=cast.durand.id, scope=elsewhere) == []


def many_items(cast: Cast) -> list[OpenItem]:
    """Write twelve items of which many selections have one sum: what is paid cannot be told by amounts."""
    return [make_item(cast.account, f"{10 * number}.00", due=DUE - timedelta(days=number)) for number in range(1, 13)]


def test_what_was_announced_makes_a_sum_certain(cast: Cast) -> None:
    items = many_items(cast)
    chosen = [items[3], items[7], items[8]]
    dunning.announce_payment(
        account_id=cast.account.pk, item_ids=[item.id for item in chosen], announced_on=TODAY, until_date=TODAY,
        actor=SYSTEM,
    )  # fmt: skip
    line = receipt("210.00", name="Durand &amp; Fils")
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    best = MatchProposal.objects.filter(transaction=line).order_by("-confidence").first()
    assert best is not None
    assert best.strategy == "ANNOUNCED_ITEMS"
    assert {one.item_id for one in best.lines.all()} == {item.id for item in chosen}
    assert "ANNOUNCED" in {fact["kind"] for fact in best.evidence}


def test_a_promise_that_names_items_is_an_announcement(cast: Cast) -> None:
    items = many_items(cast)
    promises.take_promise(
        account_id=cast.account.pk, item_ids=[items[0].id, items[5].id], promised_date=TODAY, made_on=DUE, actor=SYSTEM
    )
    line = receipt("70.00", name="Durand &amp; Fils")
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    best = MatchProposal.objects.filter(transaction=line).order_by("-confidence").first()
    assert best is not None
    assert best.strategy == "ANNOUNCED_ITEMS"
