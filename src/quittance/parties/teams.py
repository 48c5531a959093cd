"""Teams of our people, and who stands in for whom. Services and their queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from quittance.foundation import events
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.models import Team, User
from quittance.parties.people import list_people


class TeamRefused(ValueError):
    """The team cannot be kept like this; `field` names what is wrong, the message says why."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class TeamNotFound(LookupError):
    """No team has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRow:
    """A team with its people by name."""

    id: int
    name: str
    manager_id: int | None
    manager_name: str
    members: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """The other side of an absence: who is away and whose work one sees meanwhile, or who sees it; until when."""

    user_id: int
    name: str
    until_date: date


def list_teams(*, scope: Scope = EVERYTHING) -> list[TeamRow]:
    """Return the teams by name, with those of their active people who see a company of the scope. Three queries.

    A team without any such person belongs to others and is left out; an empty one belongs to everybody.
    """
    shown = {user_id for user_id, _name in list_people(scope=scope)}
    found = Team.objects.select_related("manager").prefetch_related("members").order_by("name", "id")
    rows = [(_row(team, shown), bool(team.members.all())) for team in found]
    return [row for row, has_members in rows if row.members or not has_members or scope.company_ids is None]


def get_team(*, team_id: int, scope: Scope = EVERYTHING) -> TeamRow:
    """Return a team. :raises TeamNotFound:"""
    row = next((row for row in list_teams(scope=scope) if row.id == team_id), None)
    if row is None:
        raise TeamNotFound(f"no team has id {team_id}")
    return row


def list_team_ids(*, team_ids: Collection[int]) -> dict[int, int]:
    """Return the team of each person who is in one of these. One query."""
    rows = User.objects.filter(team_id__in=list(team_ids)).order_by("id").values_list("id", "team_id")
    return {user_id: team_id for user_id, team_id in rows if team_id is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A person's place on a day: the team, for whom they stand in, and who stands in for them."""

    team_id: int | None = None
    stands_in_for: tuple[StandIn, ...] = ()
    deputy: StandIn | None = None


_STANDING = """
SELECT 'TEAM', team_id, '', NULL::date FROM parties_user WHERE id = %(user)s
UNION ALL
SELECT 'FOR', x.user_id, u.name, x.until_date FROM parties_absence x JOIN parties_user u ON u.id = x.user_id
WHERE x.deputy_id = %(user)s AND %(day)s BETWEEN x.from_date AND x.until_date
UNION ALL
SELECT 'DEPUTY', x.deputy_id, u.name, x.until_date FROM parties_absence x JOIN parties_user u ON u.id = x.deputy_id
WHERE x.user_id = %(user)s AND u.is_active AND %(day)s BETWEEN x.from_date AND x.until_date
ORDER BY 1, 3, 2
"""


def get_standing(*, user_id: int | None, day: date) -> Standing:
    """Return the place of a person on a day; nothing for a stranger. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"user": user_id, "day": day})
        rows = cursor.fetchall()
    people = {kind: [StandIn(user_id=row[1], name=row[2], until_date=row[3]) for row in rows if row[0] == kind]
              for kind in ("FOR", "DEPUTY")}  # fmt: skip
    return Standing(
        team_id=next((row[1] for row in rows if row[0] == "TEAM"), None),
        stands_in_for=tuple(people["FOR"]),
        deputy=next(iter(people["DEPUTY"]), None),
    )


@transaction.atomic
def keep_team(
    *, team_id: int | None, name: str, manager_id: int | None, member_ids: Collection[int], actor: Actor
) -> int:
    """Create a team (`team_id` None) or change it; who joins it leaves the team they were in. :raises TeamRefused:

    :raises TeamNotFound:
    """
    name = " ".join(name.split())
    if not name:
        raise TeamRefused(_("Give the team a name."), field="name")
    if Team.objects.filter(name__iexact=name).exclude(id=team_id or 0).exists():
        raise TeamRefused(_("Another team has this name."), field="name")
    people = set(User.objects.filter(id__in=member_ids, portal_customer__isnull=True).values_list("id", flat=True))
    if people != set(member_ids):
        raise TeamRefused(_("Somebody chosen is not one of our people."), field="members")
    if manager_id is not None and not User.objects.filter(id=manager_id, portal_customer__isnull=True).exists():
        raise TeamRefused(_("The manager is not one of our people."), field="manager")
    team = Team() if team_id is None else Team.objects.select_for_update().filter(id=team_id).first()
    if team is None:
        raise TeamNotFound(f"no team has id {team_id}")
    team.name, team.manager_id = name, manager_id
    team.save()
    User.objects.filter(team=team).exclude(id__in=people).update(team=None)
    User.objects.filter(id__in=people).update(team=team)
    payload: dict[str, Any] = {"name": name, "members": sorted(_names(people))}
    kind = "team.added" if team_id is None else "team.changed"
    events.record(
        events.NewEvent(kind=kind, actor=actor, subject_kind="team", subject_id=str(team.id), payload=payload)
    )
    return team.id


def _names(user_ids: Collection[int]) -> list[str]:
    return list(User.objects.filter(id__in=user_ids).values_list("name", flat=True))


def _row(team: Team, shown: Collection[int]) -> TeamRow:
    people = sorted((one.name or one.email, one.id) for one in team.members.all() if one.id in shown)
    return TeamRow(
        id=team.id,
        name=team.name,
        manager_id=team.manager_id,
        manager_name=team.manager.name if team.manager else "",
        members=tuple((user_id, name) for name, user_id in people),
    )
