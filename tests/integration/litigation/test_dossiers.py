"""A dossier holds all evidence of a hand-over, each part named with its fingerprint in the manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pypdf import PdfReader

from quittance.cases.services import open_dispute
from quittance.delivery.models import Attachment as Enclosure
from quittance.delivery.models import Transmission
from quittance.foundation import clock
from quittance.foundation.jobs import run_waiting_jobs
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.letters.typesetting import LetterNotWritten
from quittance.litigation import dossiers, limitation, queries, services
from quittance.litigation.models import Dossier
from quittance.parties.attachments import add_attachment
from quittance.promises import plans
from quittance.promises.services import take_promise
from tests.cast import Cast, make_cast, make_item

ALICE = Actor(label="Alice")


@pytest.fixture
def cast(db: None, settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


def attach(cast: Cast, name: str, content: bytes, **fields: Any) -> int:
    return add_attachment(
        customer_id=cast.durand.id, file=ContentFile(content, name=name), filename=name, content_type="text/plain",
        actor=ALICE, **fields,
    )  # fmt: skip


def send(cast: Cast, day: date, subject: str) -> None:
    moment = datetime.combine(day, time(8), UTC)
    row = Transmission.objects.create(
        account=cast.account, medium="EMAIL", channel="smtp", purpose="DUNNING", state="SENT", sender="a@arvor.example",
        recipient="m.petit@durand.example", recipient_name="Marie Petit", language="fr", subject=subject,
        body_text="Please pay INV-1.", message_id=f"<{subject}@arvor.example>", queued_at=moment, sent_at=moment,
    )  # fmt: skip
    Enclosure.objects.create(
        transmission=row, filename="statement.pdf", media_type="application/pdf", content=b"%PDF-1", sha256="0" * 64,
        size_bytes=6,
    )  # fmt: skip


def story(cast: Cast) -> int:
    """Tell of a debt that was disputed, promised, planned, reminded of, and handed over."""
    today = clock.today()
    item = make_item(cast.account, "1200", due=today - timedelta(days=100), number="INV-1")
    other = make_item(cast.account, "80", due=today, number="INV-2")
    send(cast, today - timedelta(days=400), "too-old")
    send(cast, today - timedelta(days=80), "first")
    take_promise(
        account_id=cast.account.id, item_ids=[item.id], promised_date=today - timedelta(days=60),
        made_on=today - timedelta(days=70), actor=ALICE, contact_name="Marie Petit",
    )  # fmt: skip
    plan_id = plans.propose_plan(
        account_id=cast.account.id, item_ids=[item.id], made_on=today - timedelta(days=50), actor=ALICE,
        choice=plans.PlanChoice(count=2, first_date=today - timedelta(days=40)),
    )  # fmt: skip
    plans.accept_plan(
        plan_id=plan_id, accepted_on=today - timedelta(days=49), accepted_by="Marie Petit", via="LINK", actor=ALICE
    )
    open_dispute(
        item_id=item.id,
        reason_code="PRICE",
        amount=Decimal(100),
        opened_date=today - timedelta(days=30),
        actor=ALICE,
        comment="=too dear",
    )
    attach(cast, "contrat signé.pdf", b"signed")
    attach(cast, "delivery.txt", b"delivered", account_id=cast.account.id, item_id=item.id)
    attach(cast, "other.txt", b"of another invoice", account_id=cast.account.id, item_id=other.id)
    limitation.record_event(item_id=item.id, kind="FORMAL_NOTICE", event_date=today, actor=ALICE)
    handover_id = services.prepare_handover(
        account_id=cast.account.id, item_ids=[item.id], to_kind="LAWYER", to_name="Me Le Goff",
        reason="plan broken", prepared_on=today, actor=ALICE,
    )  # fmt: skip
    services.hand_over(handover_id=handover_id, on_date=today, actor=ALICE)
    return handover_id


def read(archive: zipfile.ZipFile, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read(path).decode("utf-8-sig")), delimiter=";"))


def test_a_dossier_holds_everything_and_names_it(cast: Cast) -> None:
    handover_id = story(cast)
    dossier_id = dossiers.request_dossier(handover_id=handover_id, language="en", actor=ALICE)
    dossiers.write_dossier(dossier_id=dossier_id)
    dossiers.write_dossier(dossier_id=dossier_id)

    (row,) = queries.list_dossiers(handover_id=handover_id)
    assert (row["state"], row["failure"]) == ("READY", "")
    assert row["progress_done"] == row["progress_total"] > 5
    with dossiers.open_dossier(dossier_id=dossier_id) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        names = {one["path"] for one in manifest["parts"]}
        assert set(archive.namelist()) == names | {"manifest.json"}
        for one in manifest["parts"]:
            assert hashlib.sha256(archive.read(one["path"])).hexdigest() == one["sha256"]
            assert archive.getinfo(one["path"]).file_size == one["size_bytes"]
        kept = ("invoices", "limitation", "disputes", "promises", "plans", "interest", "history")
        assert {f"{name}.csv" for name in kept} <= names
        assert "payments.csv" not in names  # nothing was paid
        texts = [archive.read(name).decode() for name in sorted(names) if name.endswith(".txt") and "messages" in name]
        assert len(texts) == 1
        assert "<first@arvor.example>" in texts[0]
        assert "Please pay INV-1." in texts[0]
        assert sum(name.endswith("-1-statement.pdf") for name in names) == 1
        files = [name for name in names if name.startswith("files/")]
        assert sorted(name.split("-", 1)[1] for name in files) == ["contrat_signé.pdf", "delivery.txt"]
        assert read(archive, "disputes.csv")[1][-1] == "'=too dear"
        assert any("Formal notice" in line and "NONE" in line for line in read(archive, "limitation.csv"))
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(archive.read("summary.pdf"))).pages)
    assert "Me Le Goff" in text
    assert "INV-1" in text
    assert "INV-2" not in text
    assert Event.objects.filter(kind="handover.dossier_written").count() == 1


def test_a_part_that_cannot_be_read_fails_the_dossier_and_says_why(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    handover_id = story(cast)
    dossier_id = dossiers.request_dossier(handover_id=handover_id, language="en", actor=ALICE)

    def refuse(**_arguments: Any) -> bytes:
        raise LetterNotWritten("no room on the page")

    monkeypatch.setattr(dossiers, "summary_pdf", refuse)
    dossiers.write_dossier(dossier_id=dossier_id)
    row = Dossier.objects.get()
    assert (row.state, row.failure) == ("FAILED", "no room on the page")
    with pytest.raises(dossiers.DossierNotFound):
        dossiers.open_dossier(dossier_id=dossier_id)
    monkeypatch.undo()
    dossiers.write_dossier(dossier_id=dossier_id)
    assert Dossier.objects.get().state == "READY"


@pytest.mark.django_db(transaction=True)
def test_the_worker_writes_what_was_asked_for(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    handover_id = story(make_cast())
    dossiers.request_dossier(handover_id=handover_id, language="es", actor=ALICE)
    run_waiting_jobs()
    assert Dossier.objects.get().state == "READY"


def test_a_dossier_is_of_a_hand_over(cast: Cast) -> None:
    with pytest.raises(services.HandoverNotFound):
        dossiers.request_dossier(handover_id=0, language="fr", actor=ALICE)
    assert queries.find_dossier(dossier_id=0) is None
