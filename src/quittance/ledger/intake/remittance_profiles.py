"""Profiles of tables of payments: kept by the headings they were confirmed for."""

from __future__ import annotations

from typing import Any

from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.models import MappingProfile


def find_profile(*, kind: str, key: str) -> dict[str, Any] | None:
    """Return the profile confirmed under a key, None when there is none. One query."""
    found = MappingProfile.objects.filter(kind=kind, headings_hash=key).first()
    return None if found is None else found.profile


def save_profile(*, kind: str, key: str, values: dict[str, object], actor: Actor) -> None:
    """Keep a confirmed profile under a key, in the place of the one before."""
    MappingProfile.objects.update_or_create(
        name=f"{kind} {key[:40]}",
        defaults={
            "kind": kind,
            "headings_hash": key,
            "profile": values,
            "created_by_id": actor.user_id,
            "created_at": clock.now(),
        },
    )
