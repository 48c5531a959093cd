"""The pages of simulations and trials: choose, follow, read, stop; who is kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from quittance.dunning.models import DunningPolicy
from quittance.parties.models import Customer
from quittance.segments.models import Membership, Segment
from quittance.simulation import services
from quittance.simulation.models import SimulatedNotice, Simulation, Trial, TrialArm
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import ALICE, browser, late_items, pay, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def manager(cast: Cast) -> Client:
    return browser(cast.manager)


def said(cast: Cast, **more: object) -> dict[str, object]:
    policy = DunningPolicy.objects.get(code="STANDARD")
    day = today()
    return {
        "policy_a": policy.pk, "policy_b": "", "first_date": day - timedelta(days=60), "last_date": day,
        "company": cast.company.pk, "segment": "", "on_its_way_days": 3, "is_on_weekends": "on", **more,
    }  # fmt: skip


def test_a_simulation_is_started_followed_and_read(cast: Cast, manager: Client) -> None:
    items = late_items(cast)
    pay(cast, items[2], "300", today() - timedelta(days=21))
    assert "No policy has been tried yet." in manager.get("/reminders/simulations/").content.decode()
    assert manager.get("/reminders/simulations/new/").status_code == 200
    answer = manager.post("/reminders/simulations/new/", said(cast, shift_days="2", courtesy="no"))
    row = Simulation.objects.get()
    page = f"/reminders/simulations/{row.pk}/"
    assert answer["Location"] == page
    assert "Going through the accounts" in manager.get(page).content.decode()
    services.run_simulation(simulation_id=row.pk)
    assert manager.get(page + "progress/").headers["HX-Refresh"] == "true"
    text = manager.get(page).content.decode()
    assert "Standard" in text
    assert "steps moved by 2 days" in text
    assert "Messages by week" in text
    assert "Durand" in text
    export = b"".join(manager.get(page + "?export=csv&arm=A"))
    assert export.count(b"\n") >= SimulatedNotice.objects.filter(arm="A").count()
    assert "Standard" in manager.get("/reminders/simulations/").content.decode()


def test_what_makes_no_sense_is_said_at_its_field(cast: Cast, manager: Client) -> None:
    for wrong in ({"last_date": today() + timedelta(days=9)}, {"first_date": "x"}, {"company": 10**9}):
        answer = manager.post("/reminders/simulations/new/", said(cast, **wrong))
        assert answer.status_code == 422
    assert not Simulation.objects.exists()


def test_a_simulation_can_be_stopped_once(cast: Cast, manager: Client) -> None:
    manager.post("/reminders/simulations/new/", said(cast))
    row = Simulation.objects.get()
    manager.post(f"/reminders/simulations/{row.pk}/stop/")
    manager.post(f"/reminders/simulations/{row.pk}/stop/")
    assert Simulation.objects.get().state == "CANCELLED"


def add_members(cast: Cast, count: int) -> Segment:
    segment = Segment.objects.get(code="LATE_PAYERS")
    for number in range(count):
        customer = Customer.objects.create(number=f"T{number}", name=f"Tried {number}")
        account = make_account(customer, cast.company, cast.department, number=f"411T{number}")
        Membership.objects.create(segment=segment, account=account, from_date=today() - timedelta(days=1))
    return segment


def trial(cast: Cast, segment: Segment, **more: object) -> dict[str, object]:
    return {
        "name": "Softer words", "segment": segment.pk, "policy_a": "STANDARD", "policy_b": "SMALL_AMOUNTS",
        "company": cast.company.pk, "until_date": today() + timedelta(days=90), "horizon_days": 60, **more,
    }  # fmt: skip


def test_a_trial_is_started_read_and_stopped(cast: Cast, manager: Client) -> None:
    segment = add_members(cast, 60)
    assert "No trial has been made yet." in manager.get("/reminders/trials/").content.decode()
    assert manager.get("/reminders/trials/new/").status_code == 200
    answer = manager.post("/reminders/trials/new/", trial(cast, segment))
    row = Trial.objects.get()
    page = f"/reminders/trials/{row.pk}/"
    assert answer["Location"] == page
    assert TrialArm.objects.count() == 60
    assert "Nothing can be told yet" in manager.get(page).content.decode()
    for arm in TrialArm.objects.select_related("account"):
        make_item(arm.account, "100", due=today() + timedelta(days=30), issued=today())
    assert "No difference can be told yet" in manager.get(page).content.decode()
    assert "Softer words" in manager.get("/reminders/trials/").content.decode()
    manager.post(page + "stop/")
    assert Trial.objects.get().stopped_on == today()
    assert set(TrialArm.objects.values_list("until_date", flat=True)) == {today()}
    assert "Stopped" in manager.get(page).content.decode()
    with pytest.raises(services.TrialRefused):
        services.stop_trial(trial_id=row.pk, actor=ALICE)


def test_trials_that_make_no_sense_are_refused(cast: Cast, manager: Client) -> None:
    segment = add_members(cast, 60)
    for wrong in ({"policy_b": "STANDARD"}, {"until_date": today()}, {"name": ""}):
        assert manager.post("/reminders/trials/new/", trial(cast, segment, **wrong)).status_code == 422
    few = Segment.objects.get(code="STRATEGIC")
    assert "Too few customers" in manager.post("/reminders/trials/new/", trial(cast, few)).content.decode()
    assert not Trial.objects.exists()
    manager.post("/reminders/trials/new/", trial(cast, segment))
    again = manager.post("/reminders/trials/new/", trial(cast, segment, name="again"))
    assert again.status_code == 422  # its accounts are in the first one


@pytest.mark.parametrize(
    "path", ["simulations/", "simulations/new/", "simulations/{}/", "trials/", "trials/new/", "trials/{}/"]
)
def test_only_who_makes_policies_may_try_them(cast: Cast, path: str) -> None:
    for person in (cast.alice, cast.clara, cast.charlie, cast.petra):
        assert browser(person).get(f"/reminders/{path.format(1)}").status_code == 403
    assert Client().get(f"/reminders/{path.format(1)}").status_code == 302
    assert browser(cast.manager).get(f"/reminders/{path.format(10**6)}").status_code in (200, 404)
