"""The pages of policies: the list, the timeline, the editor with and without a script, versions, the default."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.dunning.models import AccountPolicy, DunningPolicy
from quittance.dunning.services import ensure_default_policy, prepare_run
from tests.cast import Cast, make_cast
from tests.web.desk import ALICE, browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    return make_cast()


def typed(client: Client, **changes: str) -> dict[str, str]:
    """Return what the editor of the standard policy sends when nothing was touched, with changes."""
    form = client.get(reverse("policy_edit", args=["STANDARD"])).context["editor"]
    found = {"steps": form.order}
    for part in (form.policy, *form.steps):
        for field in part:
            value = field.value()
            if value is not None and value is not False:
                found[field.html_name] = "on" if value is True else str(value)
    return {**found, **changes}


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_tells_who_follows_what(cast: Cast) -> None:
    page = text(browser(cast.diane), reverse("settings_policies"))
    assert all(word in page for word in ("Standard", "Litigation-bound", "formal notice at 35", "+21", "−5"))
    assert reverse("policy_edit", args=["STANDARD"]) not in page  # the CFO reads
    assert reverse("policy_edit", args=["STANDARD"]) in text(browser(cast.adam), reverse("settings_policies"))


def test_the_timeline_shows_conditions_and_who_looks(cast: Cast) -> None:
    page = text(browser(cast.diane), reverse("policy_detail", args=["STRATEGIC"]))
    assert all(word in page for word in ("only when nothing was answered since", "the credit manager looks first"))
    assert browser(cast.diane).get(reverse("policy_detail", args=["NONE"])).status_code == 404


def test_a_change_is_kept_as_a_version_and_shown_with_its_diff(cast: Cast) -> None:
    client = browser(cast.adam)
    day = today() + timedelta(days=3)
    sent = typed(client, do="save", from_date=day.isoformat(), **{"s1-offset_days": "10"})
    answer = client.post(reverse("policy_edit", args=["STANDARD"]), sent)
    assert answer.status_code == 302, answer.context["editor"].complaints
    newest = DunningPolicy.objects.filter(code="STANDARD").latest("version")
    assert (newest.version, newest.valid_from, newest.name) == (2, day, "Standard")
    assert [one.offset_days for one in newest.levels.order_by("rank")] == [-5, 10, 21, 35]
    page = text(client, reverse("policy_detail", args=["STANDARD"]))
    assert all(word in page for word in ("to come", "First reminder · Days", "<ins>10</ins>", "Adam", "+7"))
    assert "+10" in text(client, reverse("policy_detail", args=["STANDARD"]) + "?version=2")
    client.post(reverse("policy_withdraw", args=[newest.id]), {"code": "STANDARD"})
    assert DunningPolicy.objects.filter(code="STANDARD").count() == 1


def test_errors_name_the_step_and_the_field(cast: Cast) -> None:
    client = browser(cast.adam)
    sent = typed(client, do="save", **{"s2-offset_days": "3", "s2-name": "Second"})
    answer = client.post(reverse("policy_edit", args=["STANDARD"]), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Step 3, Second · Days" in page
    assert "This step must come later than the one before it." in page
    sent = typed(client, do="save", from_date="2020-01-01", **{"s0-offset_days": "soon"})
    page = client.post(reverse("policy_edit", args=["STANDARD"]), sent).content.decode()
    assert "Step 1, Courtesy before the due date · Days" in page
    sent = typed(client, do="save", from_date="2020-01-01", **{"s0-offset_days": "-6"})
    page = client.post(reverse("policy_edit", args=["STANDARD"]), sent).content.decode()
    assert "Choose today or a later day" in page


def test_steps_are_added_moved_and_taken_away_without_a_script(cast: Cast) -> None:
    client = browser(cast.adam)
    for do, order in (("add:2", "0,1,4,2,3"), ("remove:0", "1,2,3"), ("up:1", "1,0,2,3"), ("down:3", "0,1,2,3")):
        answer = client.post(reverse("policy_edit", args=["STANDARD"]), typed(client, do=do))
        assert (answer.status_code, answer.context["editor"].order) == (200, order)
    headers = {"HX-Request": "true", "HX-Target": "policy-steps"}
    page = client.post(reverse("policy_draft"), typed(client, do="add:2"), headers=headers).content.decode()
    assert 'value="14"' in page
    assert "<html" not in page


def test_the_effect_is_shown_before_it_is_kept(cast: Cast) -> None:
    late_items(cast, 1)
    client = browser(cast.adam)
    page = client.post(
        reverse("policy_edit", args=["STANDARD"]), typed(client, do="preview", **{"s1-offset_days": "15"})
    )
    assert page.status_code == 200
    assert "of the 1 accounts" in page.content.decode()
    assert DunningPolicy.objects.filter(code="STANDARD").count() == 1


def test_a_copy_becomes_the_default_and_accounts_follow_it(cast: Cast) -> None:
    client = browser(cast.adam)
    assert client.get(reverse("policy_copy", args=["STANDARD"])).status_code == 200
    answer = client.post(reverse("policy_copy", args=["STANDARD"]), typed(client, do="save", name="Export"))
    assert answer.headers["Location"] == reverse("policy_detail", args=["EXPORT"])
    chosen = {"item": str(late_items(cast, 1)[0].id), "next": "//evil.example"}
    asked = client.post(reverse("policy_assign"), chosen)
    assert "Which policy does this account follow?" in asked.content.decode()
    done = client.post(reverse("policy_assign"), {**chosen, "policy": "EXPORT", "step": "save"})
    assert done.headers["Location"] == reverse("item_list")
    assert AccountPolicy.objects.get().policy_code == "EXPORT"
    client.post(reverse("policy_default", args=["EXPORT"]))
    assert "all those without another one" in text(client, reverse("policy_detail", args=["EXPORT"]))


def test_who_may_not_change_policies_is_kept_out(cast: Cast) -> None:
    for person in (cast.alice, cast.diane, cast.petra):
        client = browser(person)
        assert client.get(reverse("policy_edit", args=["STANDARD"])).status_code == 403
        assert client.post(reverse("policy_assign"), {"policy": ""}).status_code == 403


def test_a_step_of_ones_own_is_named_in_the_run(cast: Cast) -> None:
    late_items(cast, 1)
    client = browser(cast.adam)
    changed = {"s1-name": "Gentle nudge", "s1-code": "", "s1-offset_days": "8"}
    client.post(reverse("policy_edit", args=["STANDARD"]), typed(client, do="save", **changed))
    run_id = prepare_run(company_id=None, as_of=today(), actor=ALICE)
    page = text(client, reverse("run_detail", args=[run_id]))
    assert "Gentle nudge" in page
    filtered = client.get(reverse("run_detail", args=[run_id]), {"level": "GENTLE_NUDGE"})
    assert (filtered.status_code, "Gentle nudge" in filtered.content.decode()) == (200, True)
