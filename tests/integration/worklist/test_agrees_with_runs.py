"""The list says of each account what a run of the day would do: the same policy, the same step."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import connection

from quittance.core.dunning import ALL_MEDIA
from quittance.dunning import deciding
from quittance.dunning.facts import gather
from quittance.dunning.models import (
    AccountPolicy,
    DunningBlock,
    DunningDecision,
    DunningNotice,
    DunningNoticeItem,
    DunningPolicy,
    DunningRun,
)
from quittance.dunning.policies import read_policies
from quittance.dunning.services import ensure_default_policy
from quittance.dunning.statements import POLICY_CODE, POLICY_CODES
from quittance.ledger.models import OpenItem
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Contact, Customer, CustomerAccount
from quittance.segments.models import Membership, Segment
from quittance.simulation.models import Trial, TrialArm
from quittance.worklist.accounts_sql import list_facts
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
MONDAY, SUNDAY, HOLIDAY = date(2026, 3, 2), date(2026, 3, 1), date(2026, 7, 14)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CODES = ("", "STANDARD", "STRATEGIC", "SMALL_AMOUNTS", "PUBLIC_SECTOR", "LITIGATION_BOUND", "RETIRED")


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    return make_cast()


def account(cast: Cast, number: int, payment_method: str = "TRANSFER") -> CustomerAccount:
    customer = Customer.objects.create(
        number=f"C{number}", name=f"Customer {number}", country="FR", street="1 rue", postcode="29200", town="Brest"
    )
    Contact.objects.create(
        customer=customer, role="ACCOUNTS_PAYABLE", name="A. P.", email=f"ap@{number}.example", phone="0298000001"
    )
    made = make_account(customer, cast.company, cast.department, number=f"411{number}")
    CustomerAccount.objects.filter(id=made.id).update(payment_method=payment_method)
    return made


def follow(account: CustomerAccount, random: Random, day: date) -> None:
    """Give an account a policy by one of the three ways, or by several."""
    ways = random.sample(("OWN", "TRIAL", "SEGMENT"), random.randint(0, 3))
    if "OWN" in ways:
        AccountPolicy.objects.create(account=account, policy_code=random.choice(CODES[1:]))
    if "TRIAL" in ways:
        days = random.randint(0, 8), random.randint(0, 9)
        dates = {"from_date": day - timedelta(days=1 + days[0]), "until_date": day + timedelta(days=days[1])}
        trial = Trial.objects.create(
            name="T", policy_a_code="STANDARD", policy_b_code="STRATEGIC", segment=segment(1), created_at=NOW,
            horizon_days=30, **dates,
        )  # fmt: skip
        TrialArm.objects.create(trial=trial, account=account, arm="A", policy_code=random.choice(CODES[1:]), **dates)
    if "SEGMENT" in ways:
        for place in random.sample((1, 2, 3), 2):
            Membership.objects.create(
                account=account, segment=segment(place), from_date=day - timedelta(days=random.randint(1, 3)),
                until_date=random.choice([None, day, day + timedelta(days=1)]),
            )  # fmt: skip


def segment(place: int) -> Segment:
    found, _is_new = Segment.objects.get_or_create(
        code=f"S{place}",
        defaults={"name": f"S{place}", "rule": {}, "position": 4 - place, "is_active": place != 2,
                  "policy_code": ("PUBLIC_SECTOR", "STRATEGIC", "SMALL_AMOUNTS")[place - 1]},
    )  # fmt: skip
    return found


def notice(account: CustomerAccount, item: OpenItem, *, rank: int, day: date, code: str, state: str = "SENT") -> None:
    policy = DunningPolicy.objects.filter(code=code).order_by("-version").first() or DunningPolicy.objects.get(
        is_default=True
    )
    level = policy.levels.filter(rank__lte=rank).order_by("-rank").first() or policy.levels.order_by("rank").first()
    run = DunningRun.objects.create(as_of=day, state="DONE", created_at=NOW, created_by_label="")
    decision = DunningDecision.objects.create(
        run=run, account=account, outcome="SEND", reason_code="LEVEL_REACHED", policy=policy, level=level,
        company_currency="EUR",
    )  # fmt: skip
    made = DunningNotice.objects.create(
        decision=decision, account=account, level=level, notice_date=day, state=state, company_currency="EUR",
        created_at=NOW, medium="CALL" if state in ("TASK_OPEN", "DONE") else "EMAIL",
        done_at=NOW if state == "DONE" else None,
    )  # fmt: skip
    DunningNoticeItem.objects.create(notice=made, item=item, level_rank=level.rank, currency="EUR", amount=1)


def begin_with_another_step(day: date) -> None:
    """Put a step before those of each policy, from a day on: what was sent before stands one step further now."""
    for policy in DunningPolicy.objects.prefetch_related("levels"):
        levels = sorted(policy.levels.all(), key=lambda level: level.rank)
        policy.pk, policy.version, policy.valid_from = None, policy.version + 1, day
        policy.save()
        for level in levels:
            level.pk, level.policy, level.rank = None, policy, level.rank + 1
            level.save()
        first = next(level for level in levels if level.offset_days > 0)
        if min(level.rank for level in levels) == 2:
            first.pk, first.rank, first.offset_days, first.code = None, 1, 1, "EARLY"
            first.save()


@pytest.mark.parametrize("day", [MONDAY, SUNDAY, HOLIDAY])
@pytest.mark.parametrize("seed", range(5))
def test_law_the_list_proposes_what_a_run_would_do(cast: Cast, seed: int, day: date) -> None:
    random = Random(f"{seed} {day}")
    for number in range(1, 41):
        one = account(cast, number, payment_method=random.choice(["TRANSFER", "TRANSFER", "DIRECT_DEBIT"]))
        follow(one, random, day)
        code = random.choice(CODES[1:6])
        for _ in range(random.randint(1, 3)):
            amount = str(random.choice([5, 40, 900, 20000]))
            item = make_item(one, amount, due=day - timedelta(days=random.randint(1, 90)))
            for rank in range(1, 1 + random.choice([0, 0, 1, 2, 3, 5])):
                sent = random.choice(["SENT", "UNCERTAIN", "TASK_OPEN", "DONE", "CANCELLED"])
                notice(one, item, rank=rank, day=day - timedelta(days=random.randint(1, 60)), code=code, state=sent)
        if random.random() < 0.1:
            DunningBlock.objects.create(
                account=one, item=random.choice([None, item]), reason="x", from_date=day, created_at=NOW
            )
    if seed == 4:
        begin_with_another_step(day - timedelta(days=1))
    refresh_balances(account_ids=None, as_of=day)
    ids = list(CustomerAccount.objects.order_by("id").values_list("id", flat=True))
    said = {row["account_id"]: row for row in list_facts(as_of=day)}
    told, seen, why = {}, {}, {}
    for one in gather(account_ids=ids, as_of=day, book=read_policies(as_of=day)):
        decision = deciding.decide(account=one, as_of=day, media=ALL_MEDIA)
        if one.account_id in said:
            is_last = decision.outcome == "PERSON" and decision.reason == "LAST_LEVEL_REACHED"
            told[one.account_id] = (decision.outcome == "SEND", is_last)
            row = said[one.account_id]
            seen[one.account_id] = (row["is_reminder_due"], row["is_last_level_reached"])
            why[one.account_id] = (one.policy.code, decision)
    assert len(told) > 30
    assert seen == told, [(seen[key], told[key], why[key]) for key in seen if seen[key] != told[key]]


def test_the_policies_of_all_accounts_are_those_of_each(cast: Cast) -> None:
    random = Random(7)
    for number in range(1, 41):
        follow(account(cast, number), random, MONDAY)
    with connection.cursor() as cursor:
        cursor.execute(POLICY_CODES, {"as_of": MONDAY})
        together = dict(cursor.fetchall())
        one_by_one = f"SELECT id, {POLICY_CODE.format(account='a.id')} FROM parties_customeraccount a"
        cursor.execute(one_by_one, {"as_of": MONDAY})
        alone = {account_id: code for account_id, code in cursor.fetchall() if code is not None}
    assert together == alone
    assert len(set(together.values())) > 3
