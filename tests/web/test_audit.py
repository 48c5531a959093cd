"""The audit trail: who may read it, what it tells, and that a change of the past is found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from quittance.foundation import events
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.parties.models import User
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
Queries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    for company, kind in ((cast.company, "company.changed"), (cast.other_company, "note.added")):
        events.record(
            events.NewEvent(
                kind=kind,
                actor=Actor(label="Adam", user_id=cast.adam.id),
                company_id=company.id,
                subject_kind="company",
                subject_id=str(company.id),
                payload={"company": company.code, "phone": ["", "0123"]},
            )
        )
    return cast


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", ["audit", "audit_verify"])
def test_it_is_for_whom_it_is(cast: Cast, name: str) -> None:
    url = reverse(name)
    assert Client().get(url).status_code == 302
    assert Client().post(url).status_code == 302
    for user in (cast.petra, cast.alice, cast.clara, cast.charlie):
        assert signed_in(user).get(url).status_code == 403
        assert signed_in(user).post(url).status_code == 403
    assert signed_in(cast.diane).get(url, follow=True).status_code == 200


def test_events_of_other_companies_are_not_shown(cast: Cast) -> None:
    text = signed_in(cast.diane).get(reverse("audit")).content.decode()
    assert "ARV" in text
    assert "OTH" not in text


def test_it_is_filtered_by_area_person_day_and_kind(cast: Cast) -> None:
    diane = signed_in(cast.diane)
    assert "ARV" in diane.get(reverse("audit"), {"area": "settings", "who": "adam"}).content.decode()
    assert "ARV" not in diane.get(reverse("audit"), {"area": "cash"}).content.decode()
    assert "ARV" not in diane.get(reverse("audit"), {"who": "Clara"}).content.decode()
    assert "ARV" not in diane.get(reverse("audit"), {"when_to": "2001-01-01"}).content.decode()
    assert "ARV" in diane.get(reverse("audit"), {"q": "company."}).content.decode()
    assert "ARV" not in diane.get(reverse("audit"), {"q": "note."}).content.decode()


def test_it_is_exported(cast: Cast) -> None:
    csv = b"".join(signed_in(cast.diane).get(reverse("audit"), {"export": "csv"})).decode()
    assert "phone" in csv


def test_it_asks_few_questions(cast: Cast, django_assert_max_num_queries: Queries) -> None:
    diane = signed_in(cast.diane)
    with django_assert_max_num_queries(13):
        diane.get(reverse("audit"))


def test_the_trail_is_verified(cast: Cast) -> None:
    text = signed_in(cast.diane).post(reverse("audit_verify")).content.decode()
    assert "all 2 entries were checked" in text


def test_a_change_past_the_software_is_found(cast: Cast) -> None:
    first = Event.objects.order_by("id").first()
    assert first is not None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE foundation_event SET actor_label = 'Nobody' WHERE id = %s", [first.id])
        cursor.execute("SET LOCAL session_replication_role = origin")
    text = signed_in(cast.diane).post(reverse("audit_verify")).content.decode()
    assert "The trail is broken at entry" in text


def test_codes_are_written_in_words_and_every_area_has_its_events(cast: Cast) -> None:
    for kind, payload in (
        ("call.logged", {"outcome": "VOICEMAIL", "call_back_date": "2026-02-01"}),
        ("transaction.matched", {"strategy": "EXACT_REFERENCE"}),
        ("statement.refused", {"reason_code": "AMOUNT_UNREADABLE", "status": "REFUSED"}),
        ("task.done", {"kind": "CALL"}),
        ("proposal.rejected", {"proposal_id": 7}),
    ):
        actor = Actor(label="Adam", user_id=cast.adam.id)
        events.record(events.NewEvent(kind=kind, actor=actor, company_id=cast.company.id, payload=payload))
    diane = signed_in(cast.diane)
    text = diane.get(reverse("audit")).content.decode()
    for word in ("Voicemail", "By reference", "Amount cannot be read", "Refused"):
        assert word in text
    assert "VOICEMAIL" not in text
    work = diane.get(reverse("audit") + "?area=work").content.decode()
    cash = diane.get(reverse("audit") + "?area=cash").content.decode()
    assert ("Voicemail" in work, "Voicemail" in cash) == (True, False)
    assert ("By reference" in cash, "By reference" in work) == (True, False)
