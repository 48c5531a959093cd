"""Profiles of banks' tables: kept by the headings they were confirmed for."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from quittance.core.mapping.bank_profile import KIND, BankProfile
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.models import MappingProfile


def find_statement_profile(*, headings: Sequence[str]) -> BankProfile | None:
    """Return the profile confirmed for these headings, in this order; None when there is none. One query."""
    found = MappingProfile.objects.filter(kind=KIND, headings_hash=_hash(headings)).first()
    return BankProfile.from_json(found.profile) if found else None


def save_statement_profile(*, headings: Sequence[str], profile: BankProfile, actor: Actor) -> None:
    """Keep a confirmed profile; the next file with the same headings is read by it without a question."""
    key = _hash(headings)
    MappingProfile.objects.update_or_create(
        name=f"{KIND} {key[:40]}",
        defaults={
            "kind": KIND,
            "headings_hash": key,
            "profile": profile.to_json(),
            "created_by_id": actor.user_id,
            "created_at": clock.now(),
        },
    )


def _hash(headings: Sequence[str]) -> str:
    """Return the key of a row of headings; a ledger file with the same ones has another."""
    return sha256("\x1f".join([KIND, *headings]).encode()).hexdigest()
