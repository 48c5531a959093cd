"""What goes to the ERP, and what it says of it."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status

from quittance.api.access import Bearer, company_of, once, token_of
from quittance.api.paging import next_address
from quittance.api.problems import Problem, not_found
from quittance.api.schemas import AnswerIn, AnswerOut, BatchesOut, BatchOut, ExportIn
from quittance.foundation import clock
from quittance.foundation.api_tokens import ApiScope
from quittance.writeback import queries, services

router = Router(tags=["To the ERP"])
_READ, _WRITE = Bearer(ApiScope.WRITEBACK_READ), Bearer(ApiScope.WRITEBACK_WRITE)


@router.get("/writeback/batches", auth=_READ, response=BatchesOut, summary="List batches, the latest first")
def list_batches(
    request: HttpRequest,
    company: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Return batches without their files; company narrows to one."""
    found = queries.list_batches(scope=token_of(request).scope).order_by("-id")
    if company:
        found = found.filter(company_id=company_of(request, company).id)
    if cursor is not None:
        found = found.filter(id__lt=cursor)
    rows = [_batch(dict(row)) for row in found[: limit + 1]]
    following = next_address(request, rows, limit)
    return {"items": rows, "next": following}


@router.get("/writeback/batches/{int:batch_id}", auth=_READ, response=BatchOut, summary="Read one batch")
def get_batch(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    """Return a batch with its files."""
    return _whole(request, batch_id)


@router.get(
    "/writeback/batches/{int:batch_id}/files/{format}",
    auth=_READ,
    response={200: None},
    summary="Download a file of a batch",
)
def get_file(request: HttpRequest, batch_id: int, format: Literal["FEC", "CSV", "JSON"]) -> HttpResponse:  # noqa: A002
    """Return the file as it left: journal lines in the columns of the FEC, CSV, or JSON."""
    try:
        found = services.read_batch_file(batch_id=batch_id, format=format, scope=token_of(request).scope)
    except services.BatchNotFound:
        raise not_found(f"batch {batch_id}") from None
    except services.FileDamaged as error:
        raise Problem(500, "file-damaged", "The kept file is gone or damaged.", str(error)) from error
    response = HttpResponse(found.content, content_type=found.content_type)
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@router.post("/writeback/export", auth=_WRITE, response={201: BatchOut}, summary="Export what waits as a batch")
def export(request: HttpRequest, asked: ExportIn) -> Status[dict[str, Any]]:
    """Queue what is new and let all that waits of a company leave. 409 when nothing waits.

    With an Idempotency-Key a repeated request gets the batch that it made, not another one.
    """
    company, token = company_of(request, asked.company), token_of(request)

    def work() -> tuple[int, dict[str, Any]]:
        try:
            batch_id = services.export_batch(company_id=company.id, as_of=clock.today(), actor=token.actor)
        except services.NothingWaits:
            raise Problem(409, "nothing-waits", f"Nothing waits for the ERP of {company.code}.") from None
        return 201, BatchOut(**_whole(request, batch_id)).model_dump(mode="json")

    return once(request, content_digest=_digest(request), work=work)


@router.post(
    "/writeback/batches/{int:batch_id}/acknowledge",
    auth=_WRITE,
    response=AnswerOut,
    summary="Note what the ERP says of a batch",
)
def acknowledge(request: HttpRequest, batch_id: int, asked: AnswerIn) -> Status[dict[str, Any]]:
    """Note entries as taken, or refused. The same again changes nothing."""
    token = token_of(request)
    answers = [
        services.Answer(number=one.number, reference=one.reference or asked.reference, refusal=one.refused)
        for one in asked.entries
    ]

    def work() -> tuple[int, dict[str, Any]]:
        try:
            if asked.is_complete:
                result = services.acknowledge_batch(
                    batch_id=batch_id, reference=asked.reference, actor=token.actor, but=answers, scope=token.scope
                )
            else:
                result = services.answer_entries(
                    batch_id=batch_id, answers=answers, actor=token.actor, scope=token.scope
                )
        except services.BatchNotFound:
            raise not_found(f"batch {batch_id}") from None
        except services.AnswerRefused as error:
            raise Problem(422, "not-valid", "The answer cannot be noted.", str(error)) from error
        return 200, {
            "acknowledged": result.acknowledged,
            "refused": result.refused,
            "unchanged": result.unchanged,
            "unfit": list(result.unfit),
        }

    return once(request, content_digest=_digest(request), work=work)


def _digest(request: HttpRequest) -> str:
    return hashlib.sha256(request.body).hexdigest()


def _whole(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    found = queries.find_batch(batch_id=batch_id, scope=token_of(request).scope)
    if found is None:
        raise not_found(f"batch {batch_id}")
    files = [
        {**row, "href": reverse("api:get_file", kwargs={"batch_id": batch_id, "format": row["format"]})}
        for row in queries.list_batch_files(batch_id=batch_id)
    ]
    return {**_batch(found), "files": files}


def _batch(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"], "company": row["company_code"], "number": row["number"], "exported_on": row["exported_on"],
        "exported_at": row["exported_at"], "exported_by": row["exported_by_name"], "entries": row["entry_count"],
        "lines": row["line_count"], "currency": row["currency"], "total": f"{row['debit_total']:f}",
        "unanswered": row["unanswered"], "acknowledged": row["acknowledged"], "refused": row["refused"],
    }  # fmt: skip
