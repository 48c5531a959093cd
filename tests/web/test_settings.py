"""The settings: who sees them, who changes them, and that each change is in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.ledger.models import ExchangeRate
from quittance.parties.models import Absence, Department, User
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
Queries = Callable[[int], AbstractContextManager[object]]
READ = ("settings", "settings_companies", "settings_people", "settings_terms", "settings_policies", "settings_rates")
WRITE = ("settings_company", "settings_person_new", "settings_person")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url_of(name: str, cast: Cast) -> str:
    ids = {"settings_company": [cast.company.id], "settings_person": [cast.bob.id]}
    return reverse(name, args=ids.get(name, []))


@pytest.mark.parametrize("name", [*READ, *WRITE])
def test_each_page_is_for_whom_it_is(cast: Cast, name: str) -> None:
    url = url_of(name, cast)
    assert Client().get(url).status_code == 302
    assert signed_in(cast.petra).get(url).status_code == 403
    assert signed_in(cast.alice).get(url).status_code == 403
    assert signed_in(cast.diane).get(url).status_code == (200 if name in READ else 403)
    assert signed_in(cast.adam).get(url).status_code == 200


def test_pages_ask_few_questions(cast: Cast, django_assert_max_num_queries: Queries) -> None:
    adam = signed_in(cast.adam)
    for name in READ:
        with django_assert_max_num_queries(24 if name == "settings" else 16):
            adam.get(url_of(name, cast))


def test_companies_of_others_are_not_shown(cast: Cast) -> None:
    text = signed_in(cast.diane).get(reverse("settings_companies")).content.decode()
    assert "Arvor Distribution" in text
    assert "Other Trading" not in text
    assert signed_in(cast.adam).get(reverse("settings_company", args=[cast.other_company.id])).status_code == 404


def test_bank_accounts_tell_how_fresh_they_are(cast: Cast) -> None:
    url = reverse("settings_companies")
    assert "none yet" in signed_in(cast.diane).get(url).content.decode()
    cast.bank_account.last_statement_date = clock.today() - timedelta(days=9)
    cast.bank_account.save()
    assert "9 days old" in signed_in(cast.diane).get(url).content.decode()


def company_form(**values: object) -> dict[str, object]:
    return {"receivable_prefixes": "411, 416;413", "sender_name": "Arvor", "language": "fr", **values}


def test_receivable_prefixes_are_changed_and_traced(cast: Cast) -> None:
    url = reverse("settings_company", args=[cast.company.id])
    assert signed_in(cast.adam).post(url, company_form()).status_code == 302
    cast.company.refresh_from_db()
    assert cast.company.receivable_prefixes == ["411", "416", "413"]
    event = Event.objects.get(kind="company.changed")
    assert event.payload["receivable_prefixes"] == [["411"], ["411", "416", "413"]]
    assert event.actor_id == cast.adam.id
    assert signed_in(cast.adam).post(url, company_form()).status_code == 302
    assert Event.objects.filter(kind="company.changed").count() == 1  # nothing was changed the second time


@pytest.mark.parametrize("prefixes", ["", "41 1$", ",;"])
def test_prefixes_that_cannot_be_are_refused(cast: Cast, prefixes: str) -> None:
    url = reverse("settings_company", args=[cast.company.id])
    answer = signed_in(cast.adam).post(url, company_form(receivable_prefixes=prefixes))
    assert answer.status_code == 422
    cast.company.refresh_from_db()
    assert cast.company.receivable_prefixes == ["411"]


def test_a_department_is_added_once(cast: Cast) -> None:
    url = reverse("settings_department_add", args=[cast.company.id])
    adam = signed_in(cast.adam)
    assert adam.post(url, {"code": "EXP", "name": "Export"}).status_code == 302
    assert adam.post(url, {"code": "EXP", "name": "Export"}).status_code == 422
    assert Department.objects.filter(company=cast.company, code="EXP").count() == 1


def test_reminders_ask_to_be_paid_where_a_person_says(cast: Cast) -> None:
    account = cast.bank_account
    url = reverse("settings_bank_account", args=[cast.company.id, account.id])
    adam = signed_in(cast.adam)
    assert adam.post(url, {"is_shown": "0"}).status_code == 302
    account.refresh_from_db()
    assert not account.is_shown_on_notices
    assert "Ask to be paid on it" in adam.get(reverse("settings_company", args=[cast.company.id])).content.decode()
    assert adam.post(url, {"is_shown": "1"}).status_code == 302
    account.refresh_from_db()
    assert account.is_shown_on_notices
    assert Event.objects.filter(kind="company.changed", payload__has_key="is_shown_on_notices").count() == 2
    other = reverse("settings_bank_account", args=[cast.other_company.id, account.id])
    assert adam.post(other, {"is_shown": "0"}).status_code == 404


def person_form(cast: Cast, **values: object) -> dict[str, object]:
    return {
        "name": "Nadia",
        "email": "nadia@example.com",
        "password": "a long enough pass phrase",
        "roles": ["COLLECTOR"],
        "companies": [cast.company.id],
        "language": "fr",
        **values,
    }


def test_a_new_person_signs_in(cast: Cast) -> None:
    assert signed_in(cast.adam).post(reverse("settings_person_new"), person_form(cast)).status_code == 302
    nadia = User.objects.get(email="nadia@example.com")
    assert (nadia.roles, list(nadia.companies.all())) == (["COLLECTOR"], [cast.company])
    assert Client().login(email="nadia@example.com", password="a long enough pass phrase")
    assert Event.objects.get(kind="person.created").subject_id == str(nadia.id)
    assert "a long enough" not in str(Event.objects.get(kind="person.created").payload)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ALICE@example.com"),
        ("password", "12345"),
        ("roles", []),
        ("roles", ["PORTAL"]),
        ("companies", []),
        ("email", "no address"),
    ],
)
def test_a_person_who_cannot_be_is_refused_at_the_field(cast: Cast, field: str, value: object) -> None:
    answer = signed_in(cast.adam).post(reverse("settings_person_new"), person_form(cast, **{field: value}))
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not User.objects.filter(email="nadia@example.com").exists()


def test_an_administrator_of_one_company_gives_no_more_than_that(cast: Cast) -> None:
    adam = signed_in(cast.adam)
    values = person_form(cast, companies=[cast.other_company.id])
    assert adam.post(reverse("settings_person_new"), values).status_code == 422
    adam.post(reverse("settings_person_new"), person_form(cast, sees_all_companies="on"))
    assert not User.objects.get(email="nadia@example.com").sees_all_companies
    assert adam.get(reverse("settings_person", args=[cast.charlie.id])).status_code == 404
    User.objects.filter(id=cast.bob.id).update(sees_all_companies=True)
    assert adam.get(reverse("settings_person", args=[cast.bob.id])).status_code == 403
    assert adam.get(reverse("settings_person", args=[cast.petra.id])).status_code == 404


def test_a_person_is_deactivated(cast: Cast) -> None:
    values = {"name": "Bob", "roles": ["COLLECTOR"], "companies": [cast.company.id], "language": "en"}
    bob = signed_in(cast.bob)
    assert signed_in(cast.adam).post(reverse("settings_person", args=[cast.bob.id]), values).status_code == 302
    cast.bob.refresh_from_db()
    assert not cast.bob.is_active
    assert Event.objects.get(kind="person.changed").payload["is_active"] == [True, False]
    assert bob.get(reverse("import_list")).status_code == 302


def test_nobody_takes_the_administration_from_themselves(cast: Cast) -> None:
    values = {"name": "Adam", "roles": ["CFO"], "companies": [cast.company.id], "language": "en", "is_active": "on"}
    answer = signed_in(cast.adam).post(reverse("settings_person", args=[cast.adam.id]), values)
    assert answer.status_code == 422
    cast.adam.refresh_from_db()
    assert cast.adam.roles == ["ADMINISTRATOR"]


def test_an_absence_has_a_deputy_and_can_be_taken_back(cast: Cast) -> None:
    adam = signed_in(cast.adam)
    today = clock.today()
    url = reverse("settings_absence_add", args=[cast.alice.id])
    values = {"from_date": today, "until_date": today + timedelta(days=4), "deputy": cast.bob.id}
    assert adam.post(url, values).status_code == 302
    assert adam.post(url, values).status_code == 422  # away on these days already
    assert "Bob stands in" in adam.get(reverse("settings_people")).content.decode()
    absence = Absence.objects.get()
    adam.post(reverse("settings_absence_cancel", args=[cast.alice.id, absence.id]))
    assert not Absence.objects.exists()
    assert {event.kind for event in Event.objects.all()} >= {"absence.planned", "absence.cancelled"}


def test_an_absence_that_ends_before_it_begins_is_refused(cast: Cast) -> None:
    url = reverse("settings_absence_add", args=[cast.alice.id])
    values = {"from_date": "2026-03-05", "until_date": "2026-03-04", "deputy": cast.bob.id}
    assert signed_in(cast.adam).post(url, values).status_code == 422
    assert not Absence.objects.exists()


def test_a_rate_is_kept_for_its_day(cast: Cast) -> None:
    adam = signed_in(cast.adam)
    values = {"from_currency": "usd", "to_currency": "eur", "rate": "0.9125", "rate_date": "2026-03-02"}
    assert adam.post(reverse("settings_rates"), values).status_code == 302
    assert adam.post(reverse("settings_rates"), {**values, "rate": "0.92"}).status_code == 302
    rate = ExchangeRate.objects.get()
    assert (rate.from_currency, rate.rate, rate.rate_date) == ("USD", Decimal("0.92"), date(2026, 3, 2))
    events = Event.objects.filter(kind="exchange_rate.set").order_by("id")
    assert [event.payload["rate_before"] for event in events] == ["", "0.91250000"]
    assert "0.92" in adam.get(reverse("settings_rates")).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"to_currency": "usd"}, {"from_currency": "XXZ"}, {"rate": "-1"}, {"rate": "0"}, {"rate_date": "2026-02-31"}],
)
def test_a_rate_that_cannot_be_is_refused(cast: Cast, wrong: dict[str, str]) -> None:
    values = {"from_currency": "USD", "to_currency": "EUR", "rate": "0.9", "rate_date": "2026-03-02", **wrong}
    assert signed_in(cast.adam).post(reverse("settings_rates"), values).status_code == 422
    assert not ExchangeRate.objects.exists()


def test_who_may_only_look_changes_nothing(cast: Cast) -> None:
    values = {"from_currency": "USD", "to_currency": "EUR", "rate": "0.9", "rate_date": "2026-03-02"}
    diane = signed_in(cast.diane)
    assert diane.post(reverse("settings_rates"), values).status_code == 403
    assert "Keep the rate" not in diane.get(reverse("settings_rates")).content.decode()
    assert diane.post(reverse("settings_person", args=[cast.bob.id]), {}).status_code == 403


def test_policies_are_told_in_days_around_the_due_date(cast: Cast) -> None:
    text = signed_in(cast.diane).get(reverse("settings_policies")).content.decode()
    assert "days before the due date" in text
    assert "days after the due date" in text


def test_terms_show_when_an_invoice_of_today_is_due(cast: Cast) -> None:
    text = signed_in(cast.diane).get(reverse("settings_terms")).content.decode()
    assert (clock.today() + timedelta(days=30)).isoformat() in text
