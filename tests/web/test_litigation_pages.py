"""Hand-overs and the clock of limitation on the desk."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from quittance.core.terms import add_months
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.litigation import dossiers, limitation
from quittance.litigation.models import Dossier, Handover, LimitationEvent
from quittance.parties.attachments import add_attachment
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import browser, late_items, today

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")


@pytest.fixture
def cast(settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


@pytest.fixture
def items(cast: Cast) -> list[OpenItem]:
    return late_items(cast)


def prepare(cast: Cast, items: list[OpenItem]) -> Handover:
    values = {
        "item": [item.id for item in items], "step": "save", "to_kind": "AGENCY", "to_name": "Recouvrement du Ponant",
        "reason": "no answer to anything",
    }  # fmt: skip
    answer = browser(cast.alice).post(reverse("item_handover"), values)
    handover = Handover.objects.latest("id")
    assert answer["Location"] == reverse("handover_detail", args=[handover.id])
    return handover


def test_a_debt_is_handed_over_and_comes_back(cast: Cast, items: list[OpenItem]) -> None:
    alice = browser(cast.alice)
    first = alice.post(reverse("item_handover"), {"item": [item.id for item in items]})
    assert "600.00" in first.content.decode()
    handover = prepare(cast, items)
    page = reverse("handover_detail", args=[handover.id])
    assert "Prepared" in alice.get(page).content.decode()
    give = reverse("handover_give", args=[handover.id])
    assert alice.post(give, {"on_date": today() + timedelta(days=1)}).status_code == 422
    alice.post(give, {"on_date": today(), "to_reference": "RP-77"})
    assert "RP-77" in alice.get(page).content.decode()
    assert "Handed over to" in alice.get(reverse("item_detail", args=[items[0].id])).content.decode()
    end = reverse("handover_end", args=[handover.id])
    assert alice.post(end, {"on_date": today(), "state": "RETURNED"}).status_code == 422
    alice.post(
        end,
        {
            "on_date": today(),
            "state": "CLOSED",
            "result": "INSOLVENT",
            "proposal": "WRITE_OFF",
            "comment": "liquidated",
        },
    )
    handover.refresh_from_db()
    assert (handover.state, handover.result) == ("CLOSED", "INSOLVENT")
    text = alice.get(page).content.decode()
    assert "Write it off" in text
    assert "liquidated" in text
    item_page = alice.get(reverse("item_detail", args=[items[0].id])).content.decode()
    assert "Handed over to" not in item_page.split("History")[0]


def test_a_hand_over_that_was_only_prepared_is_given_up(cast: Cast, items: list[OpenItem]) -> None:
    handover = prepare(cast, items)
    alice = browser(cast.alice)
    again = alice.post(
        reverse("item_handover"),
        {"item": items[0].id, "step": "save", "to_kind": "LAWYER", "to_name": "Me Le Goff", "reason": "again"},
    )
    assert again.status_code == 422
    assert "another hand-over" in again.content.decode()
    for _time in range(2):
        alice.post(reverse("handover_cancel", args=[handover.id]), {"reason": "paid"})
    handover.refresh_from_db()
    assert handover.state == "CANCELLED"
    late = alice.post(reverse("handover_give", args=[handover.id]), {"on_date": today()})
    assert late.status_code == 422


def test_a_hand_over_is_of_one_account(cast: Cast, items: list[OpenItem]) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411OTHER")
    strange = make_item(other, "10", due=today())
    alice = browser(cast.alice)
    answer = alice.post(reverse("item_handover"), {"item": [items[0].id, strange.id]}, follow=True)
    assert "Select items of one account" in answer.content.decode()


def test_hand_overs_are_listed_by_the_day_their_claims_lapse(cast: Cast, items: list[OpenItem]) -> None:
    old = make_item(cast.account, "50", due=add_months(today(), -58), number="OLD-1")
    prepare(cast, items)
    prepare(cast, [old])
    alice = browser(cast.alice)
    page = alice.get(reverse("handover_list"), {"sort": "lapses_on"}).content.decode()
    ids = [handover.id for handover in Handover.objects.order_by("-id")]
    assert page.index(f"/hand-overs/{ids[0]}/") < page.index(f"/hand-overs/{ids[1]}/")
    narrowed = alice.get(reverse("handover_list"), {"state": "HANDED_OVER"}).content.decode()
    assert f"/hand-overs/{ids[0]}/" not in narrowed
    assert "Durand" in alice.get(reverse("handover_list"), {"q": "ponant"}).content.decode()
    export = alice.get(reverse("handover_detail", args=[ids[0]]), {"export": "csv"})
    assert b"OLD-1" in b"".join(export.streaming_content)  # type: ignore[attr-defined]


def test_a_dossier_is_asked_for_and_taken(cast: Cast, items: list[OpenItem]) -> None:
    handover = prepare(cast, items)
    alice = browser(cast.alice)
    alice.post(reverse("dossier_request", args=[handover.id]))
    dossier = Dossier.objects.get()
    waiting = alice.get(reverse("dossier_progress", args=[handover.id])).content.decode()
    assert "Waiting" in waiting
    assert alice.get(reverse("dossier_download", args=[dossier.id])).status_code == 404
    dossiers.write_dossier(dossier_id=dossier.id)
    assert "Ready" in alice.get(reverse("handover_detail", args=[handover.id])).content.decode()
    answer = alice.get(reverse("dossier_download", args=[dossier.id]))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert browser(cast.charlie).get(reverse("dossier_download", args=[dossier.id])).status_code == 404


def test_what_happened_to_a_claim_is_recorded_ended_and_taken_back(cast: Cast, items: list[OpenItem]) -> None:
    item = items[0]
    file_id = add_attachment(
        customer_id=cast.durand.id, file=ContentFile(b"summons", name="summons.pdf"), filename="summons.pdf",
        content_type="application/pdf", actor=ALICE,
    )  # fmt: skip
    alice = browser(cast.alice)
    record = reverse("limitation_record", args=[item.id])
    assert "summons.pdf" in alice.get(record).content.decode()
    wrong = alice.post(record, {"kind": "ACKNOWLEDGEMENT", "event_date": today(), "end_date": today()})
    assert wrong.status_code == 422
    alice.post(record, {"kind": "LAWSUIT", "event_date": today(), "comment": "Brest", "attachment": file_id})
    event = LimitationEvent.objects.get()
    page = reverse("item_detail", args=[item.id])
    text = alice.get(page).content.decode()
    assert "Stands still" in text
    assert "summons.pdf" in text
    end = reverse("limitation_end", args=[item.id, event.id])
    alice.post(end, {"end_date": "soon"})
    alice.post(end, {"end_date": today() - timedelta(days=1)})
    event.refresh_from_db()
    assert event.end_date is None
    alice.post(end, {"end_date": today()})
    assert "The claim lapses after" in alice.get(page).content.decode()
    withdraw = reverse("limitation_withdraw", args=[item.id, event.id])
    alice.post(withdraw, {"reason": ""})
    alice.post(withdraw, {"reason": "another customer"})
    event.refresh_from_db()
    assert event.is_withdrawn
    other = reverse("limitation_withdraw", args=[items[1].id, event.id])
    assert alice.post(other, {"reason": "x"}).status_code == 404


def test_claims_that_lapse_soon_are_listed(cast: Cast) -> None:
    soon = make_item(cast.account, "50", due=add_months(today(), -58), number="OLD-1")
    found = limitation.find_clock(item_id=soon.id, as_of=today())
    assert found is not None
    alice = browser(cast.alice)
    page = alice.get(reverse("limitation_list")).content.decode()
    assert "OLD-1" in page
    assert "Lapses soon" in alice.get(reverse("item_detail", args=[soon.id])).content.decode()
    cast.company.country = "PT"
    cast.company.save()
    assert "OLD-1" not in alice.get(reverse("limitation_list")).content.decode()
    item_page = alice.get(reverse("item_detail", args=[soon.id])).content.decode()
    assert "No period of limitation is known for PT" in item_page
