"""Simulations of the past: the notices of real runs, found again; jobs that go on, stop, and are not run twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from quittance.core.simulation import Period, simulate_account
from quittance.core.trials import Verdict
from quittance.delivery.services import record_consent
from quittance.dunning.facts import gather
from quittance.dunning.media import media_ready
from quittance.dunning.models import AccountPolicy, DunningNotice, DunningPolicy
from quittance.dunning.policies import read_policies
from quittance.dunning.services import block_account, prepare_run, release_run
from quittance.foundation.models import Event
from quittance.ledger.models import OpenItem
from quittance.ledger.services import allocate, refresh_balances
from quittance.parties.models import Contact, Customer, CustomerAccount
from quittance.promises.services import decide_promises, take_promise
from quittance.segments.models import Membership, Segment
from quittance.simulation import queries, services
from quittance.simulation.history import read_history
from quittance.simulation.models import SimulatedNotice, Simulation, Trial, TrialArm
from quittance.simulation.policies import Change, policy_tried
from quittance.simulation.services import simulating
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, run_row, send_waiting

pytestmark = pytest.mark.django_db
CODES = ("STANDARD", "STRATEGIC", "SMALL_AMOUNTS", "PUBLIC_SECTOR", "LITIGATION_BOUND")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def add_customer(cast: Cast, number: int) -> CustomerAccount:
    customer = Customer.objects.create(number=f"X{number}", name=f"Customer {number}", country="FR", town="Lyon")
    account = make_account(customer, cast.company, cast.department, number=f"411X{number}")
    Contact.objects.create(customer=customer, name="A. P.", email=f"ap{number}@x.example", phone="+331")
    return account


def pay(account: CustomerAccount, item: OpenItem, amount: str, day: date) -> None:
    payment = make_item(account, f"-{amount}", due=day, issued=day)
    allocate(debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(amount), effective_date=day, actor=ALICE)


def story(account: CustomerAccount, items: list[OpenItem]) -> dict[date, Callable[[], object]]:
    """Say what happens on which day."""
    return {
        late(9): lambda: pay(account, items[0], "100", late(9)),
        late(12): lambda: pay(account, items[1], "150", late(12)),
        late(20): lambda: take_promise(
            account_id=account.pk, item_ids=[items[2].pk], promised_date=late(30), made_on=late(20), actor=ALICE
        ),
        late(26): lambda: block_account(
            account_id=account.pk, reason="moving", from_date=late(26), until_date=late(33), actor=ALICE
        ),
    }


def test_the_simulation_of_past_days_finds_the_notices_of_the_runs(cast: Cast) -> None:
    """One account for each policy, all in the same runs: days are what takes long, not accounts."""
    accounts = {code: add_customer(cast, number) for number, code in enumerate(CODES)}
    happens = {account.pk: _begin(account, code) for code, account in accounts.items()}
    ids, first, last = list(happens), late(-8), late(70)
    channel = KeepingChannel()
    day = first
    while day <= last:
        with on(day):
            for told in happens.values():
                if day in told:
                    told[day]()
            decide_promises(as_of=day)
            refresh_balances(account_ids=ids, as_of=day)
        _run_of(day, channel)
        day += timedelta(days=1)
    for code, account in accounts.items():
        real = _sent_to(account)
        assert real, code
        assert _simulated(account, code, first, last) == real, code


def _begin(account: CustomerAccount, code: str) -> dict[date, Callable[[], object]]:
    """Give an account its policy, its past and its invoices; return what will happen on which day."""
    AccountPolicy.objects.create(account=account, policy_code=code)
    paid = make_item(account, "80", due=late(-60), issued=late(-90))
    with on(late(-52)):
        pay(account, paid, "80", late(-52))
    items = [
        make_item(account, amount, due=late(days), issued=late(days - 30))
        for amount, days in (("100", 0), ("200", 2), ("300", -3), ("50", 15), ("400", -5))
    ]
    return story(account, items)


def _sent_to(account: CustomerAccount) -> list[object]:
    sent = DunningNotice.objects.filter(account=account).exclude(state="HELD").order_by("notice_date")
    return [
        (one.notice_date, one.level.code, one.medium, sorted(one.items.values_list("item_id", "amount")))
        for one in sent.select_related("level")
    ]


def _run_of(day: date, channel: KeepingChannel) -> None:
    with on(day):
        run_id = prepare_run(company_id=None, as_of=day, actor=ALICE)
        if run_row(run_id).state == "READY":  # a policy that nobody validates releases its messages by itself
            release_run(run_id=run_id, actor=ALICE)
        send_waiting(channel)


def _simulated(account: CustomerAccount, code: str, first: date, last: date) -> list[object]:
    policy = read_policies(as_of=last).by_code[code]
    history = read_history(account_ids=[account.pk], first=first, last=last)
    notices = simulate_account(
        account=history[0].account,
        policy=policy_tried(policy=policy),
        period=Period(first=first, last=last),
        media_ready=media_ready(),
    )
    return [
        (one.day, one.level.code, one.medium.value, sorted((each.item_id, each.amount) for each in one.items))
        for one in notices
    ]


def policy_id(code: str) -> int:
    return DunningPolicy.objects.filter(code=code).latest("version").pk


def start(cast: Cast, **said: object) -> int:
    values: dict[str, object] = {
        "policy_a_id": policy_id("STANDARD"), "policy_b_id": None, "company_id": cast.company.pk, "segment_id": None,
        "first_date": DUE, "last_date": late(60), "warm_up_days": 30, "actor": ALICE, "is_on_weekends": True,
    }  # fmt: skip
    with on(late(100)):
        return services.start_simulation(**{**values, **said})  # type: ignore[arg-type]


def run(simulation_id: int) -> Simulation:
    with on(late(100)):
        services.run_simulation(simulation_id=simulation_id)
    return Simulation.objects.get(pk=simulation_id)


def test_who_refuses_a_medium_or_has_no_address_for_it_gets_nothing_and_is_counted(
    cast: Cast, settings: object
) -> None:
    settings.QUITTANCE_SMS_CHANNEL = "sms-ovh"  # type: ignore[attr-defined]
    policy = read_policies(as_of=DUE).by_code["SMALL_AMOUNTS"]
    sms = DunningPolicy.objects.get(pk=policy.id).levels.get(code="FIRST_REMINDER")
    type(sms).objects.filter(pk=sms.pk).update(medium="SMS")
    phones = ("+33612345678", "+33687654321", "+33472000000", "+33699999999")
    accounts = [add_customer(cast, number) for number in range(4)]
    contacts = [Contact.objects.get(customer=account.customer) for account in accounts]
    for contact, phone in zip(contacts, phones, strict=True):
        Contact.objects.filter(pk=contact.pk).update(phone=phone)
    refuse(contacts[1], "SMS")
    refuse(contacts[3], "EMAIL")
    for account in accounts:
        make_item(account, "500", due=DUE, issued=late(-30))
    with on(late(60)):
        simulation_id = services.start_simulation(
            policy_a_id=policy.id, policy_b_id=None, company_id=None, segment_id=None, first_date=late(-8),
            last_date=late(60), actor=ALICE,
        )  # fmt: skip
        services.run_simulation(simulation_id=simulation_id)
    media = {
        account.number: sorted(
            SimulatedNotice.objects.filter(simulation_id=simulation_id, account=account)
            .values_list("medium", flat=True).distinct()
        )
        for account in accounts
    }  # fmt: skip
    assert media == {"411X0": ["EMAIL", "SMS"], "411X1": [], "411X2": [], "411X3": ["SMS"]}
    row = queries.find_simulation(simulation_id=simulation_id)
    assert row is not None and row.unreached == {"A": {"OPTED_OUT": 2, "NO_CONTACT": 1}}


def refuse(contact: Contact, medium: str) -> None:
    record_consent(
        contact_id=contact.pk, medium=medium, is_allowed=False, said_on=DUE, origin="CALL", comment="", actor=ALICE
    )


def test_two_policies_side_by_side_are_written_down_and_added_up(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DUE)
    pay(cast.account, item, "100", late(9))
    make_item(cast.account, "60", due=late(3))
    row = run(start(cast, policy_b_id=policy_id("SMALL_AMOUNTS")))
    assert (row.state, row.progress_done, row.progress_total) == ("DONE", 1, 1)
    sums = queries.sum_by_arm(simulation_id=row.pk)
    assert (sums["A"].notices, sums["A"].accounts, sums["A"].part) == (4, 1, 1)
    assert (sums["B"].notices, sums["B"].part) == (2, 0)
    steps = queries.sum_by_step(simulation_id=row.pk, today=late(100))
    assert sum(one.notices for one in steps) == 6
    assert {one.level_name for one in steps if one.arm == "A"} >= {"First reminder", "Formal notice"}
    assert sum(count for _arm, _monday, count, _whole in queries.sum_by_week(simulation_id=row.pk)) == 6
    first = SimulatedNotice.objects.filter(arm="A").earliest("notice_date")
    assert (first.notice_date, first.needless, first.amount_company) == (late(7), "PART", Decimal(160))
    assert Event.objects.filter(kind="simulation.started", subject_id=str(row.pk)).exists()


def test_a_change_of_the_same_policy(cast: Cast) -> None:
    make_item(cast.account, "100", due=DUE)
    row = run(start(cast, change_b=Change(shift_days=5, has_courtesy=False)))
    days = {
        arm: [(one.notice_date - DUE).days for one in SimulatedNotice.objects.filter(arm=arm).order_by("notice_date")]
        for arm in ("A", "B")
    }
    assert days == {"A": [7, 21, 35], "B": [12, 26, 40]}
    assert queries.find_simulation(simulation_id=row.pk).change == Change(shift_days=5, has_courtesy=False)  # type: ignore[union-attr]


def test_it_goes_on_where_it_was_and_is_not_done_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        make_item(add_customer(cast, number), "100", due=DUE)
    monkeypatch.setattr(simulating, "ACCOUNTS_PER_CHUNK", 1)
    simulation_id = start(cast)
    original, seen = simulating._run_chunk, []

    def dies_at_the_second(*arguments: object) -> bool:
        seen.append(arguments)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(simulating, "_run_chunk", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(simulation_id)
    row = run(simulation_id)
    assert (row.state, row.progress_done, row.progress_total) == ("DONE", 3, 3)
    count = SimulatedNotice.objects.count()
    assert count == 9
    run(simulation_id)
    assert SimulatedNotice.objects.count() == count


def test_it_can_be_stopped_and_keeps_what_was_found(cast: Cast) -> None:
    make_item(cast.account, "100", due=DUE)
    simulation_id = start(cast)
    with on(late(100)):
        services.cancel_simulation(simulation_id=simulation_id, actor=ALICE)
    assert run(simulation_id).state == "CANCELLED"
    assert not SimulatedNotice.objects.exists()
    with pytest.raises(services.SimulationNotRunning):
        services.cancel_simulation(simulation_id=simulation_id, actor=ALICE)


def test_an_error_is_shown_as_such(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make_item(cast.account, "100", due=DUE)
    simulation_id = start(cast)

    def fails(**_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(simulating, "read_history", fails)
    with pytest.raises(RuntimeError):
        run(simulation_id)
    assert Simulation.objects.get(pk=simulation_id).state == "FAILED"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"last_date": DUE - timedelta(days=1)}, "last_date"),
        ({"last_date": late(200)}, "last_date"),
        ({"first_date": DUE - timedelta(days=2000)}, "first_date"),
    ],
)
def test_periods_that_make_no_sense_are_refused(cast: Cast, said: dict[str, object], field: str) -> None:
    with pytest.raises(services.SimulationRefused) as error:
        start(cast, **said)
    assert error.value.field == field
    with pytest.raises(services.SimulationRefused):
        start(cast, policy_b_id=policy_id("STANDARD"))


def test_the_history_is_read_in_six_statements_for_any_number_of_accounts(cast: Cast) -> None:
    accounts = [add_customer(cast, number) for number in range(8)]
    for account in accounts:
        make_item(account, "100", due=DUE)
    with CaptureQueriesContext(connection) as captured:
        found = read_history(account_ids=[account.pk for account in accounts], first=DUE, last=late(60))
    assert (len(found), len(captured)) == (8, 6)


def test_a_trial_decides_which_policy_an_account_follows_after_its_own_one(cast: Cast) -> None:
    segment = Segment.objects.get(code="LATE_PAYERS")
    day = late(0)
    accounts = [add_customer(cast, number) for number in range(80)]
    for account in accounts:
        Membership.objects.create(segment=segment, account=account, from_date=late(-5))
    AccountPolicy.objects.create(account=accounts[0], policy_code="STRATEGIC")
    with on(day):
        trial_id = services.start_trial(
            name="t", segment_id=segment.pk, policy_a_code="PUBLIC_SECTOR", policy_b_code="SMALL_AMOUNTS",
            company_id=cast.company.pk, until_date=late(30), actor=ALICE,
        )  # fmt: skip

    def followed(on_day: date) -> dict[int, str]:
        found = gather(account_ids=[account.pk for account in accounts], as_of=on_day, book=read_policies(as_of=on_day))
        return {one.account_id: one.policy.code for one in found}

    codes = followed(day)
    arms = dict(TrialArm.objects.values_list("account_id", "policy_code"))
    assert len(arms) == 79
    assert codes == {**arms, accounts[0].pk: "STRATEGIC"}
    assert set(followed(late(30)).values()) == {"STANDARD", "STRATEGIC"}
    with on(late(10)):
        services.stop_trial(trial_id=trial_id, actor=ALICE)
    assert set(followed(late(10)).values()) == {"STANDARD", "STRATEGIC"}
    assert followed(late(9)) == codes


def test_what_is_paid_sooner_is_told_with_what_is_still_open(cast: Cast) -> None:
    segment = Segment.objects.get(code="LATE_PAYERS")
    for number in range(80):
        Membership.objects.create(segment=segment, account=add_customer(cast, number), from_date=late(-5))
    with on(late(0)):
        trial_id = services.start_trial(
            name="t", segment_id=segment.pk, policy_a_code="PUBLIC_SECTOR", policy_b_code="SMALL_AMOUNTS",
            company_id=None, until_date=late(30), actor=ALICE,
        )  # fmt: skip
    for number, arm in enumerate(TrialArm.objects.order_by("id").select_related("account")):
        item = make_item(arm.account, "100", due=late(31), issued=late(1))
        if arm.arm == "A" or number % 3:
            pay(arm.account, item, "100", late(20 + number % 7 + (0 if arm.arm == "A" else 15)))
    trial = queries.find_trial(trial_id=trial_id, today=late(60))
    assert trial is not None
    found = queries.get_trial_result(trial=trial, as_of=late(60))
    assert (found.verdict, trial.status) == (Verdict.A_SOONER, "ENDED")
    assert found.b.paid < found.b.items == found.b.units
    early = queries.get_trial_result(trial=trial, as_of=late(10))
    assert (early.verdict, early.a.paid) == (Verdict.NO_DIFFERENCE, 0)


def test_an_account_is_in_one_trial_at_a_time(cast: Cast) -> None:
    segment = Segment.objects.get(code="LATE_PAYERS")
    rows = [
        Trial.objects.create(
            name=name, segment=segment, policy_a_code="A", policy_b_code="B", from_date=DUE, until_date=late(9),
            salt="x", created_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for name in ("one", "two")
    ]  # fmt: skip
    arm = {"account": cast.account, "arm": "A", "policy_code": "A"}
    TrialArm.objects.create(trial=rows[0], from_date=DUE, until_date=late(9), **arm)
    with pytest.raises(IntegrityError, match="trialarm_one_at_a_time"), transaction.atomic():
        TrialArm.objects.create(trial=rows[1], from_date=late(8), until_date=late(20), **arm)
    TrialArm.objects.create(trial=rows[1], from_date=late(9), until_date=late(20), **arm)
