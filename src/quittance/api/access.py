"""Who asks: the token of a request, what it may do, and how often; and requests that must be done once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final, cast

from django.http import HttpRequest
from ninja import Status
from ninja.security import HttpBearer

from quittance.api.problems import Problem, not_found
from quittance.foundation import api_tokens
from quittance.foundation.api_tokens import ApiScope, TokenRow
from quittance.parties.queries import CompanyRow, find_company

KEY_LENGTH_MAX: Final = 80


class Bearer(HttpBearer):
    """A token that may do one thing; the scope stands in the description of each operation."""

    def __init__(self, scope: ApiScope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> TokenRow | None:
        """Return the token, None when it counts for nothing. :raises Problem: too often, or the scope is missing"""
        found = api_tokens.use_token(secret=token)
        if found is None:
            return None
        if found.requests > api_tokens.REQUESTS_A_MINUTE_MAX:
            most = api_tokens.REQUESTS_A_MINUTE_MAX
            raise Problem(429, "too-many-requests", f"At most {most} requests a minute.", "Wait for a minute.")
        if self.scope not in found.scopes:
            raise Problem(403, "no-scope", f"This token may not do this: it needs the scope {self.scope}.")
        return found


def token_of(request: HttpRequest) -> TokenRow:
    """Return the token of a request that got in."""
    return cast(TokenRow, request.auth)  # type: ignore[attr-defined]


def company_of(request: HttpRequest, code: str) -> CompanyRow:
    """Return the company of a code; the token's only one for none.

    :raises Problem: there is no such company for this token, or it must be named
    """
    allowed = token_of(request).company_ids
    if not code and len(allowed) == 1:
        found = find_company(company_id=next(iter(allowed)))
    elif not code:
        raise Problem(422, "company-needed", "Say which company: the token is for several.")
    else:
        found = find_company(code=code)
    if found is None or found.id not in allowed:
        raise not_found(f"company {code}")
    return found


def once(
    request: HttpRequest, *, content_digest: str, work: Callable[[], tuple[int, dict[str, Any]]]
) -> Status[dict[str, Any]]:
    """Do the work of a request, or answer as before when its Idempotency-Key was answered before.

    A problem is not kept: what failed may be tried again under the same key.

    :raises Problem: the key is too long, came with another request, or is being worked on
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return Status(*work())
    if len(key) > KEY_LENGTH_MAX:
        raise Problem(422, "key-too-long", f"An Idempotency-Key has {KEY_LENGTH_MAX} characters at most.")
    token_id = token_of(request).id
    told = f"{request.method} {request.get_full_path()} {content_digest}"
    digest = hashlib.sha256(told.encode()).hexdigest()
    try:
        known = api_tokens.claim_answer(token_id=token_id, key=key, digest=digest)
    except api_tokens.KeyReused as error:
        raise Problem(422, "key-reused", "This Idempotency-Key came with another request before.") from error
    except api_tokens.KeyInWork as error:
        raise Problem(409, "key-in-work", "The same request is being worked on.", "Ask again later.") from error
    if known is not None:
        return Status(*known)
    try:
        status, body = work()
    except Exception:
        api_tokens.drop_answer(token_id=token_id, key=key)
        raise
    api_tokens.keep_answer(token_id=token_id, key=key, status=status, body=body)
    return Status(status, body)
