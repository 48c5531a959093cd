"""The cash pages: who may, what is shown, what a click does; all of it without JavaScript."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from quittance.cash import queries, services, tasks
from quittance.cash.models import BankStatement, BankTransaction
from quittance.foundation.permissions import SYSTEM
from quittance.parties.models import User
from tests.adapters.statements.samples import balanced_statement, detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
DUE = date(2026, 1, 5)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def waiting(cast: Cast) -> BankTransaction:
    """One receipt with two explanations."""
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    make_item(cast.account, "100.00", due=date(2026, 1, 6), number="FA-2026-002")
    content = document(statement(entry("100.00", details=detail(name="Durand &amp; Fils", text="facture"))))
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)
    services.match_transactions(company_id=cast.company.id, as_of=date(2026, 1, 10))
    return BankTransaction.objects.get()


PAGES = ["cash_desk", "cash_line_list", "statement_list"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_work_empty_and_full(cast: Cast, name: str) -> None:
    clara = signed_in(cast.clara)
    assert clara.get(reverse(name)).status_code == 200
    services.import_statement(stream=io.BytesIO(balanced_statement()), filename="s.xml", actor=SYSTEM)
    assert clara.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", [*PAGES, "statement_import"])
def test_customers_and_strangers_stay_out(cast: Cast, name: str) -> None:
    assert Client().get(reverse(name)).status_code == 302
    assert signed_in(cast.petra).get(reverse(name)).status_code == 403


def test_the_desk_shows_the_line_its_explanations_and_their_reasons(cast: Cast, waiting: BankTransaction) -> None:
    page = signed_in(cast.clara).get(reverse("cash_desk")).content.decode()
    assert "Durand &amp; Fils" in page
    assert "FA-2026-001" in page
    assert "FA-2026-002" in page
    assert "2 open items have this amount." in page
    assert "Several explanations are as likely" in page


def test_accepting_matches_and_offers_undo(cast: Cast, waiting: BankTransaction) -> None:
    clara = signed_in(cast.clara)
    proposal = queries.list_proposals(transaction_id=waiting.id)[0]
    answer = clara.post(reverse("cash_accept", args=[proposal.id]), follow=True)
    waiting.refresh_from_db()
    assert waiting.state == "MATCHED"
    assert reverse("cash_undo", args=[waiting.id]) in answer.content.decode()
    clara.post(reverse("cash_undo", args=[waiting.id]))
    waiting.refresh_from_db()
    assert waiting.state == "WAITING"
    assert len(queries.list_proposals(transaction_id=waiting.id)) == 2


def test_a_second_click_on_the_same_explanation_changes_nothing(cast: Cast, waiting: BankTransaction) -> None:
    clara = signed_in(cast.clara)
    url = reverse("cash_accept", args=[queries.list_proposals(transaction_id=waiting.id)[0].id])
    clara.post(url)
    assert "decided on this line meanwhile" in clara.post(url, follow=True).content.decode()


def test_a_wrong_explanation_goes_away(cast: Cast, waiting: BankTransaction) -> None:
    proposal = queries.list_proposals(transaction_id=waiting.id)[0]
    signed_in(cast.clara).post(reverse("cash_reject", args=[proposal.id]))
    assert [p.id for p in queries.list_proposals(transaction_id=waiting.id)] != [proposal.id]
    assert len(queries.list_proposals(transaction_id=waiting.id)) == 1


def test_items_are_picked_by_hand(cast: Cast, waiting: BankTransaction) -> None:
    item = make_item(cast.account, "60.00", due=DUE, number="FA-2026-060")
    other = make_item(cast.account, "70.00", due=date(2026, 1, 9), number="FA-2026-070")
    clara = signed_in(cast.clara)
    page = clara.get(reverse("cash_line", args=[waiting.id]), {"account": cast.account.id}).content.decode()
    assert "FA-2026-060" in page
    clara.post(reverse("cash_pick", args=[waiting.id]), {"account": cast.account.id, "item": [item.id, other.id]})
    item.refresh_from_db()
    other.refresh_from_db()
    assert (item.amount_open, other.amount_open) == (0, 30)


def test_money_is_posted_on_an_account_found_by_name(cast: Cast, waiting: BankTransaction) -> None:
    clara = signed_in(cast.clara)
    url = reverse("cash_line", args=[waiting.id])
    page = clara.get(url, {"account_search": "DURÁND", "account": cast.account.id}).content.decode()
    assert "411DURAND" in page
    clara.post(reverse("cash_pick", args=[waiting.id]), {"account": cast.account.id, "on_account": "1"})
    waiting.refresh_from_db()
    assert waiting.state == "UNAPPLIED"


def test_set_aside_and_back(cast: Cast, waiting: BankTransaction) -> None:
    clara = signed_in(cast.clara)
    clara.post(reverse("cash_set_aside", args=[waiting.id]))
    waiting.refresh_from_db()
    assert waiting.state == "SET_ASIDE"
    clara.post(reverse("cash_bring_back", args=[waiting.id]))
    waiting.refresh_from_db()
    assert waiting.state == "WAITING"


def test_who_may_only_look_decides_nothing(cast: Cast, waiting: BankTransaction) -> None:
    diane = signed_in(cast.diane)
    page = diane.get(reverse("cash_line", args=[waiting.id])).content.decode()
    assert reverse("cash_set_aside", args=[waiting.id]) not in page
    assert diane.post(reverse("cash_set_aside", args=[waiting.id])).status_code == 403


def test_lines_of_another_company_do_not_exist(cast: Cast, waiting: BankTransaction) -> None:
    charlie = signed_in(cast.charlie)
    assert charlie.get(reverse("cash_line", args=[waiting.id])).status_code == 404
    assert charlie.get(reverse("statement_detail", args=[waiting.statement_id])).status_code == 404
    cast.charlie.roles = ["CASH_CLERK"]
    cast.charlie.save()
    proposal = queries.list_proposals(transaction_id=waiting.id)[0]
    assert charlie.post(reverse("cash_accept", args=[proposal.id])).status_code == 404


def test_a_statement_shows_its_check(cast: Cast) -> None:
    services.import_statement(stream=io.BytesIO(balanced_statement()), filename="s.xml", actor=SYSTEM)
    url = reverse("statement_detail", args=[BankStatement.objects.get().id])
    assert "Balances" in signed_in(cast.clara).get(url).content.decode()


def test_a_statement_that_does_not_balance_says_by_how_much(cast: Cast) -> None:
    content = balanced_statement().replace(b"1587.50", b"1587.75")
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)
    url = reverse("statement_detail", args=[BankStatement.objects.get().id])
    page = signed_in(cast.clara).get(url).content.decode()
    assert "Does not balance" in page
    assert "0.25" in page


def test_an_uploaded_file_is_imported_and_matched_by_the_worker(cast: Cast) -> None:
    item = make_item(cast.account, "1200.00", due=DUE, number="F-1001")
    file = SimpleUploadedFile("statement.xml", balanced_statement())
    answer = signed_in(cast.clara).post(reverse("statement_import"), {"file": file})
    assert answer.status_code == 302
    jobs = {job.task_name: job.args for job in ProcrastinateJob.objects.all()}
    tasks.import_statement(**jobs["cash.import_statement"])
    matching = ProcrastinateJob.objects.get(task_name="cash.match_company")
    assert matching.lock == f"cash-company:{cast.company.id}"
    tasks.match_company(**matching.args)
    item.refresh_from_db()
    assert (BankStatement.objects.count(), item.amount_open) == (1, 0)


def test_a_form_without_file_is_answered_with_422(cast: Cast) -> None:
    assert signed_in(cast.clara).post(reverse("statement_import"), {}).status_code == 422


def test_the_desk_goes_on_to_the_line_below(cast: Cast) -> None:
    days = ("2026-01-09", "2026-01-08", "2026-01-07")
    lines = [entry("10.00", reference=f"R{day}", booked=f"<Dt>{day}</Dt>") for day in days]
    services.import_statement(stream=io.BytesIO(document(statement(*lines))), filename="s.xml", actor=SYSTEM)
    first, second, third = BankTransaction.objects.order_by("-booking_date")
    clara = signed_in(cast.clara)
    answer = clara.post(reverse("cash_set_aside", args=[second.id]))
    assert answer["Location"] == reverse("cash_line", args=[third.id])
    answer = clara.post(reverse("cash_set_aside", args=[third.id]))
    assert answer["Location"] == reverse("cash_line", args=[first.id])
    answer = clara.post(reverse("cash_set_aside", args=[first.id]))
    assert answer["Location"] == reverse("cash_desk")


@pytest.fixture
def sent_back(cast: Cast) -> BankTransaction:
    """A matched payment and its return, which names nothing."""
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    more = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"
    content = document(
        statement(
            entry("100.00", details=detail(name="Durand &amp; Fils", text="FA-2026-001")),
            entry("100.00", direction="DBIT", reference="R2", details=detail(text="REJET PRELEVEMENT", more=more)),
        )
    )
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)
    services.match_transactions(company_id=cast.company.id, as_of=date(2026, 1, 10))
    return BankTransaction.objects.get(amount__lt=0)


def test_a_returned_payment_is_taken_back_on_the_desk_and_undone(cast: Cast, sent_back: BankTransaction) -> None:
    clara = signed_in(cast.clara)
    line = reverse("cash_line", args=[sent_back.id])
    page = clara.get(line).content.decode()
    assert "not enough money (AM04)" in page
    assert "Take this payment back" in page

    payment = BankTransaction.objects.get(amount__gt=0)
    take_back = reverse("cash_return", args=[sent_back.id])
    assert signed_in(cast.alice).post(take_back, {"original": payment.id}).status_code == 403
    assert signed_in(cast.charlie).post(take_back, {"original": payment.id}).status_code in (403, 404)
    assert clara.post(take_back, {"original": "x"}).status_code == 404
    assert clara.post(take_back, {"original": payment.id}).status_code == 302
    sent_back.refresh_from_db()
    assert sent_back.returned_transaction_id == payment.id
    assert "open again" in clara.get(line).content.decode()
    assert "Sent back by the bank on" in clara.get(reverse("cash_line", args=[payment.id])).content.decode()

    customer = signed_in(cast.alice).get(reverse("customer_detail", args=[cast.durand.id])).content.decode()
    assert "A payment was sent back by the bank" in customer
    assert "not enough money (AM04)" in customer
    item = cast.account.items.get(document_number="FA-2026-001")
    story = clara.get(reverse("item_detail", args=[item.id])).content.decode()
    assert "sent back: not enough money (AM04)" in story

    assert clara.post(reverse("cash_undo", args=[sent_back.id])).status_code == 302
    sent_back.refresh_from_db()
    assert (sent_back.state, sent_back.returned_transaction_id) == ("WAITING", None)
