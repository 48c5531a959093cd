"""One text to chosen accounts: everything that holds a step holds it, a person releases it, and no step is taken."""

from __future__ import annotations

import pytest

from quittance.core.dunning import DunningMedium
from quittance.dunning import queries, services
from quittance.dunning.models import (
    AccountPolicy,
    DunningBlock,
    DunningDecision,
    DunningNotice,
    DunningPolicy,
    DunningRun,
    PolicyAssignment,
)
from quittance.foundation import clock
from quittance.foundation.events import verify_chain
from quittance.foundation.models import Event
from quittance.foundation.permissions import Scope
from quittance.ledger.models import OpenItem
from quittance.parties.models import Contact, Customer, CustomerAccount, Department
from quittance.promises.services import take_promise
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, run_row, send_waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    services.ensure_default_policy()
    return make_cast()


def another(cast: Cast, name: str, *, email: str = "ap@x.example") -> CustomerAccount:
    customer = Customer.objects.create(number=name, name=name, country="FR", town="Lyon", street="1 rue Haute")
    if email:
        Contact.objects.create(customer=customer, name="AP", email=email, language="fr")
    return make_account(customer, cast.company, cast.department, number=f"411{name}")


def prepare(account_ids: list[int], *, text: str = "SECOND_REMINDER", medium: str = "EMAIL") -> int:
    return services.prepare_mass_run(account_ids=account_ids, message_code=text, medium=medium, actor=ALICE)


def said(run_id: int) -> dict[int, str]:
    found = DunningDecision.objects.filter(run_id=run_id).values_list("account_id", "outcome", "reason_code")
    return {account_id: f"{outcome} {reason}" for account_id, outcome, reason in found}


def test_each_account_gets_it_or_says_what_holds_it(cast: Cast) -> None:
    accounts = {name: another(cast, name) for name in ("paid", "promised", "blocked", "fresh", "early")}
    accounts["alone"] = another(cast, "alone", email="")
    accounts["refuses"] = another(cast, "refuses")
    Contact.objects.filter(customer__name="refuses").update(is_opted_out=True)
    items = {
        name: make_item(account, "500", due=late(30) if name == "early" else DUE)
        for name, account in accounts.items()
        if name != "paid"
    }
    make_item(cast.account, "1200", due=DUE)
    with on(late(10)):
        take_promise(
            account_id=accounts["promised"].id, item_ids=[items["promised"].id], promised_date=late(20),
            made_on=late(10), actor=ALICE,
        )  # fmt: skip
        DunningBlock.objects.create(account=accounts["blocked"], reason="x", from_date=late(0), created_at=clock.now())
        run_id = prepare([prepared.id for prepared in accounts.values()] + [cast.account.id])
    names = {account.id: name for name, account in accounts.items()}
    assert {names.get(account_id, "durand"): what for account_id, what in said(run_id).items()} == {
        "durand": "SEND CHOSEN",
        "fresh": "SEND CHOSEN",
        "paid": "HOLD NOTHING_DUE",
        "promised": "HOLD PROMISED",
        "blocked": "HOLD ACCOUNT_BLOCKED",
        "early": "HOLD NOTHING_DUE",
        "alone": "PERSON NO_CONTACT",
        "refuses": "HOLD OPTED_OUT",
    }
    assert (run_row(run_id).send_count, run_row(run_id).hold_count, run_row(run_id).person_count) == (2, 5, 1)


def test_it_is_previewed_sent_counted_and_takes_no_step(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE, number="F-1")
    with on(late(10)):
        run_id = prepare([cast.account.id])
        decision = DunningDecision.objects.get(run_id=run_id)
        preview = queries.render_preview(decision_id=decision.pk)
        services.release_run(run_id=run_id, actor=ALICE)
        channel = KeepingChannel()
        send_waiting(channel)
    assert preview.content is not None
    assert [one.body_text for one in channel.sent] == [preview.content.body_text]
    notice = DunningNotice.objects.get()
    assert (notice.state, notice.level_id, notice.items.get().level_rank) == ("SENT", None, None)
    row = queries.find_notice(notice_id=notice.pk)
    assert row is not None and row.level_code == "SECOND_REMINDER"
    assert queries.list_notices_of_item(item_id=item.id)[0]["level_code"] == "SECOND_REMINDER"
    assert queries.list_notices_of_account(account_id=cast.account.id)[0]["level_code"] == "SECOND_REMINDER"
    assert Event.objects.get(kind="dunning_notice.sent").payload["level"] == "SECOND_REMINDER"
    assert run_row(run_id).state == "DONE"
    with on(late(12)):  # a contact is a contact: both kinds of run wait for it
        later = services.prepare_run(company_id=None, as_of=late(12), actor=ALICE)
        assert said(later)[cast.account.id] == "HOLD MIN_INTERVAL"
        assert said(prepare([cast.account.id]))[cast.account.id] == "HOLD MIN_INTERVAL"
    with on(late(20)):  # and the policy goes on with its own first step
        later = services.prepare_run(company_id=None, as_of=late(20), actor=ALICE)
        decided = DunningDecision.objects.select_related("level").get(run_id=later)
        assert decided.level is not None and decided.level.code == "FIRST_REMINDER"


