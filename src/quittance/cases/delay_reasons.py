"""Why items are late: the company's own list. Services and their queries.

Items keep the code, so a reason that is renamed is renamed everywhere, and one that is retired stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Max

from quittance.cases.models import DelayReason
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.parties.queries import fold

NAME_LENGTH_MAX: Final = 80
_CODE_LENGTH_MAX = 30


class DelayReasonNotFound(LookupError):
    """No reason has this code."""


class DelayReasonRefused(ValueError):
    """The list cannot be changed like this; `problem` is NAME_MISSING, NAME_TAKEN or LAST_ONE."""

    def __init__(self, problem: str, message: str) -> None:
        self.problem = problem
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayReasonRow:
    """One reason; `names` by language."""

    code: str
    names: Mapping[str, str]
    is_active: bool

    def name(self, language: str) -> str:
        """Return its name in a language, else in another one that it has.

        >>> DelayReasonRow(code="X", names={"en": "Strike"}, is_active=True).name("fr")
        'Strike'
        """
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), self.code)


def list_delay_reasons() -> list[DelayReasonRow]:
    """Return the whole list in its order, retired reasons too. One query."""
    found = DelayReason.objects.order_by("position", "id")
    return [DelayReasonRow(code=row.code, names=row.names, is_active=row.is_active) for row in found]


@transaction.atomic
def add_delay_reason(*, names: Mapping[str, str], actor: Actor) -> str:
    """Add a reason at the end of the list and return its code. :raises DelayReasonRefused:"""
    wanted = _checked(names, but="")
    position = DelayReason.objects.aggregate(last=Max("position"))["last"] or 0
    row = DelayReason.objects.create(code=_free_code(next(iter(wanted.values()))), names=wanted, position=position + 1)
    _record("delay_reason.added", row, actor, {"names": wanted})
    return row.code


@transaction.atomic
def rename_delay_reason(*, code: str, names: Mapping[str, str], actor: Actor) -> None:
    """Give a reason other names; items that have it show them.

    :raises DelayReasonNotFound: :raises DelayReasonRefused:
    """
    row = _lock(code)
    wanted = _checked(names, but=code)
    if wanted == row.names:
        return
    before, row.names = row.names, wanted
    row.save(update_fields=["names"])
    _record("delay_reason.renamed", row, actor, {"before": before, "names": wanted})


@transaction.atomic
def use_delay_reason(*, code: str, is_active: bool, actor: Actor) -> None:
    """Offer a reason again, or retire it: what has it keeps it.

    :raises DelayReasonNotFound: :raises DelayReasonRefused:
    """
    row = _lock(code)
    if row.is_active == is_active:
        return
    if not is_active and not DelayReason.objects.filter(is_active=True).exclude(code=code).exists():
        raise DelayReasonRefused("LAST_ONE", "one reason at least is offered")
    row.is_active = is_active
    row.save(update_fields=["is_active"])
    _record("delay_reason.restored" if is_active else "delay_reason.retired", row, actor, {"names": row.names})


def _lock(code: str) -> DelayReason:
    row = DelayReason.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise DelayReasonNotFound(f"no reason {code}")
    return row


def _checked(names: Mapping[str, str], *, but: str) -> dict[str, str]:
    """Return the names without blanks. :raises DelayReasonRefused: none is left, or another reason is called so."""
    wanted = {language: " ".join(name.split())[:NAME_LENGTH_MAX] for language, name in names.items() if name.strip()}
    if not wanted:
        raise DelayReasonRefused("NAME_MISSING", "a reason has a name in one language at least")
    for row in DelayReason.objects.select_for_update().exclude(code=but):
        for language, name in wanted.items():
            if row.names.get(language, "").casefold() == name.casefold():
                raise DelayReasonRefused("NAME_TAKEN", f"another reason is called {name!r}")
    return wanted


def _free_code(name: str) -> str:
    """Return a code made of the name that no reason has."""
    base = re.sub(r"[^A-Z0-9]+", "_", fold(name).upper()).strip("_")[: _CODE_LENGTH_MAX - 4] or "REASON"
    taken = set(DelayReason.objects.filter(code__startswith=base).values_list("code", flat=True))
    number = 1
    code = base
    while code in taken:
        number += 1
        code = f"{base}_{number}"
    return code


def _record(kind: str, row: DelayReason, actor: Actor, payload: dict[str, object]) -> None:
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            subject_kind="delay_reason",
            subject_id=row.code,
            payload={"code": row.code, **payload},
        )
    )
