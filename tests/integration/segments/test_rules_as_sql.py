"""The law of segments: the statement of a rule takes exactly the accounts that the pure rule takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from quittance.core.segments import FIELDS, Rule, evaluate, payer_class_of, read_rule
from quittance.foundation import clock
from quittance.foundation.permissions import Scope
from quittance.ledger.models import AccountBalance
from quittance.parties.models import Customer, CustomerAccount
from quittance.promises.models import PromiseToPay
from quittance.segments.compiler import compile_rule, read_facts
from tests.cast import Cast, make_account, make_cast
from tests.rule_strategies import RULES

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)


def cycle(*values: Any) -> Iterator[Any]:
    return itertools.cycle(values)


@pytest.fixture
def cast() -> Cast:
    """Make some sixty accounts that differ in everything a rule may speak of, unknown values among them."""
    cast = make_cast()
    countries, towns = cycle("FR", "DE", ""), cycle("Lyon", "SAINT-ÉTIENNE", "Paris 9e", "", "Nord 100%")
    delays, counts = cycle(None, -10, -3, 0, 2, 3, 31), cycle(0, 1, 3, 15)
    amounts, kinds = cycle("-50", "0", "0.01", "150", "1000", "25000.50"), cycle("COMPANY", "PUBLIC", "SOLE_TRADER")
    tags, industries = cycle([], ["Retail"], ["nord", "É"]), cycle("", "Retail trade", "énergie")
    limits, late = cycle(None, Decimal(0), Decimal(1000)), cycle(None, -5, 0, 15, 31, 100, 400)
    people = cycle(None, cast.alice, cast.bob)
    parent = None
    for number in range(60):
        customer = Customer.objects.create(
            number=f"C{number + 10}", name=f"Customer {number}", country=next(countries), town=next(towns),
            kind=next(kinds), is_strategic=number % 4 == 0, tags=next(tags), industry=next(industries),
            credit_limit=next(limits), parent=parent if number % 5 == 0 else None,
        )  # fmt: skip
        parent = customer
        place = [(cast.company, cast.department), (cast.company, cast.services)][number % 2]
        account = make_account(customer, *place, number=f"411{number}", collector=next(people))
        CustomerAccount.objects.filter(id=account.id).update(
            is_active=number % 11 != 0, payment_terms=cast.terms if number % 3 else None
        )
        if number % 7:
            days = next(late)
            AccountBalance.objects.create(
                account=account, debtor_id=customer.id, creditor_id=cast.company.id, as_of=TODAY, currency="EUR",
                open_total=next(amounts), overdue=next(amounts), disputed=next(amounts), usual_delay_days=next(delays),
                paid_count=next(counts), open_count=next(counts), overdue_count=next(counts),
                oldest_due_date=None if days is None else TODAY - timedelta(days=days),
            )  # fmt: skip
        promise(account, *["KEPT", "BROKEN", "KEPT", "PART_KEPT", "OPEN", "WITHDRAWN"][: number % 7])
    return cast


def promise(account: CustomerAccount, *states: str, decided: date = date(2026, 5, 1)) -> None:
    for state in states:
        PromiseToPay.objects.create(
            account=account, amount=10, currency="EUR", made_on=decided, promised_date=decided, state=state,
            decided_date=None if state == "OPEN" else decided, recorded_at=clock.now(),
        )  # fmt: skip


def members(rule: Rule, scope: Scope | None = None) -> set[int]:
    statement = compile_rule(rule=rule, as_of=TODAY, **({"scope": scope} if scope else {}))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT a.id {statement.source}", statement.parameters)
        return {row[0] for row in cursor.fetchall()}


def test_the_statement_takes_what_the_rule_takes(cast: Cast) -> None:
    active = list(CustomerAccount.objects.filter(is_active=True).values_list("id", flat=True))
    facts = read_facts(account_ids=active, as_of=TODAY)
    assert len(facts) > 50
    for name in FIELDS:  # the data must speak of every field
        assert len({one[name] for one in facts.values()}) > 1 or name in {
            "company",
            "payment_method",
            "delivery_preference",
            "language",
        }, name

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(RULES)
    def law(rule: Rule) -> None:
        assert members(rule) == {one for one in active if evaluate(rule=rule, facts=facts[one])}

    law()


def facts_of(account: CustomerAccount) -> dict[str, Any]:
    return read_facts(account_ids=[account.id], as_of=TODAY)[account.id]


def test_facts_of_behaviour_are_worked_out(cast: Cast) -> None:
    promise(cast.account, "KEPT", "KEPT", "BROKEN")
    promise(cast.account, "BROKEN", "BROKEN", decided=date(2025, 6, 30))  # more than twelve months ago
    AccountBalance.objects.create(
        account=cast.account, debtor_id=cast.durand.id, as_of=TODAY, currency="EUR", open_total=500,
        usual_delay_days=12, paid_count=4, oldest_due_date=TODAY + timedelta(days=3),
    )  # fmt: skip
    Customer.objects.filter(id=cast.durand.id).update(credit_limit=400)
    facts = facts_of(cast.account)
    assert (facts["promises_kept_pct"], facts["promises_broken_count"]) == (67, 1)
    assert facts["payer_class"] == payer_class_of(mean_delay_days=12, paid_count=4) == "LATE"
    assert (facts["oldest_days_late"], facts["credit_limit_use_pct"]) == (0, 125)


def test_the_class_of_a_payer_is_that_of_the_core(cast: Cast) -> None:
    row = AccountBalance.objects.create(account=cast.account, debtor_id=cast.durand.id, as_of=TODAY, currency="EUR")
    for delay, count in itertools.product([None, -4, -3, -2, 0, 2, 3, 30, 31], [0, 2, 3]):
        row.usual_delay_days, row.paid_count = delay, count
        row.save()
        assert facts_of(cast.account)["payer_class"] == payer_class_of(mean_delay_days=delay, paid_count=count)


def test_the_use_of_a_limit_is_not_known_when_currencies_meet(cast: Cast) -> None:
    Customer.objects.filter(id=cast.durand.id).update(credit_limit=400)
    assert facts_of(cast.account)["credit_limit_use_pct"] == 0
    other = make_account(cast.durand, cast.other_company, cast.department, number="X1")
    AccountBalance.objects.create(
        account=other, debtor_id=cast.durand.id, creditor_id=1, as_of=TODAY, currency="USD", open_total=1
    )
    assert facts_of(cast.account)["credit_limit_use_pct"] is None


def test_a_scope_narrows_what_is_counted(cast: Cast) -> None:
    rule = read_rule({"all": [{"field": "company", "is": "IS_KNOWN"}]})
    other = make_account(cast.durand, cast.other_company, cast.department, number="X2")
    assert other.id in members(rule)
    assert other.id not in members(rule, Scope(company_ids=frozenset({cast.company.id})))
    found = members(rule, Scope(company_ids=frozenset({cast.company.id}), department_id=cast.services.id))
    assert found == members(read_rule({"all": [{"field": "department", "is": "ONE_OF", "value": ["ARV/SRV"]}]}))
