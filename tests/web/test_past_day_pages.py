"""A past day of a large ledger is waited for, with a word; its lists then show what the items say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from quittance.foundation import clock
from quittance.ledger.services import past_days
from quittance.parties.models import Customer
from quittance.web import past_days as pages
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db(transaction=True)
THEN = date(2026, 3, 1)


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    for n in range(6):
        make_item(cast.account, f"{100 + n}", issued=THEN - timedelta(days=60), due=THEN - timedelta(days=9 * n))
    aubert = Customer.objects.create(
        number="O1", name="Aubert", country="ES", town="Soria", language="es", created_at=clock.now()
    )
    other = make_account(aubert, cast.account.company, cast.account.department, number="O1")
    make_item(other, "-40", issued=THEN - timedelta(days=5), due=THEN)
    make_item(other, "900", issued=THEN - timedelta(days=5), due=THEN + timedelta(days=30))
    make_item(other, "1", issued=THEN + timedelta(days=5), due=THEN + timedelta(days=30))
    return cast


@pytest.mark.parametrize("address", ["/customers/", "/insight/aged-balance/?by=CUSTOMER"])
def test_the_page_waits_for_a_day_being_prepared(
    client: Client, cast: Cast, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(cast.diane)
    monkeypatch.setattr(past_days, "ITEMS_AT_ONCE_MAX", -1)
    client.get("/customers/?desk_as_of=2026-03-01")
    waiting = client.get(address)
    assert waiting["Refresh"] == str(pages.SECONDS_BETWEEN_LOOKS)
    assert "March 1, 2026" in waiting.content.decode()
    part = client.get(address, headers={"HX-Request": "true"})
    assert "Refresh" not in part
    past_days.prepare_past_day(as_of=THEN)
    ready = client.get(address)
    assert "Refresh" not in ready
    assert "Aubert" in ready.content.decode()


@pytest.mark.parametrize(
    "query",
    ["", "sort=name", "sort=-name", "sort=-open_sum", "sort=overdue_sum", "q=aub", "q=au", "q=ub", "q=O1",
     "overdue_from=1",
     "country=ES", "collector=1", "department=1", "pays=UNKNOWN", "pays=LATE", "strategic=yes", "size=1"],
)  # fmt: skip
def test_a_prepared_list_shows_what_the_items_say(
    client: Client, cast: Cast, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(cast.diane)
    query = query.replace("=1", f"={cast.account.department_id}") if query.startswith("department") else query
    with monkeypatch.context() as patch:
        patch.setattr(pages, "ask_past_day", lambda **_: past_days.PastDayState.UNKNOWN)
        client.get("/customers/?desk_as_of=2026-03-01")
        slow = _rows(client, query)
    assert past_days.ask_past_day(as_of=THEN) is past_days.PastDayState.READY
    assert _rows(client, query) == slow
    if not query:
        assert len(slow[0]) == 2


def _rows(client: Client, query: str) -> tuple[list[dict[str, Any]], int]:
    table = client.get(f"/customers/?{query}").context["table"]
    # The id is a key for paging alone; the two ways have their own.
    return [{name: value for name, value in row.items() if name != "id"} for row in table.page.rows], table.count
