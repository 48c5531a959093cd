"""The editor of SMS texts: measured and priced on a real account, kept, taken back, guarded."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from quittance.delivery.models import SmsText
from quittance.delivery.services import set_price
from quittance.dunning.services import ensure_default_policy
from tests.cast import Cast, make_cast
from tests.web.desk import ALICE, browser, late_items, today

pytestmark = pytest.mark.django_db
CODE = "FIRST_REMINDER-en"
EDIT = f"/settings/texts/sms/{CODE}/"
FRAME = f"{EDIT}preview/"


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    found = make_cast()
    late_items(found, 2)
    return found


def typed(**changes: str) -> dict[str, str]:
    return {"text": "Ours {{ total }}", "from_date": today().isoformat(), "do": "save", **changes}


def test_a_text_is_kept_listed_and_the_shipped_one_comes_back(cast: Cast) -> None:
    adam = browser(cast.adam)
    assert EDIT in adam.get(reverse("text_list")).content.decode()
    assert "{{ first_document }}" in adam.get(EDIT).content.decode()
    assert adam.post(EDIT, typed()).status_code == 302
    assert "Ours {{ total }}" in adam.get(EDIT).content.decode()
    assert "your own since" in adam.get(reverse("text_list")).content.decode()
    assert adam.post(f"{EDIT}shipped/").status_code == 302
    assert "Back to the shipped text." in adam.get(EDIT).content.decode()


def test_a_planned_text_is_taken_back(cast: Cast) -> None:
    adam = browser(cast.adam)
    adam.post(EDIT, typed(from_date=(today() + timedelta(days=2)).isoformat()))
    assert "to come" in adam.get(EDIT).content.decode()
    adam.post(f"{EDIT}withdraw/", {"text": str(SmsText.objects.get().pk)})
    assert not SmsText.objects.exists()
    assert "gone already" in adam.post(f"{EDIT}withdraw/", {"text": "7"}, follow=True).content.decode()


def test_what_is_wrong_stands_at_its_field(cast: Cast) -> None:
    answer = browser(cast.adam).post(EDIT, typed(text="{{ balance }}"))
    assert answer.status_code == 422
    assert "There is no variable “balance”" in answer.content.decode()


def test_the_preview_measures_and_prices_what_is_typed(cast: Cast) -> None:
    adam = browser(cast.adam)
    assert "no price is set" in adam.get(FRAME).content.decode()
    set_price(unit="SMS_SEGMENT", from_date=today(), price=Decimal("0.06"), currency="EUR", actor=ALICE)
    frame = adam.post(FRAME, typed(text="é" * 161, account=str(cast.account.pk)))
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    shown = frame.content.decode()
    assert "GSM-7" in shown
    assert "0.12" in shown
    shown = adam.post(FRAME, typed(text="Привет <b>")).content.decode()
    assert "UCS-2" in shown
    assert "&lt;b&gt;" in shown
    assert "this would not be sent" in adam.post(FRAME, typed(text="Ж" * 700)).content.decode()
    assert "There is no variable" in adam.post(FRAME, typed(text="{{ x }}")).content.decode()


def test_the_editor_is_guarded(cast: Cast) -> None:
    assert browser(cast.alice).post(EDIT, typed()).status_code == 403
    assert browser(cast.petra).get(EDIT).status_code == 403
    assert browser(cast.adam).get("/settings/texts/sms/HELLO-en/").status_code == 404
    assert browser(cast.adam).get("/settings/texts/sms/COURTESY-de/").status_code == 404
    assert browser(cast.adam).get(f"{FRAME}?account={10**9}").status_code == 404
    SmsText.objects.all().delete()
    browser(cast.charlie).get(FRAME)
    assert "Durand" not in browser(cast.charlie).get(EDIT).content.decode()
