"""Who works together in the demo: two teams, what each person aims at, and who stands in while Inès is away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from quittance.cli.demo import people
from quittance.cli.demo.world import SEED, DemoCustomer
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.parties import staff, teams
from quittance.parties.people import list_people
from quittance.worklist import targets, weights

BREST, RENNES = "Recouvrement Brest", "Recouvrement Rennes"
TEAMS: Final = {BREST: ("Claire Martin", "Nadia Benali"), RENNES: ("Hugo Bernard", "Inès Morel")}
MANAGER: Final = "Sophie Leroy"
# Rennes has many small debts: there age says more than the amount.
WEIGHTS_OF_RENNES: Final = {"amount": 25, "lateness": 40, "promise_broken": 25}
# Calls a day, promises and euros a month.
TARGETS: Final = {
    "Claire Martin": (12, 70, Decimal(1500000)),
    "Hugo Bernard": (15, 60, Decimal(1200000)),
    "Inès Morel": (8, 20, Decimal(400000)),
}
AWAY_BEFORE, AWAY_AFTER = 3, 8


def share_out(customers: Iterable[DemoCustomer]) -> dict[str, str]:
    """Return the e-mail address of the collector of each customer: the stories are Claire's, a few are Inès's."""
    rng = Random(SEED)
    collectors: dict[str, str] = {}
    for customer in customers:
        place = int(customer.number[1:])
        email = people.CLAIRE if place <= people.STORIES else rng.choice((people.CLAIRE, people.HUGO))
        collectors[customer.number] = people.INES if email == people.HUGO and place % 4 == 0 else email
    return collectors


def actors_by_email() -> dict[str, Actor]:
    """Return each of our people as one who does something."""
    ids = {name: user_id for user_id, name in list_people()}
    return {p.email: Actor(label=p.name, user_id=ids[p.name]) for p in people.PEOPLE if p.name in ids}


def form_teams(*, today: date) -> None:
    """Sophie formed two teams and set targets for the month; Inès is away, and Hugo stands in."""
    ids = {name: user_id for user_id, name in list_people()}
    sophie = Actor(label=MANAGER, user_id=ids[MANAGER])
    month = today.replace(day=1)
    with clock.frozen(datetime.combine(month, time(12), tzinfo=ZoneInfo(settings.TIME_ZONE))):
        for name, members in TEAMS.items():
            team_id = teams.keep_team(
                team_id=None, name=name, manager_id=ids[MANAGER], member_ids=[ids[each] for each in members],
                actor=sophie,
            )  # fmt: skip
            if name == RENNES:
                weights.set_weights(
                    team_id=team_id, points=WEIGHTS_OF_RENNES, from_date=month, today=month, actor=sophie
                )
        for name, (calls, promised, amount) in TARGETS.items():
            targets.set_target(
                user_id=ids[name], from_date=month, today=month, actor=sophie, calls_a_day=calls,
                promises_a_month=promised, amount_a_month=amount,
            )  # fmt: skip
        staff.plan_absence(
            user_id=ids["Inès Morel"], deputy_id=ids["Hugo Bernard"], from_date=today - timedelta(days=AWAY_BEFORE),
            until_date=today + timedelta(days=AWAY_AFTER), actor=sophie,
        )  # fmt: skip


def by_collector(collectors: Mapping[str, str]) -> dict[str, Actor]:
    """Return for each customer's number who works on it."""
    actors = actors_by_email()
    return {number: actors[email] for number, email in collectors.items()}
