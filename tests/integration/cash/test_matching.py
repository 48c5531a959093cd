"""Matching bank lines: what is certain is applied, what is likely proposed, everything can be undone."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest

from quittance.cash import queries, services
from quittance.cash.models import BankTransaction, MatchProposal, PayerIdentity
from quittance.foundation.permissions import SYSTEM, Actor, Scope
from quittance.ledger.models import Allocation, OpenItem
from quittance.parties.models import Customer
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 1, 10)
CLARA = Actor(label="Clara")
DUE = date(2026, 1, 5)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def receive(*entries: str) -> None:
    content = document(statement(*entries))
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)


def paid(amount: str, text: str, *, name: str = "Durand & Fils", reference: str = "R1", iban: str = "") -> str:
    iban = iban or "FR7630001007941234567890185"
    return entry(amount, reference=reference, details=detail(name=name.replace("&", "&amp;"), text=text, iban=iban))


def run(cast: Cast, **more: object) -> services.MatchRun:
    return services.match_transactions(company_id=cast.company.id, as_of=TODAY, **more)  # type: ignore[arg-type]


def only_line() -> BankTransaction:
    return BankTransaction.objects.get()


def test_an_exact_reference_and_amount_is_applied_and_explained(cast: Cast) -> None:
    item = make_item(cast.account, "1200.00", due=DUE, number="FA-2026-001")
    receive(paid("1200.00", "Reglement FA-2026-001"))
    assert run(cast) == services.MatchRun(considered=1, applied=1)
    line = only_line()
    item.refresh_from_db()
    assert (line.state, line.account_id, line.customer_id) == ("MATCHED", cast.account.id, cast.durand.id)
    assert item.amount_open == 0
    payment = OpenItem.objects.get(pk=line.payment_item_id)
    assert (payment.kind, payment.amount_original, payment.amount_open) == ("PAYMENT", Decimal("-1200"), 0)
    allocation = Allocation.objects.get()
    assert (allocation.origin, allocation.effective_date) == ("RULE", date(2026, 1, 5))
    assert allocation.evidence["bank_transaction_id"] == line.id
    (applied,) = queries.list_proposals(transaction_id=line.id)
    assert applied.is_automatic
    assert applied.evidence[0]["text"] == "FA-2026-001"


def test_a_payer_once_seen_is_known_by_its_account(cast: Cast) -> None:
    make_item(cast.account, "1200.00", due=DUE, number="FA-2026-001")
    receive(paid("1200.00", "FA-2026-001", name="D. SARL"))
    run(cast)
    make_item(cast.account, "55.00", due=DUE, number="FA-2026-002")
    receive(paid("55.00", "merci", name="D. SARL", reference="R2"))
    assert run(cast).applied == 1
    assert PayerIdentity.objects.get(kind="IBAN").seen_count == 2


def test_the_exact_name_and_amount_of_a_customer_is_enough(cast: Cast) -> None:
    make_item(cast.account, "321.00", due=DUE)
    receive(paid("321.00", "virement", name="MARTIN BOIS"))
    receive(paid("321.00", "virement", name="Durand & Fils", reference="R2"))
    result = run(cast)
    assert result.applied == 1
    assert BankTransaction.objects.get(servicer_reference="R2").state == "MATCHED"


def test_a_known_payer_without_clear_items_waits_and_says_so(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE)
    receive(paid("61.00", "acompte"))
    assert run(cast) == services.MatchRun(considered=1, unexplained=1)
    line = only_line()
    assert (line.state, line.waiting_reason, line.customer_id) == ("WAITING", "PAYER_KNOWN", cast.durand.id)


def test_two_items_of_one_amount_are_proposed_and_never_guessed(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE)
    make_item(cast.account, "100.00", due=date(2026, 1, 6))
    receive(paid("100.00", "facture"))
    assert run(cast) == services.MatchRun(considered=1, proposed=1)
    line = only_line()
    assert (line.state, line.waiting_reason) == ("WAITING", "AMBIGUOUS")
    assert len(queries.list_proposals(transaction_id=line.id)) == 2
    assert run(cast).proposed == 1
    assert MatchProposal.objects.count() == 2, "a second run leaves unchanged proposals alone"


def test_a_person_accepts_and_the_payer_is_learnt(cast: Cast) -> None:
    item = make_item(cast.account, "100.00", due=DUE)
    make_item(cast.account, "100.00", due=date(2026, 1, 6))
    receive(paid("100.00", "facture"))
    run(cast)
    first = next(p for p in queries.list_proposals(transaction_id=only_line().id) if p.lines[0].item_id == item.id)
    services.accept_proposal(proposal_id=first.id, actor=CLARA)
    item.refresh_from_db()
    assert (item.amount_open, only_line().state) == (0, "MATCHED")
    assert Allocation.objects.get().origin == "PERSON"
    assert set(MatchProposal.objects.values_list("state", flat=True)) == {"APPLIED", "OUTDATED"}
    assert PayerIdentity.objects.filter(kind="IBAN", customer=cast.durand).exists()
    with pytest.raises(services.NotWaiting):
        services.accept_proposal(proposal_id=first.id, actor=CLARA)


def test_a_rejected_proposal_does_not_come_back(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE)
    make_item(cast.account, "100.00", due=date(2026, 1, 6))
    receive(paid("100.00", "facture"))
    run(cast)
    (first, second) = queries.list_proposals(transaction_id=only_line().id)
    services.reject_proposal(proposal_id=first.id, actor=CLARA)
    run(cast)
    assert [proposal.id for proposal in queries.list_proposals(transaction_id=only_line().id)] == [second.id]


def test_undo_puts_everything_back_and_the_machine_keeps_its_hands_off(cast: Cast) -> None:
    item = make_item(cast.account, "1200.00", due=DUE, number="FA-2026-001")
    receive(paid("1200.00", "FA-2026-001"))
    run(cast)
    services.undo_match(transaction_id=only_line().id, effective_date=TODAY, reason="wrong customer", actor=CLARA)
    item.refresh_from_db()
    line = only_line()
    assert (item.amount_open, line.state, line.payment_item_id) == (Decimal("1200"), "WAITING", None)
    assert not OpenItem.objects.filter(kind="PAYMENT").exclude(amount_open=0).exists()
    assert not PayerIdentity.objects.exists()
    assert run(cast) == services.MatchRun(considered=1, proposed=1)
    (proposal,) = queries.list_proposals(transaction_id=line.id)
    services.accept_proposal(proposal_id=proposal.id, actor=CLARA)
    item.refresh_from_db()
    assert (item.amount_open, only_line().state) == (0, "MATCHED")
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="again", actor=CLARA)
    item.refresh_from_db()
    assert item.amount_open == Decimal("1200")


def test_a_credit_note_takes_part(cast: Cast) -> None:
    invoice = make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    credit_note = make_item(cast.account, "-20.00", due=DUE, kind="CREDIT_NOTE", number="AV-2026-009")
    receive(paid("80.00", "FA-2026-001 moins AV-2026-009"))
    assert run(cast).applied == 1
    for item in (invoice, credit_note):
        item.refresh_from_db()
        assert item.amount_open == 0


def test_a_short_payment_of_the_one_item_it_names_leaves_the_rest_open(cast: Cast) -> None:
    item = make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    receive(paid("90.00", "FA-2026-001"))
    assert run(cast).applied == 1
    (proposal,) = queries.list_proposals(transaction_id=only_line().id)
    assert (proposal.difference, proposal.amount) == (Decimal("-10"), Decimal("90"))
    item.refresh_from_db()
    assert item.amount_open == Decimal("10")


def test_a_short_payment_of_several_items_is_proposed_with_its_difference(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    make_item(cast.account, "50.00", due=DUE, number="FA-2026-002")
    receive(paid("130.00", "FA-2026-001 FA-2026-002"))
    assert run(cast).proposed == 1, "which of them is short is not ours to guess"
    proposal = queries.list_proposals(transaction_id=only_line().id)[0]
    assert (proposal.difference, proposal.amount) == (Decimal("-20"), Decimal("130"))
    services.accept_proposal(proposal_id=proposal.id, actor=CLARA)
    assert only_line().state == "MATCHED"


def test_a_payment_that_names_a_paid_document_is_not_taken_for_another(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    receive(paid("100.00", "FA-2026-001"))
    assert run(cast).applied == 1
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-002")
    receive(paid("100.00", "FA-2026-001 encore", reference="R2"))
    assert run(cast).applied == 0
    assert BankTransaction.objects.get(servicer_reference="R2").waiting_reason == "DOCUMENT_NOT_OPEN"


def test_a_disputed_item_is_never_matched_by_itself(cast: Cast) -> None:
    item = make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    item.disputes.create(
        account=cast.account, amount_disputed=100, reason_code="PRICE", opened_date=date(2026, 1, 2),
        due_date=date(2026, 1, 20), recorded_at="2026-01-02T00:00:00Z",
    )  # fmt: skip
    receive(paid("100.00", "FA-2026-001"))
    assert run(cast).applied == 0
    assert only_line().waiting_reason == "DISPUTED_ITEM_REFERENCED"


def test_a_payment_of_the_group_settles_the_item_of_a_daughter(cast: Cast) -> None:
    daughter = Customer.objects.create(number="C2", name="Atelier Lumen", parent=cast.durand)
    account = make_account(daughter, cast.company, cast.services, number="411LUMEN")
    item = make_item(account, "77.00", due=DUE, number="FA-2026-077")
    receive(paid("77.00", "FA-2026-077"))
    assert run(cast).applied == 1
    item.refresh_from_db()
    assert (item.amount_open, only_line().account_id) == (0, account.id)


def test_money_is_posted_on_account_and_can_be_taken_back(cast: Cast) -> None:
    receive(paid("61.00", "acompte", name="Inconnu"))
    run(cast)
    line = only_line()
    services.post_on_account(transaction_id=line.id, account_id=cast.account.id, actor=CLARA)
    line.refresh_from_db()
    assert line.state == "UNAPPLIED"
    assert queries.get_transaction(transaction_id=line.id).amount_unapplied == Decimal("61")
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="not theirs", actor=CLARA)
    services.post_on_account(transaction_id=line.id, account_id=cast.account.id, actor=CLARA)
    assert only_line().state == "UNAPPLIED"


def test_a_line_set_aside_comes_back_when_wanted(cast: Cast) -> None:
    receive(paid("61.00", "interets"))
    services.set_aside(transaction_id=only_line().id, reason="NOT_A_CUSTOMER", actor=CLARA)
    assert run(cast).considered == 0
    services.bring_back(transaction_id=only_line().id, actor=CLARA)
    assert run(cast).considered == 1


def test_an_item_that_was_paid_meanwhile_makes_the_proposal_outdated(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE)
    make_item(cast.account, "100.00", due=date(2026, 1, 6))
    receive(paid("100.00", "facture"), paid("100.00", "facture", reference="R2"))
    run(cast)
    one, two = BankTransaction.objects.order_by("id")
    first = queries.list_proposals(transaction_id=one.id)[0]
    services.accept_proposal(proposal_id=first.id, actor=CLARA)
    same = next(
        p for p in queries.list_proposals(transaction_id=two.id) if p.lines[0].item_id == first.lines[0].item_id
    )
    with pytest.raises(services.ProposalOutdated):
        services.accept_proposal(proposal_id=same.id, actor=CLARA)
    two.refresh_from_db()
    assert (two.state, two.payment_item_id) == ("WAITING", None)


def test_the_lines_of_another_company_are_out_of_reach(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE)
    make_item(cast.account, "100.00", due=date(2026, 1, 6))
    receive(paid("100.00", "facture"))
    run(cast)
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    (proposal, _) = queries.list_proposals(transaction_id=only_line().id)
    with pytest.raises(services.TransactionNotFound):
        services.accept_proposal(proposal_id=proposal.id, actor=CLARA, scope=stranger)
    with pytest.raises(services.TransactionNotFound):
        queries.get_transaction(transaction_id=only_line().id, scope=stranger)
    assert list(queries.transaction_rows(scope=stranger)) == []


def test_money_in_a_currency_without_rate_waits(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001", currency="USD")
    content = document(statement(entry("100.00", currency="USD", details=detail(text="FA-2026-001"))))
    services.import_statement(stream=io.BytesIO(content), filename="usd.xml", actor=SYSTEM)
    assert run(cast).applied == 0
    assert only_line().waiting_reason == "RATE_MISSING"


def test_the_number_of_queries_does_not_grow_with_the_lines(
    cast: Cast, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(30):
        make_item(cast.account, "100.00", due=DUE, number=f"FA-2026-{number:03d}")
    receive(*[paid("100.00", "facture", reference=f"R{number}") for number in range(25)])
    with django_assert_max_num_queries(37):  # type: ignore[operator]
        assert run(cast).proposed == 25
