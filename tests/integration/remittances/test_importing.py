"""Files of payers taken in: once, whole, with customers and items found where exactly one answers."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quittance.foundation.models import Event, ImportBatch
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.parties.models import Company, CustomerAccount
from quittance.remittances import queries, services
from quittance.remittances.models import Remittance, RemittanceLine
from tests.cast import Cast, make_cast
from tests.cast import make_item as make_due_item

pytestmark = pytest.mark.django_db
ACTOR = Actor(label="tests")
HEAD = "Facture;Montant brut;Escompte;Montant payé\n"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def make_item(account: CustomerAccount, amount: str, **values: Any) -> OpenItem:
    return make_due_item(account, amount, due=date(2026, 5, 1), **values)


def take(text: str, *, name: str = "advice.csv", is_chosen: bool = True) -> services.RemittanceImport:
    """Take a file in for the company of the cast, or leave it to the references."""
    chosen = Company.objects.get(code="ARV").id if is_chosen else None
    return services.import_remittance(stream=io.BytesIO(text.encode()), filename=name, actor=ACTOR, company_id=chosen)


def test_an_advice_is_kept_and_its_items_are_found(cast: Cast) -> None:
    first = make_item(cast.account, "1200", number="FA-2026/101")
    second = make_item(cast.account, "-100", number="AV-7", kind="CREDIT_NOTE")
    result = take(
        is_chosen=False, text=HEAD + "FA 2026 101;1200,00;24,00;1176,00\nAV7;-100,00;;-100,00\nTotal;;;1076,00\n"
    )
    row = Remittance.objects.get(pk=result.remittance_ids[0])
    assert (row.company_id, row.customer_id, row.currency) == (cast.company.id, cast.durand.id, "EUR")
    assert (result.total, result.lines_sum, result.is_adding_up) == (Decimal("1076.00"), Decimal("1076.00"), True)
    assert [line.item_id for line in row.lines.order_by("position")] == [first.id, second.id]
    assert row.lines.order_by("position")[0].amount_discount == Decimal("24")


def test_the_same_file_and_the_same_advice_change_nothing(cast: Cast) -> None:
    text = HEAD + "FA-1;10,00;;10,00\n"
    first = take(text)
    again = take(text)
    assert (again.status, again.same_as_batch_id) == ("UNCHANGED", first.batch_id)
    other = take(text + "\n;;;\n", name="copy.csv")
    assert (other.status, other.duplicates, other.remittance_ids) == ("UNCHANGED", 1, ())
    assert Remittance.objects.count() == 1
    assert RemittanceLine.objects.count() == 1


def test_two_that_answer_are_no_answer(cast: Cast) -> None:
    make_item(cast.account, "50", number="FA-900")
    make_item(cast.account, "50", number="FA-900")
    due = make_item(cast.account, "70", number="FA-901")
    make_item(cast.account, "30", number="FA-901")
    result = take(HEAD + "FA-900;50,00;;50,00\nFA-901;70,00;;70,00\n")
    lines = RemittanceLine.objects.filter(remittance_id=result.remittance_ids[0]).order_by("position")
    assert [line.item_id for line in lines] == [None, due.id]


def test_the_side_and_the_currency_of_an_item_count(cast: Cast) -> None:
    make_item(cast.account, "-80", number="AV-80", kind="CREDIT_NOTE")
    result = take(HEAD + "AV-80;80,00;;80,00\n")
    assert RemittanceLine.objects.get(remittance_id=result.remittance_ids[0]).item_id is None


def test_numbers_without_prefix_and_zeros_are_found_among_the_payers_own(cast: Cast) -> None:
    known = make_item(cast.account, "10", number="FA-2026-0001")
    short = make_item(cast.account, "25", number="FA-2026-00789")
    result = take(HEAD + "FA20260001;10,00;;10,00\n789;25,00;;25,00\n")
    lines = RemittanceLine.objects.filter(remittance_id=result.remittance_ids[0]).order_by("position")
    assert [line.item_id for line in lines] == [known.id, short.id]


def test_an_advice_that_comes_before_its_invoice_is_resolved_later(cast: Cast) -> None:
    result = take(HEAD + "FA-5000;10,00;;10,00\n")
    item = make_item(cast.account, "10", number="FA-5000")
    found = services.resolve_remittances(company_id=cast.company.id)
    assert (found.items, found.customers) == (1, 1)
    assert RemittanceLine.objects.get(remittance_id=result.remittance_ids[0]).item_id == item.id
    assert services.resolve_remittances(company_id=cast.company.id).items == 0


def test_whose_company_is_paid_must_be_told_where_references_do_not_say(cast: Cast) -> None:
    result = take(HEAD + "FA-unknown-1;10,00;;10,00\n", is_chosen=False)
    assert [line.reason_code for line in result.rejected_lines] == ["REMITTANCE_COMPANY_UNKNOWN"]
    assert not Remittance.objects.exists()


def test_a_bad_line_is_rejected_and_the_rest_is_in(cast: Cast) -> None:
    result = take(HEAD + "FA-1;10,00;;10,00\nFA-2;x;;5,00\n;1,00;;1,00\n")
    assert (result.status, result.rejected, result.lines_read) == ("DONE_WITH_REJECTS", 2, 1)
    assert [line.position for line in result.rejected_lines] == [3, 4]
    assert ImportBatch.objects.get(pk=result.batch_id).rejected_lines.filter(is_warning=False).count() == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"Bonjour, merci de me rappeler.", "NO_REMITTANCE"),
        (b"%PDF-1.7 nothing", "PDF_UNREADABLE"),
        (b"\x89PNG\r\n", "REMITTANCE_FORMAT_UNKNOWN"),
        (b"<?xml version='1.0'?><RemittanceAdvice>", "REMITTANCE_CUT"),
    ],
)
def test_what_is_no_advice_is_refused_by_name(cast: Cast, content: bytes, code: str) -> None:
    result = services.import_remittance(stream=io.BytesIO(content), filename="x", actor=ACTOR)
    assert (result.is_refused, result.reason.code.value if result.reason else "") == (True, code)
    assert Event.objects.filter(kind="remittance.refused").count() == 1
    assert not Remittance.objects.exists()


def test_joining_and_ignoring_are_events_and_safe_to_repeat(cast: Cast) -> None:
    (id_,) = take(HEAD + "FA-1;10,00;;10,00\n").remittance_ids
    for _ in range(2):
        services.join_remittance(remittance_id=id_, bank_transaction_id=7, actor=ACTOR)
    with pytest.raises(services.RemittanceTaken):
        services.join_remittance(remittance_id=id_, bank_transaction_id=8, actor=ACTOR)
    with pytest.raises(services.RemittanceTaken):
        services.ignore_remittance(remittance_id=id_, actor=ACTOR)
    assert services.close_remittances(bank_transaction_ids=[7], actor=ACTOR) == 1
    for _ in range(2):
        services.unjoin_remittance(remittance_id=id_, actor=ACTOR)
    for _ in range(2):
        services.ignore_remittance(remittance_id=id_, actor=ACTOR, reason="cancelled")
    for _ in range(2):
        services.expect_remittance(remittance_id=id_, actor=ACTOR)
    kinds = list(Event.objects.filter(subject_kind="remittance").order_by("id").values_list("kind", flat=True))
    assert kinds == [f"remittance.{word}" for word in ("joined", "closed", "unjoined", "ignored", "expected_again")]
    with pytest.raises(services.RemittanceNotFound):
        services.join_remittance(remittance_id=0, bank_transaction_id=7, actor=ACTOR)


def test_what_is_expected_is_read_in_two_queries(cast: Cast) -> None:
    item = make_item(cast.account, "100", number="FA-3003")
    for number in range(3):
        take(HEAD + f"FA-300{number};10,00;;10,00\n", name=f"{number}.csv")
    take(HEAD + "FA-3003;100,00;;90,00\n")
    with CaptureQueriesContext(connection) as seen:
        found = queries.list_expected(company_id=cast.company.id)
    assert len(seen) == 2
    assert [each.total for each in found] == [Decimal(10), Decimal(10), Decimal(10), Decimal(90)]
    line = found[-1].lines[0]
    assert (line.reference, line.amount, line.deduction, line.item_id) == ("FA-3003", Decimal(90), Decimal(10), item.id)
    assert queries.list_expected(company_id=cast.company.id, currency="USD") == []
    assert queries.list_expected_sums()[0].amount == Decimal(120)


def test_fifty_thousand_lines_are_one_copy(cast: Cast) -> None:
    text = HEAD + "".join(f"FA-{number};10,00;;10,00\n" for number in range(50_000))
    with CaptureQueriesContext(connection) as seen:
        result = take(text)
    assert (result.lines_read, RemittanceLine.objects.count()) == (50_000, 50_000)
    assert len(seen) < 40
