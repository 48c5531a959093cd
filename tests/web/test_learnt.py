"""The pages of what was learnt of payers: in words, filtered, exported, decided on, kept from strangers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse
from django.utils import translation

from quittance.cash import services
from quittance.cash.models import MatchProposal, PayerIdentity
from quittance.cash.services.habits import READINGS
from quittance.foundation.permissions import SYSTEM
from quittance.parties.models import Customer
from quittance.web.learnt_words import HABITS, learnt_sentence
from quittance.web.match_words import STRATEGY_WORDS
from tests.cast import Cast, make_account, make_cast
from tests.integration.cash.desk import receipt
from tests.web.desk import assert_guarded, browser

pytestmark = pytest.mark.django_db
IBAN = "FR7630001007941234567890185"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def payer(cast: Cast) -> int:
    return services.add_payer(customer_id=cast.durand.id, kind="IBAN", value=IBAN, actor=SYSTEM)


def confirm(cast: Cast, strategy: str, count: int) -> None:
    line = receipt("1.00", reference=strategy)
    now = datetime(2026, 1, 5, tzinfo=UTC)
    for _ in range(count):
        MatchProposal.objects.create(
            transaction=line, account=cast.account, strategy=strategy, confidence=900, state="APPLIED",
            created_at=now, decided_at=now,
        )  # fmt: skip


def thing(**values: object) -> dict[str, object]:
    plain = {"kind": "IBAN", "value": IBAN, "seen_count": 0, "confirmed_count": None, "last_seen_date": None}
    plain["is_given"] = False
    return {**plain, **values}


def test_what_was_learnt_is_said_in_words() -> None:
    seen = {"seen_count": 12, "last_seen_date": date(2026, 1, 5)}
    with translation.override("en"):
        assert learnt_sentence(thing(**seen)).startswith(
            "Pays from FR76 3000 1007 9412 3456 7890 185: seen 12 times, last on "
        )
        assert learnt_sentence(thing(is_given=True)).endswith(": added by hand, not seen yet")
        assert ": added by hand, seen once, on " in learnt_sentence(thing(is_given=True, **{**seen, "seen_count": 1}))
        habit = thing(kind="HABIT", value="WHOLE_MONTH", seen_count=7, confirmed_count=9)
        assert learnt_sentence(habit) == "Pays whole months: 7 of 9 confirmed payments"
    with translation.override("fr"):
        assert learnt_sentence(habit).startswith("Paie des mois entiers")
    with translation.override("es"):
        assert learnt_sentence(habit).startswith("Paga meses completos")


def test_every_way_to_pay_has_its_words() -> None:
    assert HABITS.keys() == (STRATEGY_WORDS.keys() - {"PICKED", "RETURN"}) | {one.value for one in READINGS}


def test_the_list_is_filtered_searched_and_exported(cast: Cast, payer: int) -> None:
    confirm(cast, "WHOLE_MONTH", 7)
    clara = browser(cast.clara)
    url = reverse("learnt_list")
    page = clara.get(url).content.decode()
    assert "Pays whole months: 7 of 7 confirmed payments" in page
    assert "FR76 3000 1007" in page
    assert "whole months: 7" not in clara.get(url, {"kind": "IBAN"}).content.decode()
    assert "FR76 3000 1007" not in clara.get(url, {"way": "WHOLE_MONTH"}).content.decode()
    services.switch_payer(identity_id=payer, is_active=False, actor=SYSTEM)
    assert "FR76 3000 1007" in clara.get(url, {"state": "OFF"}).content.decode()
    assert "FR76 3000 1007" not in clara.get(url, {"state": "USED"}).content.decode()
    assert "FR76 3000 1007" in clara.get(url, {"q": "durand", "sort": "customer_name"}).content.decode()
    exported = clara.get(url, {"export": "csv"})
    assert b"Pays whole months" in b"".join(exported)


def test_a_payer_is_added_switched_moved_and_forgotten(cast: Cast) -> None:
    clara = browser(cast.clara)
    added = clara.post(reverse("payer_new"), {"customer": cast.durand.number, "kind": "IBAN", "value": IBAN})
    identity = PayerIdentity.objects.get()
    assert added["Location"] == reverse("payer_detail", args=[identity.id])
    again = clara.post(reverse("payer_new"), {"customer": cast.durand.name, "kind": "IBAN", "value": IBAN})
    assert again.status_code == 422
    assert "This is known of the customer already." in again.content.decode()
    wrong = clara.post(reverse("payer_new"), {"customer": "nobody", "kind": "IBAN", "value": IBAN})
    assert "No customer has this number or name." in wrong.content.decode()
    clara.post(reverse("payer_switch", args=[identity.id]))
    identity.refresh_from_db()
    assert not identity.is_active
    martin = Customer.objects.create(number="C2", name="Martin Bois")
    make_account(martin, cast.company, cast.department, number="411MARTIN")
    assert clara.post(reverse("payer_move", args=[identity.id]), {"customer": ""}).status_code == 422
    clara.post(reverse("payer_move", args=[identity.id]), {"customer": "Martin Bois"})
    identity.refresh_from_db()
    assert (identity.customer_id, identity.is_active) == (martin.id, True)
    assert clara.post(reverse("payer_forget", args=[identity.id]))["Location"] == reverse("learnt_list")
    assert not PayerIdentity.objects.exists()


def test_a_way_to_pay_is_switched_off_and_learnt_anew(cast: Cast) -> None:
    confirm(cast, "WHOLE_MONTH", 2)
    key = [cast.durand.id, "WHOLE_MONTH"]
    clara = browser(cast.clara)
    assert "Use it no longer" in clara.get(reverse("habit_detail", args=key)).content.decode()
    clara.post(reverse("habit_switch", args=key))
    assert "Use it again" in clara.get(reverse("habit_detail", args=key)).content.decode()
    clara.post(reverse("habit_forget", args=key))
    assert clara.get(reverse("habit_detail", args=key)).status_code == 404


def test_the_customer_page_tells_it(cast: Cast, payer: int) -> None:
    url = reverse("customer_detail", args=[cast.durand.id])
    shown = browser(cast.manager).get(url).content.decode()
    assert "What was learnt" in shown
    assert reverse("payer_detail", args=[payer]) in shown


def test_who_may_not_decides_nothing(cast: Cast, payer: int) -> None:
    assert_guarded(cast, reverse("payer_detail", args=[payer]))
    confirm(cast, "WHOLE_MONTH", 1)
    assert_guarded(cast, reverse("habit_detail", args=[cast.durand.id, "WHOLE_MONTH"]))
    for name in ("payer_switch", "payer_move", "payer_forget"):
        assert browser(cast.diane).post(reverse(name, args=[payer])).status_code == 403
        assert browser(cast.charlie).post(reverse(name, args=[payer])).status_code in (403, 404)
    stolen = browser(cast.clara).post(reverse("payer_move", args=[payer]), {"customer": "nobody of ours"})
    assert stolen.status_code == 422
    assert PayerIdentity.objects.get().is_active
