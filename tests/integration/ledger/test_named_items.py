"""Open items found by their references, folded in the database as matching folds them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.core.matching import fold_reference
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.queries.matching import list_open_references
from quittance.ledger.services import allocate
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
# What PostgreSQL can hold, of the plane that people write in.
TEXTS = st.text(st.characters(min_codepoint=1, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cn"]), max_size=20)


@given(texts=st.lists(TEXTS | st.text("Fé-/. 019ﬁ", max_size=12), min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_folds_references_as_the_core_does(db: None, texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quittance_reference_key(t) FROM unnest(%s::text[]) WITH ORDINALITY u (t, n) ORDER BY n", [texts]
        )
        assert [row[0] for row in cursor.fetchall()] == [fold_reference(text) for text in texts]


def test_number_and_reference_of_what_is_open_are_found_and_nothing_else() -> None:
    cast = make_cast()
    company = cast.account.company_id
    numbered = make_item(cast.account, "100", due=DAY, number="FA-2026/001")
    referred = make_item(cast.account, "50", due=DAY)
    OpenItem.objects.filter(pk=referred.pk).update(reference="cde été 12", version=2)
    closed = make_item(cast.account, "70", due=DAY, number="FA 2026 001")
    payment = make_item(cast.account, "-70", due=DAY, number="FA2026001")
    make_item(cast.account, "-30", due=DAY, number="FA2026001")
    allocate(
        debit_item_id=closed.id,
        credit_item_id=payment.id,
        amount=Decimal(70),
        effective_date=DAY,
        actor=Actor(label="A"),
    )

    def found(*keys: str, currency: str = "EUR") -> set[tuple[int, str]]:
        return set(list_open_references(company_id=company, currencies={currency}, keys=keys))

    assert found("FA2026001", "CDEETE12", "OTHER") == {(numbered.pk, "FA-2026/001"), (referred.pk, "cde été 12")}
    assert found("FA2026001", currency="USD") == set()
    assert found("2026001") == set()
    assert found() == set()
