"""A payout that somebody collected from several customers, shared by the advice that comes with it."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from quittance.cases import services as cases
from quittance.cash import services
from quittance.cash.models import BankTransaction, MatchProposal, PayerIdentity
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import OpenItem
from quittance.parties.models import Customer
from quittance.remittances import services as remittances
from quittance.remittances.models import Remittance
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, receipt

pytestmark = pytest.mark.django_db
HEAD = "Facture;Montant payé\n"
TEXT = "PAYOUT PO-778812"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def items(cast: Cast) -> list[OpenItem]:
    """Two items of Durand, one of them a credit note, and one of Martin."""
    martin = Customer.objects.create(number="C2", name="Martin SARL", country="FR")
    other = make_account(martin, cast.company, cast.department, number="411MARTIN")
    return [
        make_item(cast.account, "120.00", due=DUE, number="FA-2026-501"),
        make_item(cast.account, "-20.00", due=DUE, number="AV-2026-077", kind="CREDIT_NOTE"),
        make_item(other, "300.00", due=DUE, number="FA-2026-502"),
    ]


def advise(cast: Cast, lines: str) -> Remittance:
    result = remittances.import_remittance(
        stream=io.BytesIO((HEAD + lines).encode()), filename="advice.csv", actor=SYSTEM, company_id=cast.company.id
    )
    row = Remittance.objects.get(pk=result.remittance_ids[0])
    row.payment_reference = "PO-778812"
    row.save(update_fields=["payment_reference"])
    return row


def match(cast: Cast) -> int:
    return services.match_transactions(company_id=cast.company.id, as_of=TODAY).applied


WHOLE = "FA-2026-501;120,00\nAV-2026-077;-20,00\nFA-2026-502;300,00\n"


def test_a_payout_is_shared_among_the_customers_that_its_advice_names(cast: Cast, items: list[OpenItem]) -> None:
    advice = advise(cast, WHOLE)
    line = receipt("400.00", name="Paybridge Ltd", text=TEXT)
    assert match(cast) == 1
    line.refresh_from_db()
    assert line.state == "SPLIT"
    parts = dict(line.parts.values_list("customer__name", "amount"))
    assert parts == {"Durand & Fils": Decimal("100.00"), "Martin SARL": Decimal("300.00")}
    assert not OpenItem.objects.exclude(amount_open=0).exists()
    advice.refresh_from_db()
    assert (advice.state, advice.bank_transaction_id) == ("CLOSED", line.id)
    assert set(MatchProposal.objects.values_list("strategy", "state")) == {("REMITTANCE", "APPLIED")}
    assert not PayerIdentity.objects.exists(), "who pays out is none of the customers"


def test_part_of_an_item_is_paid_as_the_advice_says(cast: Cast, items: list[OpenItem]) -> None:
    advise(cast, "FA-2026-501;50,00\nFA-2026-502;300,00\n")
    receipt("350.00", name="Paybridge Ltd", text=TEXT)
    assert match(cast) == 1
    items[0].refresh_from_db()
    assert items[0].amount_open == 70


@pytest.mark.parametrize("why", ["disputed", "more than open", "unknown", "another sum", "unnamed", "one owes us less"])
def test_anything_that_does_not_fit_is_left_to_people(cast: Cast, items: list[OpenItem], why: str) -> None:
    lines, amount, text = WHOLE, "400.00", TEXT
    if why == "disputed":
        cases.open_dispute(item_id=items[2].pk, amount=Decimal(10), reason_code="PRICE", opened_date=DUE, actor=SYSTEM)
    if why == "more than open":
        lines, amount = "FA-2026-501;121,00\nFA-2026-502;300,00\n", "421.00"
    if why == "unknown":
        lines, amount = WHOLE + "FA-2026-999;1,00\n", "401.00"
    if why == "another sum":
        amount = "399.00"
    if why == "unnamed":
        text = "PAYOUT"
    if why == "one owes us less":
        lines, amount = "AV-2026-077;-20,00\nFA-2026-502;300,00\n", "280.00"
    advise(cast, lines)
    line = receipt(amount, name="Paybridge Ltd", text=text)
    assert match(cast) == 0
    line.refresh_from_db()
    assert line.state == "WAITING"
    assert not BankTransaction.objects.filter(parent__isnull=False).exists()
    assert Remittance.objects.get().state == "EXPECTED"


def test_two_receipts_of_one_advice_are_left_to_people(cast: Cast, items: list[OpenItem]) -> None:
    advise(cast, WHOLE)
    receipt("400.00", reference="A", name="Paybridge Ltd", text=TEXT)
    receipt("400.00", reference="B", name="Paybridge Ltd", text=TEXT)
    assert match(cast) == 0
