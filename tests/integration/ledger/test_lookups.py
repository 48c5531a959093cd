"""`any` finds what `in` finds, and never more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from quittance.ledger.models import OpenItem
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db

DUE = date(2026, 3, 1)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_any_finds_what_in_finds(cast: Cast) -> None:
    one = make_item(cast.account, "100", due=DUE)
    two = make_item(cast.account, "200.5", due=DUE)
    items = OpenItem.objects
    assert set(items.filter(id__any=[one.id, two.id, one.id])) == set(items.filter(id__in=[one.id, two.id]))
    assert items.filter(account__any=[cast.account.id]).count() == 2
    assert items.filter(account__customer_id__any=iter([cast.account.customer_id])).count() == 2
    assert items.filter(id__any=[]).count() == 0
    assert items.exclude(id__any=[one.id]).get() == two


def test_values_are_not_cut_to_the_column(cast: Cast) -> None:
    make_item(cast.account, "100", due=DUE)
    items = OpenItem.objects
    assert items.filter(currency__any={"EUR"}).count() == 1
    assert items.filter(currency__any={"EURO"}).count() == 0
    assert items.filter(amount_open__any=[Decimal("100")]).count() == 1
    assert items.filter(amount_open__any=[Decimal("100.00001")]).count() == 0
