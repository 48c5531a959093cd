"""Tasks that other apps tell of: they come with their reason and go with it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from quittance.cases.models import CorrectiveAction
from quittance.delivery.models import Transmission
from quittance.worklist.models import Task
from quittance.worklist.services import refresh_tasks
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_a_corrective_action_past_its_day_is_a_task_of_its_owner(cast: Cast) -> None:
    action = CorrectiveAction.objects.create(
        title="Send orders with the invoice", reason_code="OTHER", owner=cast.bob, due_date=TODAY,
        opened_date=TODAY - timedelta(days=9), company=cast.company, recorded_at=timezone.now(),
    )  # fmt: skip
    refresh_tasks(as_of=TODAY)
    assert not Task.objects.exists()
    refresh_tasks(as_of=TODAY + timedelta(days=1))
    task = Task.objects.get(key=f"action:{action.id}")
    assert (task.kind, task.owner_id, task.state) == ("ACTION_LATE", cast.bob.id, "OPEN")
    # A refresh of some accounts leaves it there.
    refresh_tasks(as_of=TODAY + timedelta(days=1), account_ids=[cast.account.id])
    assert Task.objects.get().state == "OPEN"
    CorrectiveAction.objects.update(due_date=TODAY + timedelta(days=30))
    refresh_tasks(as_of=TODAY + timedelta(days=1))
    assert Task.objects.get().state == "GONE"


def test_a_message_of_unknown_fate_is_a_task_until_somebody_found_out(cast: Cast) -> None:
    message = Transmission.objects.create(
        account=cast.account, medium="EMAIL", recipient="ap@durand.example", state="UNCERTAIN",
        claimed_at=timezone.now(), queued_at=timezone.now(),
    )  # fmt: skip
    today = timezone.localdate()
    refresh_tasks(as_of=today)
    task = Task.objects.get(key=f"message:{message.id}")
    assert (task.kind, task.owner_id, task.customer_id) == ("SEND_UNCERTAIN", cast.alice.id, cast.durand.id)
    Transmission.objects.update(state="SENT", sent_at=timezone.now())
    refresh_tasks(as_of=today, account_ids=[cast.account.id])
    task.refresh_from_db()
    assert task.state == "GONE"