def test_who_pays_meanwhile_gets_nothing(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    channel = KeepingChannel()
    with on(late(10)):
        run_id = prepare([cast.account.id])
        services.release_run(run_id=run_id, actor=ALICE)
        make_item(cast.account, "-1200", due=late(10), issued=late(10))
        send_waiting(channel)
    assert channel.sent == []
    assert DunningNotice.objects.get().held_reason_code == "COVERED_BY_CREDIT"
    assert OpenItem.objects.get(pk=item.pk).amount_open == 1200


def test_another_run_that_wrote_since_comes_first(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    with on(late(10)):
        mass = prepare([cast.account.id])
        other = services.prepare_run(company_id=None, as_of=late(10), actor=ALICE)
        services.release_run(run_id=other, actor=ALICE)
        assert services.release_run(run_id=mass, actor=ALICE).already_notified == 1
    assert said(mass)[cast.account.id] == "HOLD ALREADY_NOTIFIED"


def test_nothing_leaves_by_itself_and_a_manager_looks_where_the_policy_asks(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    AccountPolicy.objects.create(account=cast.account, policy_code="SMALL_AMOUNTS")
    with on(late(10)):
        run_id = prepare([cast.account.id], text="FIRST_REMINDER")
        assert services.release_unattended(run_id=run_id) == 0
        assert DunningDecision.objects.get(run_id=run_id).validated_by == "COLLECTOR"
        DunningPolicy.objects.filter(code="SMALL_AMOUNTS").update(validated_by="MANAGER")
        run_id = prepare([cast.account.id], text="STATEMENT")
        result = services.release_run(run_id=run_id, actor=ALICE)
        assert (result.queued, result.awaiting_manager) == (0, 1)
        run_id = prepare([cast.account.id], text="STATEMENT")
        assert services.release_run(run_id=run_id, actor=ALICE, is_manager=True).queued == 1


def test_a_statement_lists_all_that_is_open_and_a_letter_needs_an_address(cast: Cast) -> None:
    account = another(cast, "Haut")
    make_item(account, "100", due=DUE, number="LATE-1")
    make_item(account, "70", due=late(40), number="LATER-2")
    with on(late(10)):
        run_id = prepare([account.id, cast.account.id], text="STATEMENT")
        decision = DunningDecision.objects.get(run_id=run_id, account=account)
        content = queries.render_preview(decision_id=decision.pk).content
        assert content is not None and "LATE-1" in content.body_text and "LATER-2" in content.body_text
        make_item(cast.account, "100", due=DUE)
        letters = DunningMedium.LETTER in services.list_mass_media()
        if letters:
            run_id = prepare([account.id, cast.account.id], medium="LETTER")
            assert said(run_id) == {account.id: "SEND CHOSEN", cast.account.id: "PERSON NO_CONTACT"}
        else:
            with pytest.raises(services.UnknownText):
                prepare([account.id], medium="LETTER")


def test_a_courtesy_speaks_of_what_falls_due_and_waits_for_what_is_late(cast: Cast) -> None:
    account = another(cast, "Soon")
    make_item(account, "100", due=late(20), number="SOON-1")
    make_item(account, "70", due=late(90), number="FAR-2")
    make_item(cast.account, "100", due=DUE)
    with on(late(10)):
        run_id = prepare([account.id, cast.account.id], text="COURTESY")
        content = queries.render_preview(decision_id=DunningDecision.objects.get(account=account).pk).content
    assert said(run_id) == {account.id: "SEND CHOSEN", cast.account.id: "HOLD OVERDUE_FIRST"}
    assert content is not None and "SOON-1" in content.body_text and "FAR-2" not in content.body_text


def test_preparing_goes_on_where_it_was_stopped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [another(cast, f"C{n}") for n in range(5)]
    for account in accounts:
        make_item(account, "100", due=DUE)
    monkeypatch.setattr("quittance.dunning.services.recording.ACCOUNTS_PER_CHUNK", 2)
    with on(late(10)):
        run_id = services.start_mass_run(
            account_ids=[one.id for one in accounts], message_code="STATEMENT", medium="EMAIL", actor=ALICE
        )
        services.fill_run(run_id=run_id)
        services.fill_run(run_id=run_id)
    assert DunningDecision.objects.filter(run_id=run_id).count() == 5
    assert (run_row(run_id).progress_done, run_row(run_id).send_count) == (5, 5)


def test_a_run_of_several_companies_is_seen_by_their_people(cast: Cast) -> None:
    department = Department.objects.create(company=cast.other_company, code="O", name="Other")
    other = make_account(cast.durand, cast.other_company, department, number="OTHER")
    with on(late(10)):
        run_id = prepare([cast.account.id, other.id])
        mine = prepare([cast.account.id])
    row = run_row(run_id)
    assert (row.company_id, row.company_ids) == (None, sorted([cast.company.id, cast.other_company.id]))
    assert run_row(mine).company_id == cast.company.id
    for company in (cast.company, cast.other_company):
        assert queries.find_run(run_id=run_id, scope=Scope(company_ids=frozenset({company.id}))) is not None
    assert queries.find_run(run_id=run_id, scope=Scope(company_ids=frozenset({0}))) is None


def test_a_text_that_is_none_and_nobody_are_refused(cast: Cast) -> None:
    with pytest.raises(services.UnknownText):
        prepare([cast.account.id], text="HELLO")
    with pytest.raises(services.UnknownText):
        prepare([cast.account.id], medium="CALL")
    with pytest.raises(services.NobodyChosen):
        prepare([0])
    assert not DunningRun.objects.exists()


def test_policies_are_given_to_many_and_taken_back(cast: Cast) -> None:
    accounts = [another(cast, f"C{n}") for n in range(4)]
    ids = [one.id for one in accounts]
    AccountPolicy.objects.create(account=accounts[0], policy_code="PUBLIC_SECTOR")
    AccountPolicy.objects.create(account=accounts[1], policy_code="STRATEGIC")
    done = services.assign_policies(account_ids=[*ids, 0], policy_code="STRATEGIC", actor=ALICE)
    assert done.count == 3 and done.assignment_id is not None
    assert set(AccountPolicy.objects.values_list("policy_code", flat=True)) == {"STRATEGIC"}
    told = Event.objects.filter(kind="dunning_policy.chosen").order_by("account_id").values_list("payload", flat=True)
    assert [one["before"] for one in told] == ["PUBLIC_SECTOR", "", ""]
    # What somebody changed since stays as they left it.
    services.assign_policies(account_ids=[ids[3]], policy_code="SMALL_AMOUNTS", actor=ALICE)
    assert services.undo_assignment(assignment_id=done.assignment_id, actor=ALICE) == 2
    assert dict(AccountPolicy.objects.values_list("account_id", "policy_code")) == {
        ids[0]: "PUBLIC_SECTOR", ids[1]: "STRATEGIC", ids[3]: "SMALL_AMOUNTS",
    }  # fmt: skip
    with pytest.raises(services.AssignmentUndone):
        services.undo_assignment(assignment_id=done.assignment_id, actor=ALICE)
    scope = Scope(company_ids=frozenset({cast.other_company.id}))
    assert not services.is_assignment_within(assignment_id=done.assignment_id, scope=scope)
    assert PolicyAssignment.objects.count() == 2


def test_the_story_of_each_account_has_it_however_many_and_the_chain_holds(cast: Cast) -> None:
    ids = [another(cast, f"C{n}").id for n in range(3)]
    AccountPolicy.objects.create(account_id=ids[1], policy_code="PUBLIC_SECTOR")
    done = services.assign_policies(account_ids=ids, policy_code="STRATEGIC", actor=ALICE)
    assert done.assignment_id is not None
    services.undo_assignment(assignment_id=done.assignment_id, actor=ALICE)
    told = Event.objects.filter(kind="dunning_policy.chosen").order_by("id")
    assert [(one.account_id, one.actor_label, one.payload["policy"], one.payload["before"]) for one in told] == [
        (ids[0], "Alice", "STRATEGIC", ""),
        (ids[1], "Alice", "STRATEGIC", "PUBLIC_SECTOR"),
        (ids[2], "Alice", "STRATEGIC", ""),
        (ids[0], "Alice", "", "STRATEGIC"),
        (ids[2], "Alice", "", "STRATEGIC"),
        (ids[1], "Alice", "PUBLIC_SECTOR", "STRATEGIC"),
    ]
    report = verify_chain()
    assert report.is_intact and report.checked >= 6


@pytest.mark.parametrize("count", [3, 12])
def test_queries_do_not_grow_with_the_accounts(cast: Cast, count: int, django_assert_max_num_queries: object) -> None:
    accounts = [another(cast, f"C{n}") for n in range(count)]
    for account in accounts:
        make_item(account, "100", due=DUE)
    ids = [one.id for one in accounts]
    with on(late(10)):
        with django_assert_max_num_queries(34):  # type: ignore[operator]
            prepare(ids)
        with django_assert_max_num_queries(11):  # type: ignore[operator]
            services.assign_policies(account_ids=ids, policy_code="STRATEGIC", actor=ALICE)
