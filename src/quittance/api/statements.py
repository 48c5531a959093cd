"""Bank files in."""

from __future__ import annotations

import hashlib
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Final, cast

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Status

from quittance.api.access import Bearer, company_of, once, token_of
from quittance.api.problems import Problem
from quittance.api.schemas import StatementOut
from quittance.cash.services import import_statement, match_transactions
from quittance.cash.statement_files import TableSettings
from quittance.cash.statement_results import add_runs, import_object
from quittance.foundation import clock
from quittance.foundation.api_tokens import ApiScope

router = Router(tags=["Bank statements"])
PART_BYTES: Final = 1 << 20
IN_MEMORY_BYTES_MAX: Final = 4 << 20
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/statements",
    auth=Bearer(ApiScope.STATEMENTS_WRITE),
    response={200: StatementOut, 422: StatementOut},
    openapi_extra=_BODY,
    summary="Take a bank file in and match what it brought",
)
def take_statement(
    request: HttpRequest,
    filename: Annotated[str, Query(max_length=200)] = "statement",
    company: Annotated[str, Query(max_length=40)] = "",
    account: Annotated[str, Query(max_length=40)] = "",
    match: bool = True,
) -> Status[dict[str, Any]]:
    """Take the body as a file of the bank: camt, MT940, CFONB120, OFX, BAI2, CODA, CSV or XLSX, plain or in a ZIP.

    The same movements again change nothing. The company is the code of the one that a new bank account is of, the
    account is the IBAN of a table that names none. Statements of companies that the token is not for are rejected.
    422 with the same object when nothing could be read: reason_code says why.
    """
    token = token_of(request)
    company_id = company_of(request, company).id if company or len(token.company_ids) == 1 else None
    with SpooledTemporaryFile(IN_MEMORY_BYTES_MAX, "w+b") as file:
        digest = _receive(request, cast(BinaryIO, file))

        def work() -> tuple[int, dict[str, Any]]:
            file.seek(0)
            result = import_statement(
                stream=cast(BinaryIO, file),
                filename=filename,
                actor=token.actor,
                company_id=company_id,
                tables=TableSettings(account_id=account),
                scope=token.scope,
            )
            runs = [
                match_transactions(company_id=one, as_of=clock.today(), actor=token.actor)
                for one in (result.company_ids if match else ())
            ]
            told = import_object(result, add_runs(runs) if match else None)
            is_lost = result.is_refused or (result.rejected and not result.transactions_read)
            return (422 if is_lost else 200), told

        return once(request, content_digest=digest, work=work)


def _receive(request: HttpRequest, file: BinaryIO) -> str:
    """Write the body to a file and return its digest. :raises Problem: it is too large, or there is none"""
    digest, size = hashlib.sha256(), 0
    while part := request.read(PART_BYTES):
        size += len(part)
        if size > settings.QUITTANCE_UPLOAD_MAX_BYTES:
            most = settings.QUITTANCE_UPLOAD_MAX_BYTES
            raise Problem(413, "too-large", f"A file has {most} bytes at most.")
        digest.update(part)
        file.write(part)
    if not size:
        raise Problem(422, "no-body", "Send the file as the body of the request.")
    return digest.hexdigest()
