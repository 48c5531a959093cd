"""The pages of causes of delay and of corrective actions."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cases.corrective_actions import open_action
from quittance.cases.models import CorrectiveAction
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.services import set_delay_reason
from tests.cast import Cast, make_cast
from tests.web.desk import assert_guarded, browser, late_items, today

pytestmark = pytest.mark.django_db

MAYA = Actor(label="Maya")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def test_each_number_opens_its_items(cast: Cast) -> None:
    items = late_items(cast)
    set_delay_reason(item_ids=[items[2].id], reason_code="PRICE", actor=MAYA)
    client = browser(cast.alice)
    page = text(client, reverse("delay_causes"))
    assert "Nobody said why" in page
    assert "Price contested" in page
    links = [unescape(link) for link in re.findall(r'href="(/items/\?[^"]+)"', page)]
    said = next(link for link in links if "reason=PRICE" in link)
    unsaid = next(link for link in links if "reason=-" in link)
    assert "INV-003" in text(client, said)
    assert "INV-001" not in text(client, said)
    assert "INV-001" in text(client, unsaid)
    assert "INV-003" not in text(client, unsaid)


def test_filters_narrow_and_go_with_the_links(cast: Cast) -> None:
    late_items(cast)
    client = browser(cast.alice)
    query = f"?department={cast.department.id}&collector={cast.alice.pk}&due_to={today() - timedelta(days=25)}"
    page = text(client, reverse("delay_causes") + query)
    assert "€300" in page
    link = next(unescape(one) for one in re.findall(r'href="(/items/\?[^"]+)"', page))
    listed = text(client, link)
    assert "INV-003" in listed
    assert "INV-002" not in listed
    assert "Nothing is late." in text(client, reverse("delay_causes") + f"?department={cast.services.id}")
    assert client.get(reverse("delay_causes") + "?department=999").status_code == 422
    assert client.get(reverse("item_list") + "?collector=x").status_code == 422


def test_only_the_companies_of_the_scope_are_counted(cast: Cast) -> None:
    late_items(cast)
    assert "Nothing is late." in text(browser(cast.charlie), reverse("delay_causes"))
    assert_guarded(cast, reverse("delay_causes"), stranger=200)


def test_an_action_is_opened_from_a_reason_and_closed(cast: Cast) -> None:
    client = browser(cast.alice)
    form = text(client, reverse("action_new") + "?reason=PRICE")
    assert '<option value="PRICE" selected>' in form
    values = {
        "title": "Agree prices in writing", "reason": "PRICE", "company": cast.company.id, "owner": cast.bob.pk,
        "due_date": today() - timedelta(days=1),
    }  # fmt: skip
    assert client.post(reverse("action_new"), values).status_code == 422
    assert client.post(reverse("action_new"), {**values, "due_date": today()}).status_code == 302
    action = CorrectiveAction.objects.get()
    path = reverse("action_detail", args=[action.id])
    assert "Agree prices in writing" in text(client, reverse("action_list"))
    assert "Agree prices in writing" not in text(client, reverse("action_list") + "?owner=me")
    assert "Agree prices in writing" not in text(client, reverse("action_list") + "?reason=GOODS")
    changed = {"title": "Agree prices", "owner": cast.alice.pk, "due_date": today(), "comment": ""}
    assert client.post(path, changed).status_code == 302
    assert client.post(path, {**changed, "title": ""}).status_code == 422
    client.post(reverse("action_close", args=[action.id]), {"end": "dropped"})
    assert CorrectiveAction.objects.get().state == "OPEN"
    client.post(reverse("action_close", args=[action.id]), {"end": "done", "result": "No price contested since"})
    assert "Agree prices" not in text(client, reverse("action_list"))
    assert "Agree prices" in text(client, reverse("action_list") + "?state=closed")
    assert "No price contested since" in text(client, path)
    client.post(reverse("action_reopen", args=[action.id]))
    assert CorrectiveAction.objects.get().state == "OPEN"


def test_who_may_act(cast: Cast) -> None:
    action_id = open_action(
        title="Secret", owner_id=cast.alice.pk, due_date=today(), opened_date=today(), actor=MAYA,
        company_id=cast.company.id,
    )  # fmt: skip
    assert_guarded(cast, reverse("action_detail", args=[action_id]))
    assert "Secret" not in text(browser(cast.charlie), reverse("action_list"))
    cfo = browser(cast.diane)
    assert "Keep the action" not in text(cfo, reverse("action_list"))
    assert cfo.post(reverse("action_detail", args=[action_id]), {"title": "x"}).status_code == 403
    assert cfo.get(reverse("action_new")).status_code == 403
    for name in ("action_close", "action_reopen"):
        assert cfo.post(reverse(name, args=[action_id])).status_code == 403
        assert browser(cast.charlie).post(reverse(name, args=[action_id])).status_code == 404


def test_a_call_says_why_items_are_late(cast: Cast) -> None:
    items = late_items(cast)
    url = reverse("account_call", args=[cast.account.id])
    client = browser(cast.alice)
    assert "Price contested" in text(client, url)
    answer = {"outcome": "INFORMED", "items": [items[0].id], "why_late": "PRICE"}
    assert client.post(url, answer).status_code == 302
    assert reasons() == ["PRICE", "", ""]
    assert client.post(url, {"outcome": "INFORMED", "why_late": "GOODS"}).status_code == 302
    assert reasons() == ["GOODS", "GOODS", "GOODS"]
    assert client.post(url, {"outcome": "INFORMED"}).status_code == 302
    assert reasons() == ["GOODS", "GOODS", "GOODS"]


def reasons() -> list[str]:
    return list(OpenItem.objects.order_by("document_number").values_list("delay_reason_code", flat=True))
