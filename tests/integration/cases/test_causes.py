"""What delays come from, and corrective actions from their opening to their end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from quittance.cases import corrective_actions as services
from quittance.cases import queries
from quittance.cases.causes import list_causes
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger.services import set_delay_reason
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)
MAYA = Actor(label="Maya")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def late(cast: Cast, amount: str, due: date, reason: str = "", account: Any = None) -> int:
    item = make_item(account or cast.account, amount, due=due)
    if reason:
        set_delay_reason(item_ids=[item.id], reason_code=reason, actor=MAYA)
    return item.id


def test_causes_add_up_amounts_counts_and_days(cast: Cast) -> None:
    late(cast, "300", date(2026, 6, 20), "PRICE")
    late(cast, "100", date(2026, 5, 31), "PRICE")
    late(cast, "500", date(2026, 6, 29))
    late(cast, "100", date(2026, 6, 25), "GOODS")
    late(cast, "900", TODAY, "PRICE")  # due today: not late
    late(cast, "-900", date(2026, 6, 1))  # a payment is not late
    found = list_causes(as_of=TODAY)
    assert [(one.reason_code, one.amount, one.item_count, one.account_count) for one in found] == [
        ("", Decimal(500), 1, 1),
        ("PRICE", Decimal(400), 2, 1),
        ("GOODS", Decimal(100), 1, 1),
    ]
    assert [(one.days_mean, one.days_weighted) for one in found] == [
        (Decimal("1.0"), Decimal("1.0")),
        (Decimal("20.0"), Decimal("15.0")),
        (Decimal("5.0"), Decimal("5.0")),
    ]
    assert [(one.share_pct, one.reached_pct) for one in found] == [
        (Decimal("50.0"), Decimal("50.0")),
        (Decimal("40.0"), Decimal("90.0")),
        (Decimal("10.0"), Decimal("100.0")),
    ]


def test_causes_are_narrowed(cast: Cast) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411S", collector=cast.bob)
    foreign = make_account(cast.durand, cast.other_company, cast.department, number="X")
    late(cast, "100", date(2026, 6, 10), "PRICE")
    late(cast, "200", date(2026, 6, 20), "PRICE", other)
    late(cast, "400", date(2026, 6, 20), "PRICE", foreign)

    def amounts(**narrowed: Any) -> list[tuple[str, Decimal]]:
        return [(one.currency, one.amount) for one in list_causes(as_of=TODAY, **narrowed)]

    assert amounts() == [("EUR", Decimal(300)), ("USD", Decimal(400))]
    assert amounts(scope=Scope(company_ids=frozenset({cast.company.id}))) == [("EUR", Decimal(300))]
    assert amounts(scope=Scope(company_ids=None, department_id=cast.services.id)) == [("EUR", Decimal(200))]
    assert amounts(department_id=cast.services.id) == [("EUR", Decimal(200))]
    assert amounts(collector_id=cast.alice.pk) == [("EUR", Decimal(100))]
    assert amounts(due_from=date(2026, 6, 20))[0] == ("EUR", Decimal(200))
    assert amounts(due_to=date(2026, 6, 10)) == [("EUR", Decimal(100))]
    assert amounts(scope=Scope(company_ids=frozenset())) == []


def opened(cast: Cast, **values: Any) -> int:
    values = {"title": "Ask for the order number at order entry", "reason_code": "ORDER_MISSING", **values}
    values = {"owner_id": cast.alice.pk, "due_date": date(2026, 6, 20), **values}
    return services.open_action(opened_date=date(2026, 6, 1), actor=MAYA, **values)


def test_an_action_has_an_owner_and_a_day_and_is_late_after_it(cast: Cast) -> None:
    action_id = opened(cast, company_id=cast.company.id)
    everywhere = opened(cast, title="Everywhere", due_date=date(2026, 7, 10))
    assert [row["id"] for row in queries.list_late_actions(as_of=date(2026, 6, 20))] == []
    found = queries.list_late_actions(as_of=TODAY)
    assert [(row["id"], row["days_past_due"], row["owner_name"]) for row in found] == [(action_id, 10, "Alice")]
    assert list(queries.list_late_actions(as_of=TODAY, owner_id=cast.bob.pk)) == []
    foreign = Scope(company_ids=frozenset({cast.other_company.id}))
    assert [row["id"] for row in queries.list_actions(as_of=TODAY, scope=foreign)] == [everywhere]
    assert queries.find_action(action_id=action_id, as_of=TODAY, scope=foreign) is None
    assert queries.count_open_actions() == {"ORDER_MISSING": 2}
    assert queries.count_open_actions(scope=foreign) == {"ORDER_MISSING": 1}


def test_an_action_is_changed_closed_and_opened_again(cast: Cast) -> None:
    action_id = opened(cast)
    services.change_action(
        action_id=action_id, title="Ask earlier", owner_id=cast.bob.pk, due_date=TODAY, actor=MAYA, comment="c"
    )
    services.close_action(action_id=action_id, is_done=True, closed_date=TODAY, actor=MAYA, result="Half as many")
    row = queries.find_action(action_id=action_id, as_of=TODAY)
    assert row is not None
    assert (row["state"], row["result"], row["owner_name"], row["days_past_due"]) == (
        "DONE", "Half as many", "Bob", None,
    )  # fmt: skip
    with pytest.raises(services.CorrectiveActionRefused):
        services.close_action(action_id=action_id, is_done=True, closed_date=TODAY, actor=MAYA)
    services.reopen_action(action_id=action_id, actor=MAYA)
    services.reopen_action(action_id=action_id, actor=MAYA)
    with pytest.raises(services.CorrectiveActionRefused, match="why"):
        services.close_action(action_id=action_id, is_done=False, closed_date=TODAY, actor=MAYA)
    services.close_action(action_id=action_id, is_done=False, closed_date=TODAY, actor=MAYA, result="Too dear")
    kinds = Event.objects.filter(kind__startswith="corrective_action").order_by("id").values_list("kind", flat=True)
    assert [kind.removeprefix("corrective_action.") for kind in kinds] == [
        "opened", "changed", "done", "reopened", "dropped",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values", [{"title": " "}, {"reason_code": "NONSENSE"}, {"due_date": date(2026, 5, 31)}], ids=str
)
def test_what_cannot_be_kept_is_refused(cast: Cast, values: dict[str, Any]) -> None:
    with pytest.raises(services.CorrectiveActionRefused):
        opened(cast, **values)


def test_what_is_not_there_is_not_found(cast: Cast) -> None:
    with pytest.raises(services.CorrectiveActionNotFound):
        services.reopen_action(action_id=1, actor=MAYA)


@pytest.mark.parametrize("change", ["state = 'DONE'", "title = ''", "due_date = '2020-01-01'"])
def test_the_database_guards_actions(cast: Cast, change: str) -> None:
    opened(cast)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE cases_correctiveaction SET {change}")
