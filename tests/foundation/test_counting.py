"""Several counts in one query."""

from __future__ import annotations

from typing import Any

import pytest

from quittance.foundation.expressions import count_each
from quittance.parties.models import Company, Department
from tests.cast import make_cast

pytestmark = pytest.mark.django_db


def test_each_is_counted_no_further_than_asked(django_assert_num_queries: Any) -> None:
    make_cast()
    found = (Company.objects.all(), Company.objects.filter(pk__in=[]), Department.objects.filter(code="NONE"))
    with django_assert_num_queries(1):
        assert count_each(*found, count_max=1) == [1, 0, 0]
    assert count_each(*found, count_max=9) == [Company.objects.count(), 0, 0]
    with django_assert_num_queries(0):
        assert count_each(count_max=9) == []
