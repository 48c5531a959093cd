"""Today's work beyond one task: batches, handing over, absence, targets, weights, calls in a row."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quittance.core.worklist import WEIGHT_NAMES
from quittance.dunning.models import DunningBlock
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import OpenItem
from quittance.ledger.services import allocate, refresh_balances
from quittance.parties import staff
from quittance.parties.models import Absence, SavedView, Team
from quittance.parties.teams import keep_team
from quittance.worklist.models import Call, CollectorTarget, Task, WeightVersion
from quittance.worklist.services import ensure_tasks_fresh, log_call, refresh_tasks
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def item(cast: Cast, today: date) -> OpenItem:
    found = make_item(cast.account, "20000", due=today - timedelta(days=40), number="F-LATE")
    refresh_balances(account_ids=None, as_of=today)
    refresh_tasks(as_of=today)
    return found


def sign_in(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def task_of(cast: Cast) -> Task:
    return Task.objects.get(key=f"account:{cast.account.id}")


def selected(cast: Cast, action: str, **more: Any) -> dict[str, Any]:
    return {"selected": [task_of(cast).id], "action": action, "next": "/today/", **more}


def test_the_deputy_sees_the_work_of_who_is_away_marked_and_nothing_is_rewritten(
    client: Client, cast: Cast, item: OpenItem, today: date
) -> None:
    Absence.objects.create(user=cast.alice, deputy=cast.bob, from_date=today, until_date=today + timedelta(days=3))
    html = page(sign_in(client, cast.bob), "/today/")
    assert "my 1 · team 1" in html
    assert "for Alice" in html
    assert "You stand in for Alice" in html
    assert "Bob sees your tasks too" in page(sign_in(client, cast.alice), "/today/")
    assert task_of(cast).owner_id == cast.alice.id
    Absence.objects.update(from_date=today - timedelta(days=9), until_date=today - timedelta(days=1))
    assert "my 0 · team 1" in page(sign_in(client, cast.bob), "/today/")


def test_a_task_is_given_to_a_colleague_and_back(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    url = reverse("task_assign", args=[task_of(cast).id])
    sign_in(client, cast.alice)
    assert "Whoever has the account" in page(client, url)
    client.post(url, {"to": f"person-{cast.bob.id}"})
    refresh_tasks(as_of=today)
    assert task_of(cast).owner_id == cast.bob.id
    assert Event.objects.filter(kind="task.assigned").count() == 1
    client.post(url, {"to": "-"})
    assert task_of(cast).owner_id == cast.alice.id


def test_tasks_are_given_to_a_team(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    team_id = keep_team(team_id=None, name="North", manager_id=None, member_ids=[cast.bob.id], actor=SYSTEM)
    sign_in(client, cast.alice)
    ask = client.post(reverse("task_bulk_ask"), selected(cast, "assign")).content.decode()
    assert "North" in ask
    client.post(reverse("task_bulk_ask"), selected(cast, "assign", is_sent="1", to=f"team-{team_id}"))
    refresh_tasks(as_of=today)
    assert (task_of(cast).owner_id, task_of(cast).team_id) == (None, team_id)
    assert "my 1 · team 1" in page(sign_in(client, cast.bob), "/today/")
    assert "my 0 · team 1" in page(sign_in(client, cast.alice), "/today/")


def test_a_reason_and_a_hold_for_several_at_once(client: Client, cast: Cast, item: OpenItem) -> None:
    sign_in(client, cast.alice)
    assert "1 task is selected" in client.post(reverse("task_bulk_ask"), selected(cast, "reason")).content.decode()
    client.post(reverse("task_bulk_ask"), selected(cast, "reason", is_sent="1", reason="OTHER"))
    item.refresh_from_db()
    assert item.delay_reason_code == "OTHER"
    answer = client.post(reverse("task_bulk_ask"), selected(cast, "hold", is_sent="1", until="2020-01-01", reason="x"))
    assert answer.status_code == 422
    client.post(reverse("task_bulk_ask"), selected(cast, "hold", is_sent="1", reason="The director talks to them"))
    assert DunningBlock.objects.get().account_id == cast.account.id
    assert sign_in(client, cast.clara).post(reverse("task_bulk_ask"), selected(cast, "hold")).status_code == 403
    stranger = sign_in(client, cast.charlie).post(reverse("task_bulk_ask"), selected(cast, "assign"))
    assert "0 tasks are selected" in stranger.content.decode()


def test_a_view_is_saved_without_the_task_in_focus(client: Client, cast: Cast, item: OpenItem) -> None:
    html = page(sign_in(client, cast.alice), f"/today/?action=CALL&focus={task_of(cast).id}")
    assert 'name="query" value="action=CALL"' in html
    client.post(
        reverse("saved_view_create"),
        {"table_key": "today", "query": "action=CALL", "path": "/today/", "name": "My calls"},
    )
    assert SavedView.objects.get().name == "My calls"
    assert "My calls" in page(client, "/today/")


def test_calls_come_one_after_another(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    second = make_account(cast.durand, cast.company, cast.services, number="411TWO", collector=cast.alice)
    make_item(second, "10000", due=today - timedelta(days=40), number="F-TWO")
    refresh_balances(account_ids=None, as_of=today)
    refresh_tasks(as_of=today)
    html = page(sign_in(client, cast.alice), reverse("call_queue"))
    assert "2 accounts to call" in html
    assert "tel:+33400000001" in html
    assert 'lang="fr"' in html  # what to say is in the language of the customer
    assert "F-LATE" in html
    answer = client.post(
        reverse("account_call", args=[cast.account.id]), {"outcome": "VOICEMAIL", "next": reverse("call_queue")}
    )
    assert answer["Location"] == reverse("call_queue")
    html = page(client, reverse("call_queue"))
    assert "1 account to call" in html
    assert "F-TWO" in html
    client.post(reverse("account_call", args=[second.id]), {"outcome": "INFORMED", "next": reverse("call_queue")})
    assert "Nobody left to call." in page(client, reverse("call_queue"))


def test_a_call_comes_back_at_its_hour(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    sign_in(client, cast.alice)
    morning = timezone.make_aware(datetime.combine(today + timedelta(days=1), time(9)))
    with clock.frozen(morning):
        day = clock.today()
        client.post(
            reverse("account_call", args=[cast.account.id]),
            {"outcome": "CALL_BACK", "call_back_date": day.isoformat(), "call_back_time": "14:30"},
        )
        call = Call.objects.get()
        assert timezone.localtime(call.call_back_at).time() == time(14, 30)
        assert task_of(cast).state == "SNOOZED"
    with clock.frozen(morning + timedelta(hours=5, minutes=29)):
        ensure_tasks_fresh(today=day)
        refresh_tasks(as_of=day)
        assert task_of(cast).state == "SNOOZED"
    with clock.frozen(morning + timedelta(hours=5, minutes=31)):
        assert ensure_tasks_fresh(today=day)
        task = task_of(cast)
        assert (task.state, task.action_reason, task.wake_at) == ("OPEN", "CALL_BACK", None)
        assert "CALL_BACK" in {part["code"] for part in task.score_parts}
        # Spoken to: nothing asks for that call any more.
        log_call(account_id=cast.account.id, outcome="INFORMED", actor=SYSTEM, as_of=day)
        assert task_of(cast).state == "GONE"


def test_an_hour_that_has_passed_is_refused(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    moment = timezone.make_aware(datetime.combine(today + timedelta(days=1), time(15)))
    with clock.frozen(moment):
        values = {"outcome": "CALL_BACK", "call_back_date": clock.today().isoformat(), "call_back_time": "14:30"}
        answer = sign_in(client, cast.alice).post(reverse("account_call", args=[cast.account.id]), values)
    assert answer.status_code == 422
    assert not Call.objects.exists()


def test_tries_are_counted_until_somebody_is_reached(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    sign_in(client, cast.alice)
    for _n in range(2):
        client.post(reverse("account_call", args=[cast.account.id]), {"outcome": "VOICEMAIL"})
    assert "2 tries without reaching anybody." in page(client, reverse("account_call", args=[cast.account.id]))
    parts = {part["code"]: part for part in task_of(cast).score_parts}
    assert parts["UNREACHED"]["params"] == {"count": 2}
    client.post(reverse("account_call", args=[cast.account.id]), {"outcome": "INFORMED"})
    assert "without reaching" not in page(client, reverse("account_call", args=[cast.account.id]))


def test_a_copy_wanted_is_a_task_until_it_is_done(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    sign_in(client, cast.alice)
    url = reverse("account_call", args=[cast.account.id])
    assert client.post(url, {"outcome": "COPY_WANTED"}).status_code == 422
    client.post(url, {"outcome": "COPY_WANTED", "items": [item.id]})
    task = Task.objects.get(kind="COPY_WANTED")
    assert (task.owner_id, task.state, Call.objects.get().documents) == (cast.alice.id, "OPEN", "F-LATE")
    assert "F-LATE" in page(client, f"/today/?focus={task.id}")
    client.post(reverse("task_done", args=[task.id]))
    refresh_tasks(as_of=today)
    task.refresh_from_db()
    assert task.state == "DONE"


def test_cash_that_comes_in_takes_the_task_away_without_a_full_refresh(
    cast: Cast, item: OpenItem, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411TWO", collector=cast.alice)
    make_item(other, "15000", due=today - timedelta(days=40))
    refresh_balances(account_ids=None, as_of=today)
    ensure_tasks_fresh(today=today)
    refresh_tasks(as_of=today)
    seen: list[Any] = []
    from quittance.worklist.services import refreshing

    known = refreshing._store  # noqa: SLF001
    monkeypatch.setattr(refreshing, "_store", lambda as_of, ids, **how: (seen.append(ids), known(as_of, ids, **how))[1])
    before = task_of(cast).score
    payment = make_item(cast.account, "-9000", due=today)
    allocate(debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(9000), effective_date=today, actor=SYSTEM)
    assert ensure_tasks_fresh(today=today)
    task = task_of(cast)
    assert (task.amount, task.state) == (11000, "OPEN")
    assert task.score < before
    rest = make_item(cast.account, "-11000", due=today)
    allocate(debit_item_id=item.id, credit_item_id=rest.id, amount=Decimal(11000), effective_date=today, actor=SYSTEM)
    assert ensure_tasks_fresh(today=today)
    assert task_of(cast).state == "GONE"
    assert all(ids is not None and other.id not in ids for ids in seen)
    assert len(seen) == 2


def test_targets_show_how_far_the_day_has_come(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    url = reverse("team_target", args=[cast.alice.id])
    values = {"calls_a_day": "10", "amount_a_month": "50000", "currency": "EUR", "from_date": today.isoformat()}
    assert sign_in(client, cast.alice).post(url, values).status_code == 403
    manager = sign_in(client, cast.manager)
    assert manager.post(url, {**values, "from_date": "2020-01-01"}).status_code == 422
    manager.post(url, values)
    assert CollectorTarget.objects.get().calls_a_day == 10
    log_call(
        account_id=cast.account.id, outcome="VOICEMAIL", as_of=today,
        actor=type(SYSTEM)(label="Alice", user_id=cast.alice.id),
    )  # fmt: skip
    payment = make_item(cast.account, "-5000", due=today, kind="PAYMENT")
    allocate(debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(5000), effective_date=today, actor=SYSTEM)
    html = page(sign_in(client, cast.alice), "/today/")
    assert "Calls today" in html
    assert "1 / 10" in html
    assert "€5,000" in html
    assert "€50,000" in html
    staff.plan_absence(user_id=cast.alice.id, deputy_id=cast.bob.id, from_date=today, until_date=today, actor=SYSTEM)
    html = page(sign_in(client, cast.manager), reverse("team"))
    assert f'href="/today/?who=team&amp;owner={cast.alice.id}"' in html
    assert "Bob stands in." in html


def test_a_teams_weights_rank_its_own_tasks(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    team_id = keep_team(team_id=None, name="North", manager_id=cast.alice.id, member_ids=[cast.alice.id], actor=SYSTEM)
    url = reverse("settings_today") + f"?team={team_id}"
    html = page(sign_in(client, cast.alice), url)
    assert "First ten today" in html
    assert "Durand" in html
    shipped = dict.fromkeys(WEIGHT_NAMES, 0)
    values = {**shipped, "amount": 100, "from_date": today.isoformat()}
    preview = client.get(reverse("settings_today_preview"), {**values, "team": team_id})
    assert "Nothing is kept" in preview.content.decode()
    assert not WeightVersion.objects.exists()
    client.post(url, values)
    assert WeightVersion.objects.get().team_id == team_id
    task = task_of(cast)
    assert [part["code"] for part in task.score_parts] == ["AMOUNT"]
    assert client.post(url, {**values, "amount": 101}).status_code == 422
    client.post(reverse("settings_today_reset") + f"?team={team_id}")
    assert len(task_of(cast).score_parts) > 1
    assert "the shipped points" in page(client, url)
    assert sign_in(client, cast.bob).post(url, values).status_code == 403
    assert Event.objects.filter(kind="worklist_weights.set").count() == 2


def test_a_team_is_built_by_the_credit_manager(client: Client, cast: Cast) -> None:
    manager = sign_in(client, cast.manager)
    manager.post(reverse("settings_teams"), {"name": "South", "members": [cast.alice.id, cast.bob.id]})
    team = Team.objects.get()
    assert team.members.count() == 2
    again = manager.post(reverse("settings_teams"), {"name": "south"})
    assert again.status_code == 422
    manager.post(reverse("settings_team", args=[team.id]), {"name": "South", "members": [cast.bob.id]})
    assert [one.name for one in team.members.all()] == ["Bob"]
    assert sign_in(client, cast.alice).post(reverse("settings_teams"), {"name": "X"}).status_code == 403
