"""The reasons of delay are the company's own: added, renamed, retired; what has one keeps it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cases import delay_reasons as reasons
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.services import set_delay_reason
from quittance.parties.models import User
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
ADAM = Actor(label="Adam")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def by_code() -> dict[str, reasons.DelayReasonRow]:
    return {row.code: row for row in reasons.list_delay_reasons()}


def test_the_list_begins_with_the_usual_reasons_in_three_languages() -> None:
    rows = reasons.list_delay_reasons()
    assert len(rows) == 11
    assert all(row.is_active and set(row.names) == {"en", "fr", "es"} for row in rows)
    assert (rows[0].code, rows[0].name("fr"), rows[0].name("de")) == (
        "CASH_SHORT", "Manque de trésorerie", "Short of cash",
    )  # fmt: skip


def test_a_reason_is_added_renamed_retired_and_offered_again() -> None:
    code = reasons.add_delay_reason(names={"fr": " Grève  des transports ", "en": "", "es": ""}, actor=ADAM)
    assert by_code()[code].names == {"fr": "Grève des transports"}
    assert by_code()[code].name("en") == "Grève des transports"
    reasons.rename_delay_reason(code=code, names={"fr": "Grève", "en": "Strike"}, actor=ADAM)
    reasons.rename_delay_reason(code=code, names={"fr": "Grève", "en": "Strike"}, actor=ADAM)
    reasons.use_delay_reason(code=code, is_active=False, actor=ADAM)
    assert (by_code()[code].is_active, by_code()[code].name("en")) == (False, "Strike")
    reasons.use_delay_reason(code=code, is_active=True, actor=ADAM)
    kinds = Event.objects.filter(kind__startswith="delay_reason.").order_by("id").values_list("kind", flat=True)
    assert [kind.split(".")[1] for kind in kinds] == ["added", "renamed", "retired", "restored"]


def test_what_the_list_refuses() -> None:
    with pytest.raises(reasons.DelayReasonRefused, match="a name"):
        reasons.add_delay_reason(names={"fr": "  "}, actor=ADAM)
    with pytest.raises(reasons.DelayReasonRefused, match="another"):
        reasons.add_delay_reason(names={"en": "SHORT OF CASH"}, actor=ADAM)
    with pytest.raises(reasons.DelayReasonNotFound):
        reasons.rename_delay_reason(code="NONE", names={"en": "x"}, actor=ADAM)
    *others, last = reasons.list_delay_reasons()
    for row in others:
        reasons.use_delay_reason(code=row.code, is_active=False, actor=ADAM)
    with pytest.raises(reasons.DelayReasonRefused):
        reasons.use_delay_reason(code=last.code, is_active=False, actor=ADAM)


def test_two_reasons_of_one_name_in_capitals_have_two_codes() -> None:
    first = reasons.add_delay_reason(names={"en": "Strike!"}, actor=ADAM)
    second = reasons.add_delay_reason(names={"en": "Strike?"}, actor=ADAM)
    assert (first, second) == ("STRIKE", "STRIKE_2")


def test_the_page_changes_the_list_for_who_may(cast: Cast) -> None:
    page, adam = reverse("settings_delay_reasons"), signed_in(cast.adam)
    assert "Short of cash" in adam.get(page).content.decode()
    assert adam.post(page, {"en": "Strike", "fr": "Grève"}).status_code == 302
    assert adam.post(page, {"en": ""}).status_code == 422
    edit = reverse("settings_delay_reason", args=["GREVE"])
    assert "Grève" in adam.get(edit).content.decode()
    assert adam.post(edit, {"en": "Transport strike"}).status_code == 302
    assert by_code()["GREVE"].names == {"en": "Transport strike"}
    assert adam.get(reverse("settings_delay_reason", args=["NONE"])).status_code == 404

    manager = signed_in(cast.manager)
    assert manager.get(page).status_code == 200
    assert "Add the reason" not in manager.get(page).content.decode()
    manager.post(page, {"en": "Mine"})
    assert "MINE" not in by_code()
    use = reverse("settings_delay_reason_use", args=["GREVE"])
    for stranger in (manager, signed_in(cast.alice)):
        assert stranger.get(edit).status_code == 403
        assert stranger.post(use, {"is_active": "0"}).status_code == 403
    assert signed_in(cast.alice).get(page).status_code == 403


def test_a_retired_reason_stays_readable_and_is_no_longer_offered(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=clock.today() - timedelta(days=40))
    other = make_item(cast.account, "100", due=clock.today() - timedelta(days=40))
    reasons.add_delay_reason(names={"en": "Strike"}, actor=ADAM)
    set_delay_reason(item_ids=[item.id], reason_code="STRIKE", actor=ADAM)
    alice = signed_in(cast.alice)
    form = reverse("item_delay_reason")
    assert "Strike" in alice.get(form, {"item": other.id}).content.decode()

    signed_in(cast.adam).post(reverse("settings_delay_reason_use", args=["STRIKE"]), {"is_active": "0"})
    assert "Strike" not in alice.get(form, {"item": other.id}).content.decode()
    assert "Strike" in alice.get(form, {"item": item.id}).content.decode()
    assert "Strike" in alice.get(reverse("item_detail", args=[item.id])).content.decode()
    shown = alice.get(reverse("item_list"), {"reason": "STRIKE", "columns": "document_number,delay_reason_code"})
    assert item.document_number in shown.content.decode()
    assert other.document_number not in shown.content.decode()
