"""Reports and suspense of the cash desk: figures worked by hand, what opens them, and who sees which."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from quittance.cash import limits, reporting, rules, services, suspense
from quittance.cash.models import BankTransaction, MatchProposal
from quittance.cash.suspense import Asked
from quittance.foundation.permissions import SYSTEM
from quittance.parties.models import User
from quittance.web.views.cash_reports import payments_url
from tests.cast import Cast, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, actor, receipt

pytestmark = pytest.mark.django_db
PERIOD: dict[str, Any] = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def match(cast: Cast) -> None:
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)


def picked(cast: Cast, line: BankTransaction, *item_ids: int) -> None:
    services.match_items(transaction_id=line.id, item_ids=item_ids, as_of=TODAY, actor=actor(cast.clara))


def test_rates_of_a_small_month_by_hand(cast: Cast) -> None:
    """Four payments: two by themselves, of which a person undid one; one by a person for two items; one waits."""
    for number in range(2):
        make_item(cast.account, "100.00", due=DUE, number=f"FA-2026-10{number}")
    first = receipt("100.00", reference="A", text="FA-2026-100")
    second = receipt("100.00", reference="B", text="FA-2026-101")
    match(cast)
    assert set(BankTransaction.objects.values_list("state", flat=True)) == {"MATCHED"}
    services.undo_match(transaction_id=second.id, effective_date=TODAY, reason="wrong", actor=actor(cast.clara))
    items = [make_item(cast.account, amount, due=DUE, number=f"X{amount}").id for amount in ("30.00", "40.00")]
    picked(cast, receipt("70.00", reference="C"), *items)
    services.set_aside(
        transaction_id=receipt("9.00", reference="D").id, reason="NOT_A_CUSTOMER", actor=actor(cast.clara)
    )
    whole = reporting.read_rates(**PERIOD).whole
    assert whole is not None
    assert (whole.payments, whole.hits, whole.untouched) == (3, 1, 1)
    assert (whole.items, whole.items_hit, whole.automatic, whole.wrong) == (3, 1, 2, 1)
    assert (whole.hit_pct, whole.item_hit_pct, whole.wrong_pct) == (Decimal("33.3"), Decimal("33.3"), Decimal("50.0"))
    first.refresh_from_db()
    rows = {row.name: row.payments for row in reporting.read_rates(**PERIOD, group_by="strategy").groups}
    assert sum(rows.values()) == 3
    assert rows["PICKED"] == 1
    before = reporting.read_rates(since=date(2025, 1, 1), until=date(2025, 12, 31))
    assert (before.whole, before.groups) == (None, ())


def test_a_part_of_a_receipt_stands_for_itself(cast: Cast) -> None:
    line = receipt("100.00")
    services.split_line(transaction_id=line.id, amounts=[Decimal(60), Decimal(40)], actor=actor(cast.clara))
    assert reporting.read_rates(**PERIOD).groups[0].payments == 2
    assert sum(row.amount for row in suspense.list_sums(as_of=TODAY)) == 100


def test_what_the_bank_took_back_is_not_wrong(cast: Cast) -> None:
    make_item(cast.account, "100.00", due=DUE, number="FA-2026-100")
    line = receipt("100.00", text="FA-2026-100")
    match(cast)
    MatchProposal.objects.filter(transaction=line).update(state="UNDONE", decided_by_id=cast.clara.pk)
    BankTransaction.objects.filter(id=line.id).update(state="RETURNED")
    assert reporting.read_rates(**PERIOD).groups[0].wrong == 0


def test_every_euro_of_the_suspense_is_shown_once_by_its_age(cast: Cast) -> None:
    nobody = receipt("11.00", reference="A")
    services.keep_unidentified(transaction_id=nobody.id, comment="", actor=actor(cast.clara))
    services.post_on_account(
        transaction_id=receipt("22.00", reference="B").id, account_id=cast.account.id, actor=actor(cast.clara)
    )
    known = receipt("33.00", reference="C")
    BankTransaction.objects.filter(id=known.id).update(customer=cast.durand)
    asked = Asked(as_of=nobody.booking_date + timedelta(days=8))
    rows = suspense.read_suspense(asked=asked, order_sql="id ASC", limit=9, count_max=9).rows
    assert {row["kind"]: [row[f"age_{n}"] for n in range(5)] for row in rows} == {
        "UNIDENTIFIED": [0, 11, 0, 0, 0], "UNAPPLIED": [0, 22, 0, 0, 0], "KNOWN": [0, 33, 0, 0, 0],
    }  # fmt: skip
    assert {row["kind"]: row["total"] for row in rows} == {"UNIDENTIFIED": 11, "UNAPPLIED": 22, "KNOWN": 33}
    assert next(row for row in rows if row["kind"] == "UNIDENTIFIED")["customer_id"] is None
    found = suspense.read_money(asked=asked, order_sql="id ASC", limit=9, count_max=9)
    assert [row["amount"] for row in found.rows] == [33, 11, 22]
    assert found.row_count == 3


@pytest.mark.parametrize("name", ["cash_reports", "cash_suspense", "cash_suspense_money"])
def test_pages_and_who_sees_them(cast: Cast, name: str) -> None:
    receipt("11.00")
    url = reverse(name)
    for by in ("bank_account", "customer", "strategy", "nonsense"):
        assert signed_in(cast.clara).get(url, {"by": by}).status_code == 200
    assert signed_in(cast.petra).get(url).status_code == 403
    assert "Somebody" not in signed_in(cast.charlie).get(url).content.decode()
    exported = signed_in(cast.clara).get(url, {"export": "csv"})
    assert exported["Content-Type"].startswith("text/csv")


def test_the_payments_of_the_report_open_as_many_lines(cast: Cast) -> None:
    services.split_line(
        transaction_id=receipt("100.00").id, amounts=[Decimal(60), Decimal(40)], actor=actor(cast.clara)
    )
    aside = receipt("9.00", reference="D")
    services.set_aside(transaction_id=aside.id, reason="NOT_A_CUSTOMER", actor=actor(cast.clara))
    (row,) = reporting.read_rates(**PERIOD).groups
    for account in ("", row.id):
        page = signed_in(cast.clara).get(payments_url(**PERIOD, account=account)).content.decode()
        assert f"{row.payments} rows" in page


def test_receipts_of_a_period_are_found_by_index(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM cash_banktransaction WHERE amount > 0 AND booking_date BETWEEN %s AND %s",
            [PERIOD["since"], PERIOD["until"]],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "banktransaction_receipts" in plan


LIMIT: dict[str, Any] = {"whose": "role:CASH_CLERK", "amount": "25.50"}


def test_limits_are_set_in_the_settings(cast: Cast) -> None:
    url = reverse("settings_write_off_limits")
    adam = signed_in(cast.adam)
    assert "as shipped" in adam.get(url).content.decode()
    assert adam.post(url, {**LIMIT, "company": cast.company.id}).status_code == 302
    own = {"company": cast.company.id, "whose": f"user:{cast.clara.pk}"}
    assert limits.get_limit(user_id=cast.clara.pk, company_id=cast.company.id) == Decimal("25.50")
    assert adam.post(url, {**own, "amount": "3"}).status_code == 302
    assert limits.get_limit(user_id=cast.clara.pk, company_id=cast.company.id) == 3
    assert adam.post(url, {**own, "amount": ""}).status_code == 302
    assert limits.get_limit(user_id=cast.clara.pk, company_id=cast.company.id) == Decimal("25.50")


def test_who_may_not_sets_no_limit(cast: Cast) -> None:
    url = reverse("settings_write_off_limits")
    assert signed_in(cast.manager).get(url).status_code == 200
    assert signed_in(cast.manager).post(url, {**LIMIT, "company": cast.company.id}).status_code == 403
    assert signed_in(cast.clara).get(url).status_code == 403
    stranger = signed_in(cast.adam).post(url, {**LIMIT, "company": cast.other_company.id})
    assert stranger.status_code == 422
    assert limits.get_limit(user_id=cast.diane.pk, company_id=cast.company.id) == 0
    limits.set_limit(company_id=cast.company.id, user_id=cast.diane.pk, amount=Decimal(1), actor=SYSTEM)


RULE: dict[str, Any] = {"kind": "BANK_FEE", "is_on": "on", "amount_max": "12.50", "share_max": ""}


def test_what_is_posted_by_itself_is_set_in_the_settings(cast: Cast) -> None:
    url = reverse("settings_difference_rules")
    adam = signed_in(cast.adam)
    page = adam.get(url).content.decode()
    assert page.count("as shipped") == 3 * page.count('<h2 class="section-head">') - 3
    assert adam.post(url, {**RULE, "company": cast.company.id}).status_code == 302
    found = {row.kind: row for row in rules.list_rules(company_id=cast.company.id)}
    assert (found["BANK_FEE"].is_on, found["BANK_FEE"].amount_max) == (True, Decimal("12.50"))
    refused = adam.post(url, {**RULE, "company": cast.company.id, "amount_max": "0"})
    assert refused.status_code == 422
    assert "Write up to how much it may be." in refused.content.decode()
    assert (
        adam.post(url, {**RULE, "company": cast.company.id, "kind": "EXCHANGE", "share_max": "1.5"}).status_code == 302
    )
    found = {row.kind: row for row in rules.list_rules(company_id=cast.company.id)}
    assert (found["EXCHANGE"].amount_max, found["EXCHANGE"].share_max) == (0, 15)


def test_a_rule_and_a_limit_are_changed_from_what_they_are(cast: Cast) -> None:
    adam, company_id = signed_in(cast.adam), cast.company.id
    rules.set_rule(
        company_id=company_id, kind="BANK_FEE", is_on=True, amount_max=Decimal("7.25"), share_max=0, actor=SYSTEM
    )
    page = adam.get(reverse("settings_difference_rules"), {"company": company_id, "kind": "BANK_FEE"})
    form = page.context["form"]
    assert (form["company"].value(), form["kind"].value()) == (company_id, "BANK_FEE")
    assert (form["is_on"].value(), form["amount_max"].value()) == (True, Decimal("7.25"))
    asked = {"company": company_id, "whose": "role:CASH_CLERK"}
    form = adam.get(reverse("settings_write_off_limits"), asked).context["form"]
    assert (form["whose"].value(), form["amount"].value()) == ("role:CASH_CLERK", Decimal(10))
    for odd in ({"company": "x", "kind": "?"}, {"company": "x", "whose": "user:0"}):
        assert adam.get(reverse("settings_difference_rules"), odd).status_code == 200
        assert adam.get(reverse("settings_write_off_limits"), odd).status_code == 200


def test_who_may_not_sets_no_rule(cast: Cast) -> None:
    url = reverse("settings_difference_rules")
    assert signed_in(cast.manager).get(url).status_code == 200
    assert signed_in(cast.manager).post(url, {**RULE, "company": cast.company.id}).status_code == 403
    assert signed_in(cast.clara).get(url).status_code == 403
    assert signed_in(cast.adam).post(url, {**RULE, "company": cast.other_company.id}).status_code == 422
    assert not rules.list_rules(company_id=cast.other_company.id)[1].is_on
