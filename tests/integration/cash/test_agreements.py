"""What was agreed with an account decides how its payments are matched: discount, oldest first, certainty."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from quittance.cash import queries, services
from quittance.cash.models import BankTransaction, CashDifference, MatchProposal
from quittance.cash.services.candidates import load_workload
from quittance.core.matching import Strategy
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.models import OpenItem
from quittance.parties.agreements import edit_agreement
from quittance.parties.models import CustomerAccount, Department
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 1, 10)
DUE = date(2026, 2, 5)
ISSUED = date(2025, 12, 28)
IBAN = "FR7630001007941234567890185"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def agree(account: CustomerAccount, **values: Any) -> None:
    asked: dict[str, Any] = {
        "discount_per_mille": 0,
        "discount_days": 0,
        "is_oldest_first": False,
        "nets_credit_notes": False,
        "matching_threshold": None,
    }
    edit_agreement(account_id=account.id, actor=SYSTEM, **{**asked, **values})


def receive(amount: str, text: str) -> BankTransaction:
    """Take in a receipt of 5 January 2026."""
    line = entry(amount, reference=text[:20], details=detail(name="Durand &amp; Fils", text=text, iban=IBAN))
    before = set(BankTransaction.objects.values_list("id", flat=True))
    services.import_statement(stream=io.BytesIO(document(statement(line))), filename=f"{text}.xml", actor=SYSTEM)
    return BankTransaction.objects.exclude(id__in=before).get()


def run(cast: Cast) -> services.MatchRun:
    return services.match_transactions(company_id=cast.company.id, as_of=TODAY)


@pytest.mark.parametrize("days", [8, 5])
def test_a_discount_within_its_days_is_posted(cast: Cast, days: int) -> None:
    """Paid on the eighth day; three days of grace count as in time."""
    agree(cast.account, discount_per_mille=20, discount_days=days)
    item = make_item(cast.account, "1234.57", due=DUE, issued=ISSUED, number="FA-2025-101")
    receive("1209.88", "FA-2025-101")
    assert run(cast).applied == 1
    item.refresh_from_db()
    assert item.amount_open == 0
    difference = CashDifference.objects.get()
    assert (difference.reason, difference.amount) == ("DISCOUNT", Decimal("24.69"))
    posted = OpenItem.objects.get(pk=difference.posted_item_id or 0)
    assert (posted.kind, posted.amount_open) == ("ADJUSTMENT", 0)


def test_a_discount_after_its_days_is_proposed_and_needs_the_limit_of_who_accepts(cast: Cast) -> None:
    agree(cast.account, discount_per_mille=20, discount_days=4)
    item = make_item(cast.account, "1234.57", due=DUE, issued=ISSUED, number="FA-2025-101")
    line = receive("1209.88", "FA-2025-101")
    assert run(cast).applied == 0
    proposal = queries.list_proposals(transaction_id=line.id)[0]
    assert proposal.planned == (("DISCOUNT", Decimal("24.69")),)
    with pytest.raises(services.DifferenceAboveLimit):
        services.accept_proposal(proposal_id=proposal.id, actor=Actor(user_id=cast.clara.pk, label="Clara"))
    assert MatchProposal.objects.get(pk=proposal.id).state == "PROPOSED"
    assert not CashDifference.objects.exists()
    services.accept_proposal(proposal_id=proposal.id, actor=Actor(user_id=cast.manager.pk, label="Mona"))
    item.refresh_from_db()
    assert item.amount_open == 0
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="no", actor=SYSTEM)
    item.refresh_from_db()
    assert item.amount_open == Decimal("1234.57")


def test_no_discount_without_terms(cast: Cast) -> None:
    item = make_item(cast.account, "1234.57", due=DUE, issued=ISSUED, number="FA-2025-101")
    receive("1209.88", "FA-2025-101")
    run(cast)
    item.refresh_from_db()
    assert not CashDifference.objects.exists()
    assert item.amount_open == Decimal("24.69")


def test_the_oldest_are_paid_first_where_all_accounts_agreed(cast: Cast) -> None:
    first = make_item(cast.account, "300.00", due=date(2025, 12, 1), issued=date(2025, 11, 1))
    make_item(cast.account, "400.00", due=date(2025, 12, 20), issued=date(2025, 11, 20))
    agree(cast.account, is_oldest_first=True)
    line = receive("350.00", "acompte")
    assert run(cast).applied == 1
    first.refresh_from_db()
    assert first.amount_open == 0
    assert MatchProposal.objects.get(transaction=line, state="APPLIED").strategy == "OLDEST_FIRST"
    other = make_account(
        cast.durand, cast.company, Department.objects.create(company=cast.company, code="Z", name="Z"), number="411Z"
    )
    make_item(other, "77.00", due=date(2025, 12, 1), issued=date(2025, 11, 1))
    receive("51.00", "second acompte")
    assert run(cast).applied == 0, "there is another account now, with which nothing was agreed"


def test_the_threshold_of_an_account_counts(cast: Cast) -> None:
    make_item(cast.account, "1000.00", due=DUE, issued=ISSUED, number="FA-2025-101")
    agree(cast.account, matching_threshold=1000)
    line = receive("1000.00", "FA-2025-101")
    assert run(cast).applied == 0
    line.refresh_from_db()
    assert line.waiting_reason == "BELOW_THRESHOLD"
    agree(cast.account)
    assert run(cast).applied == 1


def test_the_strictest_account_of_a_group_counts(cast: Cast) -> None:
    other = make_account(
        cast.durand, cast.company, Department.objects.create(company=cast.company, code="Z", name="Z"), number="411Z"
    )
    for account, number in ((cast.account, "FA-1001"), (other, "FA-1002")):
        make_item(account, "100.00", due=DUE, issued=ISSUED, number=number)
    receive("100.00", "FA-1001")
    transactions = list(BankTransaction.objects.all())

    def rules() -> Any:
        found = load_workload(company_id=cast.company.id, transactions=transactions, as_of=TODAY).rules
        return next(iter(found.values()))

    agree(cast.account, matching_threshold=950, nets_credit_notes=True)
    assert (rules().threshold, rules().habits) == (990, ())
    agree(other, matching_threshold=995, nets_credit_notes=True)
    assert (rules().threshold, rules().habits) == (995, ((Strategy.REFERENCE_WITH_CREDIT_NOTES, 10),))
    agree(other, matching_threshold=940, nets_credit_notes=True)
    assert rules().threshold == 950


def test_a_discount_and_a_small_difference_are_both_posted_and_undone_together(cast: Cast) -> None:
    agree(cast.account, discount_per_mille=20, discount_days=10)
    item = make_item(cast.account, "1200.00", due=DUE, number="FA260001", issued=ISSUED)
    line = receive("1175.60", "FA260001")
    assert run(cast).applied == 1
    posted = CashDifference.objects.filter(transaction=line).order_by("-amount")
    assert [(one.reason, one.amount) for one in posted] == [
        ("DISCOUNT", Decimal("24.00")), ("SMALL_DIFFERENCE", Decimal("0.40")),
    ]  # fmt: skip
    item.refresh_from_db()
    assert item.amount_open == 0
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="wrong", actor=SYSTEM)
    item.refresh_from_db()
    assert item.amount_open == 1200
    assert not OpenItem.objects.exclude(pk=item.pk).exclude(amount_open=0).exists()
    assert not CashDifference.objects.filter(transaction=line, undone_at=None).exists()
