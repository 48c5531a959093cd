"""What was learnt of payers: listed, switched off and on, moved, forgotten, added; used only as long as it may be."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from quittance.cash import learnt, services
from quittance.cash.models import BankTransaction, MatchProposal, PayerIdentity
from quittance.cash.services.habits import list_family_rules
from quittance.core.matching import EvidenceKind, Strategy
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM, Scope
from quittance.parties.models import Customer
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 1, 10)
DUE = date(2026, 1, 5)
IBAN = "FR7630001007941234567890185"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def receive(amount: str, text: str, *, name: str = "FACTOR SA", iban: str = IBAN) -> BankTransaction:
    line = entry(amount, reference=text[:30], details=detail(name=name, text=text, iban=iban))
    before = set(BankTransaction.objects.values_list("id", flat=True))
    services.import_statement(stream=io.BytesIO(document(statement(line))), filename=f"{text}.xml", actor=SYSTEM)
    return BankTransaction.objects.exclude(id__in=before).get()


def run(cast: Cast) -> services.MatchRun:
    return services.match_transactions(company_id=cast.company.id, as_of=TODAY)


def other_customer(cast: Cast) -> Customer:
    found = Customer.objects.create(number="C2", name="Martin Bois")
    make_account(found, cast.company, cast.department, number="411MARTIN")
    return found


def known() -> set[tuple[str, str, int, bool, bool]]:
    rows = PayerIdentity.objects.values_list("kind", "value", "seen_count", "is_active", "is_given")
    return set(rows)


def confirmed(cast: Cast, strategy: str, count: int = 1) -> None:
    """Write explanations that a person has accepted."""
    line = BankTransaction.objects.first() or receive("1.00", "seed", name="Nobody At All", iban="")
    for _ in range(count):
        MatchProposal.objects.create(
            transaction=line, account=cast.account, strategy=strategy, confidence=900, state="APPLIED",
            created_at=datetime(2026, 1, 5, tzinfo=UTC), decided_at=datetime(2026, 1, 5, tzinfo=UTC),
        )  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), [("IBAN", "FR76 3000 1007 9412 3456 7890 185"), ("NAME", "factor  sa")])
def test_a_payer_that_was_added_is_recognised(cast: Cast, kind: str, value: str) -> None:
    make_item(cast.account, "321.00", due=DUE)
    services.add_payer(customer_id=cast.durand.id, kind=kind, value=value, actor=SYSTEM)
    line = receive("321.00", "virement")
    assert run(cast).applied == 1
    line.refresh_from_db()
    assert line.customer_id == cast.durand.id
    assert Event.objects.get(kind="payer.added").customer_id == cast.durand.id


def test_what_is_switched_off_is_not_used_and_not_learnt_again(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    receive("100.00", "FA-2026-001")
    run(cast)
    assert known() == {("IBAN", IBAN, 1, True, False), ("NAME", "FACTOR SA", 1, True, False)}
    for one in PayerIdentity.objects.all():
        services.switch_payer(identity_id=one.id, is_active=False, actor=SYSTEM)
    make_item(cast.account, "55.50", due=DUE, number="FA-2026-002")
    receive("55.50", "merci")
    assert run(cast).applied == 0
    receive("55.50", "FA-2026-002")
    assert run(cast).applied == 1
    assert known() == {("IBAN", IBAN, 2, False, False), ("NAME", "FACTOR SA", 2, False, False)}
    make_item(cast.account, "77.70", due=DUE)
    services.switch_payer(identity_id=PayerIdentity.objects.get(kind="IBAN").id, is_active=True, actor=SYSTEM)
    receive("77.70", "virement")
    assert run(cast).applied >= 1


def test_an_undone_match_leaves_what_people_decided(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    services.add_payer(customer_id=cast.durand.id, kind="IBAN", value=IBAN, actor=SYSTEM)
    line = receive("100.00", "FA-2026-001")
    run(cast)
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="wrong", actor=SYSTEM)
    assert known() == {("IBAN", IBAN, 0, True, True)}


def test_a_payer_is_moved_and_joined_with_what_is_known(cast: Cast) -> None:
    martin = other_customer(cast)
    first = services.add_payer(customer_id=cast.durand.id, kind="IBAN", value=IBAN, actor=SYSTEM)
    PayerIdentity.objects.filter(pk=first).update(seen_count=3, last_seen_date=DUE)
    assert services.move_payer(identity_id=first, customer_id=martin.id, actor=SYSTEM) == first
    second = services.add_payer(customer_id=cast.durand.id, kind="IBAN", value=IBAN, actor=SYSTEM)
    assert services.move_payer(identity_id=second, customer_id=martin.id, actor=SYSTEM) == first
    row = PayerIdentity.objects.get()
    assert (row.customer_id, row.seen_count, row.last_seen_date) == (martin.id, 3, DUE)
    told = Event.objects.filter(kind="payer.moved").first()
    assert told is not None
    assert told.payload == {
        "kind": "IBAN",
        "value": "FR76…0185",
        "from": str(cast.durand.id),
        "to": str(martin.id),
    }


def test_what_is_forgotten_is_gone_until_it_is_seen_again(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-001")
    receive("100.00", "FA-2026-001")
    run(cast)
    for one in PayerIdentity.objects.all():
        services.forget_payer(identity_id=one.id, actor=SYSTEM)
    assert known() == set()
    with pytest.raises(services.LearntNotFound):
        services.forget_payer(identity_id=1, actor=SYSTEM)
    make_item(cast.account, "55.00", due=DUE, number="FA-2026-002")
    receive("55.00", "FA-2026-002")
    run(cast)
    assert len(known()) == 2


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("IBAN", "FR7630001007941234567890186", "INVALID"),
        ("IBAN", "", "INVALID"),
        ("NAME", " .- ", "EMPTY"),
        ("HABIT", "x", "INVALID"),
    ],
)
def test_what_says_nothing_is_not_added(cast: Cast, kind: str, value: str, problem: str) -> None:
    with pytest.raises(services.LearntRefused) as refused:
        services.add_payer(customer_id=cast.durand.id, kind=kind, value=value, actor=SYSTEM)
    assert refused.value.problem == problem


def test_what_is_known_is_not_added_twice(cast: Cast) -> None:
    first = services.add_payer(customer_id=cast.durand.id, kind="NAME", value="Factor", actor=SYSTEM)
    with pytest.raises(services.LearntRefused):
        services.add_payer(customer_id=cast.durand.id, kind="NAME", value="Factor", actor=SYSTEM)
    services.switch_payer(identity_id=first, is_active=False, actor=SYSTEM)
    assert services.add_payer(customer_id=cast.durand.id, kind="NAME", value="Factor", actor=SYSTEM) == first
    assert known() == {("NAME", "Factor", 0, True, True)}


def test_habits_are_listed_switched_and_learnt_anew(cast: Cast) -> None:
    confirmed(cast, "WHOLE_MONTH", 7)
    confirmed(cast, "EXACT_REFERENCE", 2)
    confirmed(cast, "PICKED")
    (most, *_rest) = sorted(learnt.list_learnt(customer_id=cast.durand.id), key=lambda row: -row["seen_count"])
    assert (most["kind"], most["value"], most["seen_count"], most["confirmed_count"]) == ("HABIT", "WHOLE_MONTH", 7, 9)

    def habits() -> dict[Strategy, int]:
        group = {cast.durand.id: cast.durand.id}
        rules = list_family_rules(
            company_id=cast.company.id,
            customer_ids=[cast.durand.id],
            group_of=group,
            customers_of_group={},
            agreements={},
        )
        return dict(rules[cast.durand.id].habits) if rules else {}

    assert habits() == {Strategy.WHOLE_MONTH: 7, Strategy.EXACT_REFERENCE: 2}
    asked: dict[str, Any] = {"customer_id": cast.durand.id, "strategy": "WHOLE_MONTH", "actor": SYSTEM}
    services.switch_habit(**asked, is_on=False)
    assert habits() == {Strategy.EXACT_REFERENCE: 2}
    found = learnt.find_habit(customer_id=cast.durand.id, strategy="WHOLE_MONTH")
    assert found is not None
    assert not found["is_active"]
    services.switch_habit(**asked, is_on=True)
    assert habits() == {Strategy.WHOLE_MONTH: 7, Strategy.EXACT_REFERENCE: 2}
    services.forget_habit(**asked)
    assert habits() == {Strategy.EXACT_REFERENCE: 2}
    assert learnt.find_habit(customer_id=cast.durand.id, strategy="WHOLE_MONTH") is None
    with pytest.raises(services.LearntNotFound):
        services.switch_habit(**asked, is_on=False)
    assert Event.objects.filter(kind__startswith="habit.").count() == 3


def test_how_references_are_written_is_learnt_of_what_people_confirm(cast: Cast) -> None:
    confirmed(cast, "EXACT_REFERENCE", 3)
    for proposal, kinds in zip(MatchProposal.objects.all(), (["PART", "PART", "CUT"], ["PART"], []), strict=True):
        proposal.evidence = [{"kind": f"REFERENCE_{kind}", "text": "12"} for kind in kinds]
        proposal.save()
    MatchProposal.objects.create(
        transaction=BankTransaction.objects.get(), account=cast.account, strategy="EXACT_REFERENCE", confidence=999,
        state="APPLIED", is_automatic=True, evidence=[{"kind": "REFERENCE_PART"}],
        created_at=datetime(2026, 1, 5, tzinfo=UTC), decided_at=datetime(2026, 1, 5, tzinfo=UTC),
    )  # fmt: skip

    def readings() -> dict[EvidenceKind, int]:
        rules = list_family_rules(
            company_id=cast.company.id,
            customer_ids=[cast.durand.id],
            group_of={cast.durand.id: cast.durand.id},
            customers_of_group={},
            agreements={},
        )
        return dict(rules[cast.durand.id].readings)

    assert readings() == {EvidenceKind.REFERENCE_PART: 2, EvidenceKind.REFERENCE_CUT: 1}
    rows = {row["value"]: row for row in learnt.list_learnt(customer_id=cast.durand.id)}
    assert len({row["id"] for row in rows.values()}) == len(rows) == 3
    assert (rows["REFERENCE_PART"]["seen_count"], rows["REFERENCE_PART"]["confirmed_count"]) == (2, 3)
    services.switch_habit(customer_id=cast.durand.id, strategy="REFERENCE_PART", is_on=False, actor=SYSTEM)
    assert readings() == {EvidenceKind.REFERENCE_CUT: 1}
    services.forget_habit(customer_id=cast.durand.id, strategy="REFERENCE_CUT", actor=SYSTEM)
    assert readings() == {}
    assert "REFERENCE_CUT" not in {row["value"] for row in learnt.list_learnt(customer_id=cast.durand.id)}


def test_a_stranger_sees_nothing_of_it(cast: Cast) -> None:
    confirmed(cast, "WHOLE_MONTH")
    services.add_payer(customer_id=cast.durand.id, kind="IBAN", value=IBAN, actor=SYSTEM)
    assert learnt.learnt_things(scope=Scope(company_ids=frozenset({cast.company.id}))).count() == 2
    assert learnt.learnt_things(scope=Scope(company_ids=frozenset({cast.other_company.id}))).count() == 0


def test_that_a_payer_names_its_own_numbers_is_learnt_by_hand_and_read(cast: Cast) -> None:
    """Twice a person picked or accepted what the text named by the order alone; the third payment is read so."""

    def owed(amount: str, order: str) -> int:
        item = make_item(cast.account, amount, due=DUE)
        type(item).objects.filter(pk=item.pk).update(reference=order)
        return item.pk

    for amount, order in (("100.00", "A12"), ("120.00", "B07")):
        line = receive(amount, f"Commande {order}", name="Durand &amp; Fils", iban="")
        chosen = owed(amount, order)
        services.match_items(transaction_id=line.id, item_ids=[chosen], as_of=TODAY, actor=SYSTEM)
    row = learnt.find_habit(customer_id=cast.durand.id, strategy="REFERENCE_OWN_NUMBER")
    assert row is not None
    assert (row["seen_count"], row["confirmed_count"]) == (2, 2)
    wanted = owed("4321.07", "C99")
    owed("4321.07", "D11")
    line = receive("4321.07", "Commande C99", name="Durand &amp; Fils", iban="")
    run(cast)
    best = MatchProposal.objects.filter(transaction=line).order_by("-confidence", "id").first()
    assert best is not None
    assert list(best.lines.values_list("item_id", flat=True)) == [wanted]
    assert "REFERENCE_OWN_NUMBER" in {fact["kind"] for fact in best.evidence}
    services.switch_habit(customer_id=cast.durand.id, strategy="REFERENCE_OWN_NUMBER", is_on=False, actor=SYSTEM)
    other = receive("4321.08", "Commande D11", name="Durand &amp; Fils", iban="")
    run(cast)
    kinds = {fact["kind"] for found in MatchProposal.objects.filter(transaction=other) for fact in found.evidence}
    assert "REFERENCE_OWN_NUMBER" not in kinds
