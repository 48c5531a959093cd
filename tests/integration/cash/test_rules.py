"""Differences posted by rule: within the limits of the company, with the match, and undone with it."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from quittance.cash import desk, queries, rules, services
from quittance.cash.models import BankTransaction, CashDifference, MatchProposal
from quittance.cash.services import candidates, matching
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.models import Allocation, ExchangeRate, OpenItem
from quittance.ledger.services import allocate
from quittance.parties.agreements import edit_agreement
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 1, 10)
DUE = date(2026, 1, 5)
IBAN = "FR7630001007941234567890185"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def receive(amount: str, text: str, reference: str = "R1") -> BankTransaction:
    line = entry(amount, reference=reference, details=detail(name="Durand &amp; Fils", text=text, iban=IBAN))
    before = set(BankTransaction.objects.values_list("id", flat=True))
    services.import_statement(stream=io.BytesIO(document(statement(line))), filename=f"{reference}.xml", actor=SYSTEM)
    return BankTransaction.objects.exclude(id__in=before).get()


def run(cast: Cast) -> services.MatchRun:
    return services.match_transactions(company_id=cast.company.id, as_of=TODAY)


def allow(cast: Cast, kind: str, amount: str = "0", share: int = 0, *, is_on: bool = True) -> None:
    rules.set_rule(
        company_id=cast.company.id, kind=kind, is_on=is_on, amount_max=Decimal(amount), share_max=share, actor=SYSTEM
    )


@pytest.mark.parametrize(("paid", "missing"), [("999.50", "0.50"), ("1000.80", "-0.80")])
def test_a_small_difference_is_posted_with_the_match(cast: Cast, paid: str, missing: str) -> None:
    item = make_item(cast.account, "1000.00", due=DUE, number="FA-2026-001")
    line = receive(paid, "FA-2026-001")
    assert run(cast).applied == 1
    item.refresh_from_db()
    line.refresh_from_db()
    assert (item.amount_open, line.state) == (0, "MATCHED")
    difference = CashDifference.objects.get()
    assert (difference.reason, difference.amount, difference.created_by_id) == (
        "SMALL_DIFFERENCE",
        Decimal(missing),
        None,
    )
    posted = OpenItem.objects.get(pk=difference.posted_item_id or 0)
    assert (posted.kind, posted.amount_original) == (
        "WRITE_OFF" if Decimal(missing) > 0 else "ADJUSTMENT",
        -Decimal(missing),
    )
    assert set(OpenItem.objects.values_list("amount_open", flat=True)) == {Decimal(0)}
    proposal = MatchProposal.objects.get(state="APPLIED")
    assert (proposal.strategy, proposal.is_automatic) == ("REFERENCE_WITH_SMALL_DIFFERENCE", True)
    assert {one.evidence["difference"] for one in Allocation.objects.all()} == {"SMALL_DIFFERENCE"}
    assert desk.list_differences(transaction_id=line.id)[0]["reason"] == "SMALL_DIFFERENCE"


def test_what_was_posted_is_undone_with_the_match(cast: Cast) -> None:
    item = make_item(cast.account, "1000.00", due=DUE, number="FA-2026-001")
    line = receive("999.50", "FA-2026-001")
    run(cast)
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="wrong", actor=SYSTEM)
    item.refresh_from_db()
    assert item.amount_open == 1000
    assert CashDifference.objects.get().undone_at is not None
    assert sum(OpenItem.objects.values_list("amount_open", flat=True)) == 1000
    assert run(cast).applied == 0, "what a person has undone is not matched by itself again"


@pytest.mark.parametrize(("paid", "is_small"), [("99.51", True), ("99.50", False), ("998.99", False)])
def test_both_the_amount_and_the_share_bound_it(cast: Cast, paid: str, *, is_small: bool) -> None:
    make_item(cast.account, "1000.00" if paid > "998" else "100.00", due=DUE, number="FA-2026-001")
    receive(paid, "FA-2026-001")
    run(cast)
    assert CashDifference.objects.exists() is is_small


def test_a_rule_that_is_off_posts_nothing(cast: Cast) -> None:
    allow(cast, "SMALL_DIFFERENCE", "1", 5, is_on=False)
    item = make_item(cast.account, "1000.00", due=DUE, number="FA-2026-001")
    receive("999.50", "FA-2026-001")
    run(cast)
    item.refresh_from_db()
    assert not CashDifference.objects.exists()
    assert item.amount_open == Decimal("0.50")


def test_a_fee_is_posted_where_the_text_tells_of_one(cast: Cast) -> None:
    make_item(cast.account, "1000.00", due=DUE, number="FA-2026-001")
    receive("985.00", "FA-2026-001 FRAIS 15,00")
    allow(cast, "BANK_FEE", "20")
    assert run(cast).applied == 1
    assert CashDifference.objects.get().reason == "BANK_FEE"


def test_a_person_accepts_a_proposal_and_its_difference_is_posted(cast: Cast) -> None:
    first = make_item(cast.account, "100.00", due=DUE)
    make_item(cast.account, "100.00", due=date(2026, 1, 6))
    line = receive("99.90", "merci")
    run(cast)
    proposal = next(one for one in queries.list_proposals(transaction_id=line.id) if one.lines[0].item_id == first.id)
    assert proposal.planned == (("SMALL_DIFFERENCE", Decimal("0.10")),)
    services.accept_proposal(proposal_id=proposal.id, actor=Actor(user_id=cast.clara.pk, label="Clara"))
    first.refresh_from_db()
    assert first.amount_open == 0
    assert CashDifference.objects.get().created_by_id == cast.clara.pk
    told = Event.objects.get(kind="transaction.matched")
    assert told.payload["difference"] == "SMALL_DIFFERENCE"


def test_many_are_posted_one_by_one_beside_a_batch(cast: Cast) -> None:
    for number in range(1, 5):
        make_item(cast.account, f"{number}00.00", due=DUE, number=f"FA-2026-00{number}")
        paid = Decimal(f"{number}00.00") - (Decimal("0.30") if number % 2 else 0)
        receive(f"{paid:f}", f"FA-2026-00{number}", reference=f"R{number}")
    assert run(cast) == services.MatchRun(considered=4, applied=4)
    assert CashDifference.objects.count() == 2
    assert not OpenItem.objects.exclude(amount_open=0).exists()


def test_an_item_that_was_paid_meanwhile_leaves_nothing_posted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    item = make_item(cast.account, "1000.00", due=DUE, number="FA-2026-001")
    receive("999.50", "FA-2026-001")
    load = candidates.widen_workload

    def load_then_pay(**asked: Any) -> candidates.Workload:
        found = load(**asked)
        payment = make_item(cast.account, "-900.00", due=DUE)
        allocate(
            debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(900), effective_date=DUE, actor=SYSTEM
        )
        return found

    monkeypatch.setattr(matching, "widen_workload", load_then_pay)
    assert run(cast).applied == 0
    assert BankTransaction.objects.get().waiting_reason == "ITEM_TAKEN"
    assert not CashDifference.objects.exists()
    assert OpenItem.objects.count() == 2


def test_limits_are_worth_as_much_in_another_currency(cast: Cast) -> None:
    allow(cast, "BANK_FEE", "10")
    asked: dict[str, Any] = {"company_id": cast.company.id, "company_currency": "EUR", "on": TODAY}
    assert rules.get_difference_rules(**asked, currency="USD").fee_minor == 0, "without a rate nothing is posted"
    ExchangeRate.objects.create(from_currency="USD", to_currency="EUR", rate=Decimal("0.8"), rate_date=date(2026, 1, 1))
    found = rules.get_difference_rules(**asked, currency="USD")
    assert (found.fee_minor, found.small_minor, found.small_per_mille) == (1_250, 125, 5)


@pytest.mark.parametrize(
    ("kind", "amount", "share"),
    [
        ("SMALL_DIFFERENCE", "0", 5),
        ("SMALL_DIFFERENCE", "1", 0),
        ("SMALL_DIFFERENCE", "1", 101),
        ("BANK_FEE", "-1", 0),
        ("BANK_FEE", "0", 0),
        ("EXCHANGE", "5", 0),
        ("DISCOUNT", "5", 5),
    ],
)
def test_a_rule_without_limits_is_refused(cast: Cast, kind: str, amount: str, share: int) -> None:
    with pytest.raises(services.RuleRefused):
        allow(cast, kind, amount, share)


def test_a_change_of_a_rule_is_told_once(cast: Cast) -> None:
    allow(cast, "BANK_FEE", "10")
    allow(cast, "BANK_FEE", "10")
    told = Event.objects.get(kind="difference_rule.set")
    assert told.payload["before"] == {"is_on": False, "amount_max": "25", "share_max": 0}
    assert told.payload["after"] == {"is_on": True, "amount_max": "10", "share_max": 0}
    assert [row.is_shipped for row in rules.list_rules(company_id=cast.company.id)] == [True, False, True]


def written() -> dict[str, list[Any]]:
    """Return all that matching writes, without the ids that tell one run from another."""

    def bare(value: object) -> str:
        return re.sub(r"[0-9]+", "#", str(value))

    return {
        "items": sorted(
            (
                one.kind, one.document_number if one.source != "BANK" else "", one.amount_original, one.amount_open,
                one.amount_company, one.amount_company_open, one.label, one.reference, one.source,
                bare(one.external_id), one.document_date, one.settled_date,
            )
            for one in OpenItem.objects.all()
        ),
        "allocations": sorted(
            (one.amount, one.amount_company_debit, one.strategy, one.origin, one.evidence.get("difference", ""))
            for one in Allocation.objects.all()
        ),
        "differences": sorted(
            (one.reason, one.amount, one.amount_company, one.currency, one.comment, one.short_item_id is None)
            for one in CashDifference.objects.all()
        ),
        "proposals": sorted(
            (
                one.strategy, one.confidence, one.difference, one.state, one.is_automatic, len(one.allocation_ids),
                [(plan["reason"], Decimal(plan["amount"]), plan["item_id"] > 0) for plan in one.planned_differences],
            )
            for one in MatchProposal.objects.exclude(state="OUTDATED")
        ),
        "lines": sorted((one.state, one.amount, one.account_id) for one in BankTransaction.objects.all()),
        "events": sorted(
            (event.kind, bare(sorted(event.payload.items())))
            for event in Event.objects.filter(kind__in=["item.posted", "allocation.posted"])
        ),
    }  # fmt: skip


def test_a_batch_writes_differences_as_one_by_one_does(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(cast, "BANK_FEE", "25.00")
    edit_agreement(
        account_id=cast.account.id, actor=SYSTEM, discount_per_mille=20, discount_days=30, is_oldest_first=False,
        nets_credit_notes=False, matching_threshold=None,
    )  # fmt: skip
    wanted = [
        ("999.50", "FA-2026-001", "1000.00"), ("1500.80", "FA-2026-002", "1500.00"),
        ("1985.00", "FA-2026-003 FRAIS 15,00", "2000.00"), ("2940.00", "FA-2026-004", "3000.00"),
        ("3919.60", "FA-2026-005", "4000.00"), ("5000.00", "FA-2026-006", "5000.00"),
    ]  # fmt: skip
    for place, (paid, text, owed) in enumerate(wanted):
        make_item(cast.account, owed, due=DUE, number=text[:11], issued=date(2025, 12, 20))
        receive(paid, text, reference=f"R{place}")
    found = []
    for is_batch in (True, False):
        with transaction.atomic():
            if not is_batch:
                monkeypatch.setattr(matching, "apply_batches", lambda *, batches, **_: [None] * len(batches))
            assert run(cast).applied == len(wanted)
            found.append(written())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    reasons = sorted(reason for reason, *_ in found[0]["differences"])
    assert reasons == ["BANK_FEE", "DISCOUNT", "DISCOUNT", *["SMALL_DIFFERENCE"] * 3]
