"""The pages of the queue to the ERP: what waits, a batch and its files, answers, accounts, and who may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from quittance.cli.writeback import command
from quittance.writeback.accounts import get_plan
from quittance.writeback.models import WriteBackBatch, WriteBackEntry
from quittance.writeback.services import collect_entries, read_batch_file
from tests.cast import Cast, make_cast, make_item
from tests.integration.cash.desk import DUE
from tests.integration.writeback.test_queue import pay
from tests.web.desk import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(tmp_path: Path, settings: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    found = make_cast()
    pay(found, [make_item(found.account, "100", due=DUE, number="F-100")], "98.00", way="BANK_FEE")
    collect_entries(company_id=found.company.id)
    return found


def exported(cast: Cast) -> WriteBackBatch:
    browser(cast.clara).post(reverse("writeback_export"), {"company": cast.company.id})
    return WriteBackBatch.objects.get()


def text(client: Client, path: str) -> str:
    answered = client.get(path)
    assert answered.status_code == 200
    return answered.content.decode()


def test_the_queue_is_shown_and_leaves_as_a_batch(cast: Cast) -> None:
    clara = browser(cast.clara)
    page = text(clara, reverse("writeback_list"))
    assert "F-100" in page and "4 entries wait" in page
    assert reverse("writeback_list") in text(clara, reverse("cash_desk"))
    answered = clara.post(reverse("writeback_export"), {"company": cast.company.id})
    batch = WriteBackBatch.objects.get()
    assert answered["Location"] == reverse("writeback_batch", args=[batch.pk])
    entries = text(clara, answered["Location"])
    assert "F-100" in entries and "QAAA" in entries
    assert "Arvor" in text(clara, reverse("writeback_batches"))
    again = clara.post(reverse("writeback_export"), {"company": cast.company.id}, follow=True)
    assert "Nothing waits" in again.content.decode()
    assert WriteBackBatch.objects.count() == 1


@pytest.mark.parametrize("name", ["FEC", "CSV", "JSON"])
def test_a_file_is_sent_as_it_left(cast: Cast, name: str) -> None:
    batch = exported(cast)
    answered = browser(cast.alice).get(reverse("writeback_file", args=[batch.pk, name]))
    kept = read_batch_file(batch_id=batch.pk, format=name)
    assert answered.content == kept.content
    assert kept.filename in answered["Content-Disposition"]
    assert browser(cast.alice).get(reverse("writeback_file", args=[batch.pk, "PDF"])).status_code == 404


def test_a_file_that_was_changed_is_not_given_out(cast: Cast) -> None:
    batch = exported(cast)
    with Path(batch.files.get(format="FEC").file.path).open("ab") as stream:
        stream.write(b"x")
    answered = browser(cast.clara).get(reverse("writeback_file", args=[batch.pk, "FEC"]), follow=True)
    assert "gone or damaged" in answered.content.decode()


def test_the_answer_of_the_erp_is_noted_and_refused_entries_are_queued_again(cast: Cast) -> None:
    clara, batch = browser(cast.clara), exported(cast)
    path = reverse("writeback_answer", args=[batch.pk])
    assert clara.post(path, {"answer": "REFUSED", "numbers": "2"}).status_code == 422
    assert clara.post(path, {"answer": "TAKEN", "numbers": "2-x"}).status_code == 422
    clara.post(path, {"answer": "REFUSED", "numbers": "2", "refusal": "period closed"})
    clara.post(path, {"answer": "TAKEN", "reference": "E7"})
    page = text(clara, reverse("writeback_batch", args=[batch.pk]))
    assert "period closed" in page and "E7" in page
    odd = clara.post(path, {"answer": "TAKEN", "numbers": "99"}, follow=True)
    assert "99" in odd.content.decode()
    refused = WriteBackEntry.objects.get(state="REFUSED")
    clara.post(reverse("writeback_again"), {"selected": [refused.pk]})
    refused.refresh_from_db()
    assert (refused.state, refused.number) == ("WAITING", 2)
    again = clara.post(reverse("writeback_again"), {"all": "1", "query": "state=ACKNOWLEDGED"}, follow=True)
    assert "None of them was refused" in again.content.decode()


def test_only_the_cash_desk_sends(cast: Cast) -> None:
    alice = browser(cast.alice)
    assert "Export what waits" not in text(alice, reverse("writeback_list"))
    assert alice.post(reverse("writeback_export"), {"company": cast.company.id}).status_code == 403
    stranger = {"company": cast.other_company.id}
    assert browser(cast.clara).post(reverse("writeback_export"), stranger).status_code == 404


def test_accounts_are_set_by_an_administrator(cast: Cast) -> None:
    adam, path = browser(cast.adam), reverse("settings_erp_accounts")
    assert "512000" in text(adam, path)
    plan = get_plan(company_id=cast.company.id)
    values = {
        "company": cast.company.id,
        **{role.value: number for role, number in plan.account_numbers.items()},
        **{f"{journal}_JOURNAL": code for journal, code in plan.journal_codes.items()},
        f"bank_{cast.bank_account.id}": "512300",
    }
    assert adam.post(path, {**values, "LOSS": "=1"}).status_code == 422
    assert adam.post(path, {**values, "OTHER_JOURNAL": "BQ"}).status_code == 422
    assert adam.post(path, values).status_code == 302
    assert get_plan(company_id=cast.company.id).bank_numbers == {cast.bank_account.id: "512300"}
    assert browser(cast.manager).post(path, values).status_code == 403


def test_the_command_exports_and_acknowledges(cast: Cast, tmp_path: Path) -> None:
    run = CliRunner()
    asked = ["export", "--company", "ARV", "--output", str(tmp_path / "out"), "--format", "FEC", "--format", "JSON"]
    done = run.invoke(command, [*asked, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    first = {file["format"]: Path(file["path"]).read_bytes() for file in told["files"]}
    assert (told["batch"], told["entries"]) == (1, 4)
    assert run.invoke(command, asked).exit_code == 2
    assert run.invoke(command, [*asked, "--batch", "1"]).exit_code == 0
    assert {name: (tmp_path / "out" / f"ARV-000001-{_day()}.{end}").read_bytes() for name, end in _ENDS} == first
    part = ["acknowledge", "1", "--company", "ARV", "--entry", "1", "--refused", "no"]
    assert run.invoke(command, part).exit_code == 0
    rest = run.invoke(command, ["acknowledge", "1", "--company", "ARV", "--reference", "E7", "--json"])
    assert json.loads(rest.stdout) == {"acknowledged": 3, "refused": 0, "unchanged": 0, "unfit": []}
    wrong = run.invoke(command, ["acknowledge", "1", "--company", "ARV", "--entry", "77"])
    assert wrong.exit_code == 3
    assert run.invoke(command, ["acknowledge", "9", "--company", "ARV"]).exit_code == 2


_ENDS = (("FEC", "txt"), ("JSON", "json"))


def _day() -> str:
    return f"{WriteBackBatch.objects.get().exported_on:%Y%m%d}"
