"""What a policy leaves to the credit manager: on the manager's list, validated in the run, and on to the next task."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.dunning import services
from quittance.dunning.models import DunningDecision, DunningNotice, DunningPolicy
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.parties.models import User
from quittance.worklist.models import Task
from quittance.worklist.services import refresh_tasks
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def run_id(cast: Cast) -> int:
    """A run of today whose only message the credit manager validates."""
    services.ensure_default_policy()
    DunningPolicy.objects.filter(is_default=True).update(validated_by="MANAGER")
    make_item(cast.account, "1200", due=clock.today() - timedelta(days=8))
    return services.prepare_run(company_id=cast.company.pk, as_of=clock.today(), actor=ALICE)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def validation() -> Task:
    refresh_tasks(as_of=clock.today())
    return Task.objects.get(kind="TO_VALIDATE", state="OPEN")


def test_the_manager_validates_and_the_next_task_opens(cast: Cast, run_id: int) -> None:
    task = validation()
    assert (task.role, task.owner_id, task.company_id, task.item_count) == ("CREDIT_MANAGER", None, cast.company.pk, 1)
    assert not Task.objects.filter(kind="RUN_TO_RELEASE", state="OPEN", subject_kind="dunning_run").exists()
    manager = client_of(cast.manager)
    today = manager.get(reverse("today")).content.decode()
    run_url = reverse("run_detail", args=[run_id])
    assert "1 message to validate" in today
    assert "Validate the messages" in today
    assert f'href="{run_url}?next=%2Ftoday%2F' in today
    assert (
        f"{reverse('run_release', args=[run_id])}?next=%2Ftoday%2F"
        in manager.get(f"{run_url}?next=/today/").content.decode()
    )
    answer = manager.post(reverse("run_release", args=[run_id]) + "?next=/today/")
    assert answer["Location"] == "/today/"
    refresh_tasks(as_of=clock.today())
    assert not Task.objects.filter(kind="TO_VALIDATE", state="OPEN").exists()
    assert DunningNotice.objects.count() == 1


def test_it_leads_nowhere_else(cast: Cast, run_id: int) -> None:
    answer = client_of(cast.manager).post(reverse("run_release", args=[run_id]) + "?next=https://elsewhere.example/")
    assert answer["Location"] == reverse("run_detail", args=[run_id])


def test_what_a_collectors_release_held_waits_for_a_new_run(cast: Cast, run_id: int) -> None:
    services.release_run(run_id=run_id, actor=ALICE)
    assert DunningDecision.objects.get(run_id=run_id).reason_code == "AWAITS_MANAGER"
    task = validation()
    assert (task.key, task.subject_kind) == (f"validate::{cast.company.pk}", "company")
    page = client_of(cast.manager).get(reverse("today")).content.decode()
    assert "Validate messages in a new run" in page
    assert reverse("run_list") in page
    again = services.prepare_run(company_id=cast.company.pk, as_of=clock.today(), actor=ALICE)
    assert validation().subject_id == str(again)
    services.release_run(run_id=again, actor=Actor(label="Manager"), is_manager=True)
    refresh_tasks(as_of=clock.today())
    assert not Task.objects.filter(kind="TO_VALIDATE", state="OPEN").exists()
