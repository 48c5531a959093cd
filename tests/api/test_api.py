"""The API: tokens, bank files, batches, answers, items; and what strangers get."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quittance.cash.models import BankTransaction
from quittance.cli.import_statement import command as import_command
from quittance.foundation import api_tokens, clock
from quittance.foundation.api_tokens import ApiScope
from quittance.foundation.models import ApiAnswer, ApiToken, Event
from quittance.foundation.permissions import SYSTEM, Scope
from quittance.writeback.models import WriteBackBatch
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import DUE

pytestmark = pytest.mark.django_db
ROOT = "/api/v1"
ALL = [str(scope) for scope in ApiScope]


class Caller:
    """A program with a token."""

    def __init__(self, secret: str) -> None:
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str) -> Any:
        return self.client.get(path if path.startswith("/api") else ROOT + path, headers=self.headers)

    def post(self, path: str, body: Any = None, *, key: str = "") -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(ROOT + path, content, content_type=kind, headers=headers)


@pytest.fixture
def cast(tmp_path: Path, settings: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


def caller(cast: Cast, *, scopes: list[str] | None = None, company_ids: list[int] | None = None, **more: Any) -> Caller:
    _id, secret = api_tokens.create_token(
        name="ERP", company_ids=company_ids or [cast.company.id], scopes=scopes or ALL,
        expires_on=more.get("expires_on"), actor=SYSTEM,
    )  # fmt: skip
    return Caller(secret)


def bank_file(number: str = "F-API", amount: str = "120.00") -> bytes:
    return document(statement(entry(amount, reference="R1", details=detail(text=number))))


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.content)
    assert (told["type"], told["status"]) == (f"urn:quittance:problem:{code}", status)
    assert told["title"]
    return told


CALLS = [
    ("GET", "/items"), ("POST", "/statements"), ("GET", "/writeback/batches"), ("GET", "/writeback/batches/1"),
    ("GET", "/writeback/batches/1/files/FEC"), ("POST", "/writeback/export"),
    ("POST", "/writeback/batches/1/acknowledge"),
]  # fmt: skip


def test_every_operation_is_tried_by_strangers() -> None:
    from quittance.api.urls import api

    paths = api.get_openapi_schema(path_prefix="")["paths"]
    known = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    tried = {(method, path.replace("/1", "/{batch_id}").replace("FEC", "{format}")) for method, path in CALLS}
    assert known == tried


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_nobody_gets_in_without_a_token_that_counts(cast: Cast, method: str, path: str) -> None:
    over = caller(cast, expires_on=clock.today())
    ApiToken.objects.update(expires_on=clock.today() - timedelta(days=1))
    revoked = caller(cast)
    row = ApiToken.objects.latest("id")
    api_tokens.revoke_token(token_id=row.pk, actor=SYSTEM, scope=Scope())
    for one in (Caller(""), Caller("qtk_wrong"), over, revoked):
        answer = one.get(path) if method == "GET" else one.post(path)
        problem(answer, 401, "no-token")
        assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_token_does_nothing_that_it_is_not_for(cast: Cast, method: str, path: str) -> None:
    needed = {"/items": "items:read", "/statements": "statements:write"}.get(path)
    needed = needed or ("writeback:read" if method == "GET" else "writeback:write")
    one = caller(cast, scopes=[scope for scope in ALL if scope != needed])
    told = problem(one.get(path) if method == "GET" else one.post(path), 403, "no-scope")
    assert needed in told["title"]


def test_a_signed_in_person_is_nobody_to_the_api(cast: Cast) -> None:
    one = Caller("")
    one.client.force_login(cast.adam)
    problem(one.get("/items"), 401, "no-token")


def test_a_bank_file_is_taken_in_once_and_told_as_by_the_command(cast: Cast, tmp_path: Path) -> None:
    item = make_item(cast.account, "120.00", due=DUE, number="F-2026-0815")
    one, content = caller(cast), bank_file("F-2026-0815")
    first = one.post("/statements?filename=a.xml", content, key="k1")
    assert first.status_code == 200, first.content
    told = first.json()
    assert (told["transactions_new"], told["matched"], told["rejected"]) == (1, 1, 0)
    item.refresh_from_db()
    assert item.amount_open == 0
    again = one.post("/statements?filename=a.xml", content, key="k1")
    assert again.json() == told
    assert one.post("/statements?filename=a.xml", content).json()["duplicates"] == 1
    assert BankTransaction.objects.count() == 1
    problem(one.post("/statements?filename=b.xml", content, key="k1"), 422, "key-reused")
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    from click.testing import CliRunner

    printed = json.loads(CliRunner().invoke(import_command, [str(path), "--json"]).stdout)
    assert set(printed) == set(told)
    assert Event.objects.filter(kind="statement.imported", actor_label="API · ERP").count() == 2


def test_what_is_no_bank_file_is_said_to_be_none(cast: Cast, settings: Any) -> None:
    one = caller(cast)
    bad = one.post("/statements", b"nothing that a bank would send")
    assert bad.status_code == 422
    assert bad.json()["reason_code"]
    problem(one.post("/statements", b""), 422, "no-body")
    settings.QUITTANCE_UPLOAD_MAX_BYTES = 10
    problem(one.post("/statements", bank_file()), 413, "too-large")
    problem(one.post("/statements?match=perhaps", bank_file()), 422, "not-valid")


def test_a_bank_file_of_another_company_is_rejected(cast: Cast) -> None:
    stranger = caller(cast, company_ids=[cast.other_company.id])
    told = stranger.post("/statements", bank_file()).json()
    assert ([line["reason_code"] for line in told["rejected_lines"]], told["transactions_new"]) == (
        ["BANK_ACCOUNT_UNKNOWN"], 0,
    )  # fmt: skip
    assert not BankTransaction.objects.exists()
    problem(stranger.post("/statements?company=ARV", bank_file()), 404, "not-found")


def matched(cast: Cast, one: Caller) -> None:
    make_item(cast.account, "120.00", due=DUE, number="F-2026-0815")
    assert one.post("/statements?filename=a.xml", bank_file("F-2026-0815")).json()["matched"] == 1


def test_a_batch_is_exported_fetched_and_acknowledged(cast: Cast) -> None:
    one = caller(cast)
    problem(one.post("/writeback/export"), 409, "nothing-waits")
    matched(cast, one)
    made = one.post("/writeback/export", {"company": "ARV"}, key="monday")
    assert made.status_code == 201, made.content
    batch = made.json()
    assert (batch["number"], batch["entries"], batch["unanswered"]) == (1, 2, 2)
    assert one.post("/writeback/export", {"company": "ARV"}, key="monday").json() == batch
    assert WriteBackBatch.objects.count() == 1
    for file in batch["files"]:
        sent = one.get(file["href"])
        assert hashlib.sha256(sent.content).hexdigest() == file["sha256"]
    path = f"/writeback/batches/{batch['id']}/acknowledge"
    part = {"is_complete": False, "entries": [{"number": 2, "refused": "period closed"}, {"number": 9}]}
    assert one.post(path, part).json() == {"acknowledged": 0, "refused": 1, "unchanged": 0, "unfit": [9]}
    assert one.post(path, {"reference": "E7"}).json() == {"acknowledged": 1, "refused": 0, "unchanged": 0, "unfit": []}
    shown = one.get(f"/writeback/batches/{batch['id']}").json()
    assert (shown["acknowledged"], shown["refused"], shown["unanswered"]) == (1, 1, 0)
    problem(one.post(path, {"entries": [{"number": 0}]}), 422, "not-valid")
    problem(one.post(path, {"entries": [{"number": 1}, {"number": 1}]}), 422, "not-valid")
    problem(one.post(path, {"unknown": 1}), 422, "not-valid")
    problem(one.get(f"/writeback/batches/{batch['id']}/files/PDF"), 422, "not-valid")


def test_another_company_gets_nothing_of_it(cast: Cast) -> None:
    one, stranger = caller(cast), caller(cast, company_ids=[cast.other_company.id])
    matched(cast, one)
    make_item(cast.account, "50", due=DUE)
    batch = one.post("/writeback/export").json()
    assert stranger.get("/writeback/batches").json() == {"items": [], "next": None}
    assert stranger.get("/items").json() == {"items": [], "next": None}
    path = f"/writeback/batches/{batch['id']}"
    for answer in (
        stranger.get(path), stranger.get(f"{path}/files/FEC"), stranger.post(f"{path}/acknowledge"),
        stranger.post("/writeback/export", {"company": "ARV"}), stranger.get("/items?company=ARV"),
    ):  # fmt: skip
        problem(answer, 404, "not-found")
    assert WriteBackBatch.objects.get().entries.filter(state="EXPORTED").count() == batch["entries"]


def test_items_come_page_by_page_each_once(cast: Cast) -> None:
    made = [make_item(cast.account, str(100 + number), due=DUE) for number in range(5)]
    foreign = make_account(cast.durand, cast.other_company, cast.department, number="X1")
    make_item(foreign, "999", due=DUE)
    one, seen, path = caller(cast), [], "/items?limit=2"
    while path:
        page = one.get(path).json()
        seen += page["items"]
        path = page["next"]
    assert [row["id"] for row in seen] == [item.id for item in made]
    assert (seen[0]["open"], seen[0]["company"], seen[0]["erp_key"]) == ("100.0000", "ARV", made[0].external_id)
    for bad in ("limit=0", "limit=1001", "cursor=x"):
        problem(one.get(f"/items?{bad}"), 422, "not-valid")


def test_batches_come_page_by_page(cast: Cast) -> None:
    one = caller(cast)
    matched(cast, one)
    one.post("/writeback/export")
    page = one.get("/writeback/batches?limit=1&company=ARV").json()
    assert ([row["number"] for row in page["items"]], page["next"]) == ([1], None)


def test_a_token_for_several_companies_must_say_which(cast: Cast) -> None:
    one = caller(cast, company_ids=[cast.company.id, cast.other_company.id])
    problem(one.post("/writeback/export"), 422, "company-needed")


def test_too_many_requests_wait(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "REQUESTS_A_MINUTE_MAX", 2)
    one = caller(cast)
    assert [one.get("/items").status_code for _ in range(2)] == [200, 200]
    answer = one.get("/items")
    problem(answer, 429, "too-many-requests")
    assert answer["Retry-After"] == "60"
    ApiToken.objects.update(window_started_at=clock.now() - timedelta(minutes=2))
    assert one.get("/items").status_code == 200


def test_work_in_progress_is_not_begun_twice(cast: Cast) -> None:
    one = caller(cast)
    token = ApiToken.objects.get()
    assert api_tokens.claim_answer(token_id=token.pk, key="k", digest="d") is None
    with pytest.raises(api_tokens.KeyInWork):
        api_tokens.claim_answer(token_id=token.pk, key="k", digest="d")
    ApiAnswer.objects.update(created_at=clock.now() - timedelta(hours=1))
    assert api_tokens.claim_answer(token_id=token.pk, key="k", digest="d") is None
    assert api_tokens.forget_answers(before=clock.now()) == 1
    problem(one.post("/writeback/export", key="x" * 81), 422, "key-too-long")
    problem(one.post("/writeback/export", key="again"), 409, "nothing-waits")
    assert not ApiAnswer.objects.exists()


def test_an_address_that_is_none_is_a_problem(cast: Cast) -> None:
    problem(caller(cast).get("/nothing/here"), 404, "not-found")


def test_what_fails_shows_no_details(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_more: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("quittance.api.items.list_items", fail)
    told = problem(caller(cast).get("/items"), 500, "unexpected")
    assert "secret" not in json.dumps(told)


def test_the_description_needs_no_token_and_nobody_elses_scripts() -> None:
    client = Client()
    schema = client.get(f"{ROOT}/openapi.json").json()
    assert {f"{ROOT}{path.replace('/1', '/{batch_id}').replace('FEC', '{format}')}" for _, path in CALLS} == set(
        schema["paths"]
    )
    page = client.get(f"{ROOT}/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert all(path in text for path in schema["paths"])
    assert all(name in text for name in ("EntryAnswer", "erp_key", "sha256"))
    assert "<script" not in text and "http://" not in text and "https://" not in text


def test_only_the_digest_of_a_token_is_kept(cast: Cast) -> None:
    _id, secret = api_tokens.create_token(
        name="x", company_ids=[cast.company.id], scopes=["items:read"], expires_on=None, actor=SYSTEM
    )
    row = ApiToken.objects.get()
    assert secret not in json.dumps(list(ApiToken.objects.values()), default=str)
    assert row.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in json.dumps(list(Event.objects.values()), default=str)
    for wrong in (
        {"name": " "}, {"company_ids": []}, {"scopes": []}, {"scopes": ["all"]},
        {"expires_on": clock.today() - timedelta(days=1)},
    ):  # fmt: skip
        values: dict[str, Any] = {
            "name": "x", "company_ids": [1], "scopes": ["items:read"], "expires_on": None, "actor": SYSTEM,
        }  # fmt: skip
        with pytest.raises(api_tokens.TokenRefused):
            api_tokens.create_token(**(values | wrong))
