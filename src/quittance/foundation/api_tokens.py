"""Tokens of the API: made once, shown once, known by their digest, bounded in companies, scopes, time and number."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from quittance.foundation import clock, events
from quittance.foundation.models import ApiAnswer, ApiToken
from quittance.foundation.permissions import Actor, Scope

PREFIX: Final = "qtk_"
REQUESTS_A_MINUTE_MAX: Final = 300
ANSWER_DAYS: Final = 7
WORK_MINUTES_MAX: Final = 30


class ApiScope(StrEnum):
    """What a token may do; code as stored."""

    STATEMENTS_WRITE = "statements:write"
    ITEMS_READ = "items:read"
    WRITEBACK_READ = "writeback:read"
    WRITEBACK_WRITE = "writeback:write"


class TokenRefused(ValueError):
    """A token that cannot be made: `field` says what is wrong."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        super().__init__(text)


class TokenNotFound(LookupError):
    """There is no such token, or not for whoever asks."""


class KeyReused(Exception):
    """The idempotency key came with another request before."""


class KeyInWork(Exception):
    """The same request is being worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token that was shown and counts; `requests` are those of the minute, this one included."""

    id: int
    name: str
    company_ids: frozenset[int]
    scopes: frozenset[str]
    requests: int

    @property
    def scope(self) -> Scope:
        """Return the companies that it may see."""
        return Scope(company_ids=self.company_ids)

    @property
    def actor(self) -> Actor:
        """Return it as the actor of events."""
        return Actor(label=f"API · {self.name}")


@transaction.atomic
def create_token(
    *, name: str, company_ids: Collection[int], scopes: Collection[str], expires_on: date | None, actor: Actor
) -> tuple[int, str]:
    """Make a token and return its id and its secret, which is not kept and cannot be shown again.

    :raises TokenRefused: no name, no company, no or unknown scope, or over before it begins
    """
    known = {str(scope) for scope in ApiScope}
    if not name.strip():
        raise TokenRefused("name", "a token has a name")
    if not company_ids:
        raise TokenRefused("companies", "a token is for one company at least")
    if not scopes or not set(scopes) <= known:
        raise TokenRefused("scopes", "a token may do something that exists")
    if expires_on is not None and expires_on < clock.today():
        raise TokenRefused("expires_on", "a token ends in the future")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        name=name.strip()[:80],
        prefix=secret[:12],
        digest=_digest(secret),
        company_ids=sorted(set(company_ids)),
        scopes=sorted(set(scopes)),
        created_at=clock.now(),
        created_by_id=actor.user_id,
        created_by_name=actor.label[:150],
        expires_on=expires_on,
    )
    told = {"expires_on": expires_on.isoformat() if expires_on else "", "scopes": row.scopes}
    _tell("api_token.created", row, actor, {**told, "companies": row.company_ids})
    return row.pk, secret


@transaction.atomic
def revoke_token(*, token_id: int, actor: Actor, scope: Scope) -> None:
    """End a token at once; a second time changes nothing. :raises TokenNotFound:"""
    row = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if row is None or not is_within(company_ids=row.company_ids, scope=scope):
        raise TokenNotFound(f"no token {token_id}")
    if row.revoked_at is not None:
        return
    row.revoked_at = clock.now()
    row.save(update_fields=["revoked_at"])
    ApiAnswer.objects.filter(token=row).delete()
    _tell("api_token.revoked", row, actor, {})


def list_tokens(*, scope: Scope) -> QuerySet[ApiToken, Any]:
    """Return the tokens whose companies are all in the scope as `.values()` rows, latest first. One query."""
    found = ApiToken.objects.all()
    if scope.company_ids is not None:
        found = found.filter(company_ids__contained_by=sorted(scope.company_ids))
    rows: QuerySet[ApiToken, Any] = found.order_by("-created_at", "-id").values(
        "id", "name", "prefix", "company_ids", "scopes", "created_at", "created_by_name", "expires_on",
        "last_used_at", "revoked_at",
    )  # fmt: skip
    return rows


def is_within(*, company_ids: Collection[int], scope: Scope) -> bool:
    """Say whether all these companies may be seen."""
    return scope.company_ids is None or set(company_ids) <= scope.company_ids


_USE: Final = """
UPDATE foundation_apitoken SET last_used_at = %(now)s,
    window_count = CASE WHEN window_started_at > %(now)s - interval '1 minute' THEN window_count + 1 ELSE 1 END,
    window_started_at = CASE WHEN window_started_at > %(now)s - interval '1 minute' THEN window_started_at
        ELSE %(now)s END
WHERE digest = %(digest)s AND revoked_at IS NULL AND (expires_on IS NULL OR expires_on >= %(today)s)
RETURNING id, name, company_ids, scopes, window_count
"""


def use_token(*, secret: str) -> TokenRow | None:
    """Return the token of a secret and count its use; None when it is unknown, over or revoked. One statement."""
    now: datetime = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_USE, {"now": now, "today": clock.today(), "digest": _digest(secret)})
        row = cursor.fetchone()
    if row is None:
        return None
    return TokenRow(id=row[0], name=row[1], company_ids=frozenset(row[2]), scopes=frozenset(row[3]), requests=row[4])


_CLAIM: Final = """
INSERT INTO foundation_apianswer (token_id, key, digest, created_at) VALUES (%(token)s, %(key)s, %(digest)s, %(now)s)
ON CONFLICT (token_id, key) DO UPDATE SET created_at = %(now)s
WHERE foundation_apianswer.status IS NULL AND foundation_apianswer.digest = %(digest)s
    AND foundation_apianswer.created_at < %(now)s - make_interval(mins => %(minutes)s)
RETURNING id
"""


def claim_answer(*, token_id: int, key: str, digest: str) -> tuple[int, Any] | None:
    """Return what was answered to this request before, (status, body); None when it is this one's to answer.

    Work that nobody finished for half an hour may be begun again: each service is safe to run twice.

    :raises KeyReused: the key came with another request :raises KeyInWork:
    """
    asked: dict[str, Any] = {
        "token": token_id,
        "key": key,
        "digest": digest,
        "now": clock.now(),
        "minutes": WORK_MINUTES_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, asked)
        if cursor.fetchone() is not None:
            return None
    known = ApiAnswer.objects.get(token_id=token_id, key=key)
    if known.digest != digest:
        raise KeyReused(key)
    if known.status is None:
        raise KeyInWork(key)
    return known.status, known.body


def keep_answer(*, token_id: int, key: str, status: int, body: Any) -> None:
    """Keep what was answered."""
    ApiAnswer.objects.filter(token_id=token_id, key=key).update(status=status, body=body)


def drop_answer(*, token_id: int, key: str) -> None:
    """Let the same request be tried again: it came to nothing."""
    ApiAnswer.objects.filter(token_id=token_id, key=key, status=None).delete()


def forget_answers(*, before: datetime) -> int:
    """Forget answers kept before a moment; return how many."""
    count, _by_model = ApiAnswer.objects.filter(created_at__lt=before).delete()
    return count


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _tell(kind: str, row: ApiToken, actor: Actor, payload: dict[str, Any]) -> None:
    company_id = row.company_ids[0] if len(row.company_ids) == 1 else None
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            company_id=company_id,
            subject_kind="api_token",
            subject_id=str(row.pk),
            payload={"name": row.name, "prefix": row.prefix, **payload},
        )
    )
