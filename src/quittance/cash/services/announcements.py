"""What customers said they pay: sets of items that one payment may settle together."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.conf import settings
from django.utils.module_loading import import_string

from quittance.promises.queries import list_promised_sets

SETS_OF_ACCOUNT_MAX = 40


def list_announced_sets(*, company_id: int, as_of: date) -> list[frozenset[int]]:
    """Return what was announced or promised, each set once: item by item, by day, all of an account, by promise.

    `QUITTANCE_ANNOUNCEMENT_SOURCES` names functions `(company_id=..., as_of=...)` that return rows of account id, day
    of the word and item id. An account that announced too much for single items to say anything has its days only.
    """
    by_day: defaultdict[tuple[int, date], set[int]] = defaultdict(set)
    for name in settings.QUITTANCE_ANNOUNCEMENT_SOURCES:
        for account_id, day, item_id in import_string(name)(company_id=company_id, as_of=as_of):
            by_day[account_id, day].add(item_id)
    by_account: defaultdict[int, set[int]] = defaultdict(set)
    for (account_id, _), ids in by_day.items():
        by_account[account_id] |= ids
    found = {frozenset(ids) for ids in [*by_day.values(), *by_account.values()]}
    found |= {frozenset({id_}) for ids in by_account.values() if len(ids) <= SETS_OF_ACCOUNT_MAX for id_ in ids}
    found |= {frozenset(ids) for ids in list_promised_sets(company_id=company_id, as_of=as_of)}
    return sorted(found, key=sorted)
