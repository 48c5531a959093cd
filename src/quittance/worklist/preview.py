"""What other weights would make of today's list, before anybody decides on them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q

from quittance.core.worklist import RankWeights
from quittance.foundation.permissions import Scope
from quittance.worklist.accounts_sql import rank_anew
from quittance.worklist.models import Task
from quittance.worklist.queries import visible
from quittance.worklist.weights import weights_on

SHOWN = 10
# The list is ranked again as a whole up to this many accounts; of more, those that come first now.
ACCOUNTS_MAX = 20_000


def first_ten(
    *, scope: Scope, team_id: int | None, as_of: date, now: RankWeights, wanted: RankWeights
) -> list[dict[str, Any]]:
    """Return the accounts that would come first for a team, with their place now (None beyond the first hundred).

    The accounts are those with an open task whose owner these weights rank: the team's people, or (None) those of no
    team with weights of its own. Six queries.
    """
    own = [key for key in weights_on(day=as_of) if key]
    of_team = Q(owner__team_id=team_id) if team_id else ~Q(owner__team_id__in=own) | Q(owner__team_id__isnull=True)
    found = Task.objects.filter(visible(scope=scope), of_team, state=Task.State.OPEN, key__startswith="account:")
    account_ids = list(found.order_by("-score", "-id").values_list("account_id", flat=True)[:ACCOUNTS_MAX])
    if not account_ids:
        return []
    before = rank_anew(as_of=as_of, account_ids=account_ids, weights=now, limit=100)
    places = {row["account_id"]: place for place, row in enumerate(before, 1)}
    first = rank_anew(as_of=as_of, account_ids=account_ids, weights=wanted, limit=SHOWN)
    shown = found.filter(account_id__in=[row["account_id"] for row in first])
    names = dict(shown.values_list("account_id", "customer__name"))
    return [
        {
            **row,
            "place": place,
            "place_now": places.get(row["account_id"]),
            "moved": (places.get(row["account_id"]) or 101) - place,
            "fell": place - (places.get(row["account_id"]) or 101),
            "name": names.get(row["account_id"], ""),
        }
        for place, row in enumerate(first, 1)
    ]
