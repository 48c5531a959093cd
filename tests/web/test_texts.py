"""The pages of texts: the list, the editor with its preview, versions, back to the shipped text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.dunning.models import MessageText
from quittance.dunning.services import ensure_default_policy
from tests.cast import Cast, make_cast
from tests.web.desk import browser, late_items, today

pytestmark = pytest.mark.django_db
KEY = "FIRST_REMINDER-en-EMAIL"
EDIT = f"/settings/texts/{KEY}/"
FRAME = f"{EDIT}preview/"


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    found = make_cast()
    late_items(found, 2)
    return found


def typed(**changes: str) -> dict[str, str]:
    written = {"subject": "Ours {{ total }}", "before": "Dear <{{ contact }}>,\n\nPlease pay.", "after": "Bye."}
    return {**written, "from_date": today().isoformat(), "do": "save", **changes}


def body(client: Client, path: str, data: dict[str, str] | None = None) -> str:
    answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_text_is_changed_and_the_shipped_one_comes_back(cast: Cast) -> None:
    client = browser(cast.adam)
    page = body(client, reverse("text_list"))
    assert "as shipped" in page
    assert 'class="toast"' not in page  # a list called messages would come up as toasts
    assert client.post(EDIT, typed()).status_code == 302
    assert "your own since" in body(client, reverse("text_list"))
    page = body(client, EDIT)
    assert "Ours {{ total }}" in page
    assert "Adam" in page
    assert client.post(f"{EDIT}shipped/").status_code == 302
    assert "reminder, {{ total }} to pay" in body(client, EDIT)


def test_a_planned_text_is_shown_and_taken_back(cast: Cast) -> None:
    client = browser(cast.adam)
    client.post(EDIT, typed(from_date=(today() + timedelta(days=2)).isoformat()))
    assert "another from" in body(client, reverse("text_list"))
    text = MessageText.objects.get()
    assert "to come" in body(client, EDIT)
    client.post(f"{EDIT}withdraw/", {"text": str(text.id)})
    assert not MessageText.objects.exists()


def test_what_is_wrong_stands_at_its_field_with_its_line(cast: Cast) -> None:
    client = browser(cast.adam)
    answer = client.post(EDIT, typed(before="Fine.\n\n{% include 'x' %}", after="{{ conatct }}"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Line 3: “include” can&#x27;t be used here" in page
    assert "There is no variable “conatct”" in page
    assert client.post(EDIT, typed(from_date="2020-01-01")).status_code == 422
    assert not MessageText.objects.exists()


def test_the_preview_shows_what_is_typed_on_an_account(cast: Cast) -> None:
    client = browser(cast.adam)
    frame = client.post(FRAME, typed(account=str(cast.account.id)))
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    html = frame.content.decode()
    assert "INV-001" in html
    assert "Dear &lt;" in html
    assert "Please pay." in body(client, FRAME, typed(**{"as": "text"}))
    assert "There is no variable" in body(client, FRAME, typed(before="{{ nothing }}"))
    assert "reminder" in body(client, FRAME)
    assert browser(cast.charlie).get(FRAME, {"account": str(cast.account.id)}).status_code in (403, 404)


def test_a_letter_is_shown_as_pdf(cast: Cast) -> None:
    answer = browser(cast.adam).post("/settings/texts/FORMAL_NOTICE-fr-LETTER/preview/", typed(**{"as": "pdf"}))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_an_account_is_found_by_name(cast: Cast) -> None:
    page = body(browser(cast.adam), f"{EDIT}?find=durand")
    assert f"?account={cast.account.id}" in page


def test_who_may_read_may_not_change(cast: Cast) -> None:
    reader = browser(cast.diane)
    assert reader.get(EDIT).status_code == 200
    assert reader.post(EDIT, typed()).status_code == 403
    assert reader.post(f"{EDIT}shipped/").status_code == 403
    assert browser(cast.alice).get(EDIT).status_code == 403
    assert browser(cast.adam).get("/settings/texts/NONE-en-EMAIL/").status_code == 404
