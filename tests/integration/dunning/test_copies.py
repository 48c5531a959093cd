"""Copies of invoices go with reminders by e-mail, and what is missing is named before anything leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from quittance.delivery.models import SenderIdentity, Transmission
from quittance.delivery.services import asks_for_copies, find_copy_wish, set_copy_wish, set_identity
from quittance.dunning import queries
from quittance.dunning.models import DunningDecision
from quittance.dunning.run_copies import MissingCopy, list_missing_copies
from quittance.dunning.services import ensure_default_policy, prepare_run
from quittance.foundation.models import Event
from quittance.foundation.permissions import Scope
from quittance.parties.attachments import add_attachment
from quittance.parties.models import Attachment
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_on

PDF = b"%PDF-1.4 a copy"
Copies = SenderIdentity.Copies


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast(db: None) -> Cast:
    ensure_default_policy()
    found = make_cast()
    for number in ("INV-1", "INV-2"):
        make_item(found.account, "100.00", due=DUE, number=number)
    return found


def _keep(cast: Cast, filename: str, *, content: bytes = PDF, account_id: int | None = None) -> int:
    return add_attachment(
        customer_id=cast.durand.pk, account_id=account_id, file=ContentFile(content), filename=filename,
        content_type="application/pdf", actor=ALICE,
    )  # fmt: skip


def _ask(cast: Cast, copies: str) -> None:
    set_identity(
        company_id=cast.company.pk, reply_address="", has_plus_address=False, bounce_address="", sms_sender="",
        copies=copies, actor=ALICE,
    )  # fmt: skip


ASKED = """
company | wish | courtesy | formal | asked
NEVER   | -    | no       | yes    | no
FORMAL  | -    | no       | yes    | yes
FORMAL  | -    | no       | no     | no
LATE    | -    | no       | no     | yes
LATE    | -    | yes      | no     | no
ALWAYS  | -    | yes      | no     | yes
NEVER   | yes  | yes      | no     | yes
ALWAYS  | no   | no       | yes    | no
"""


@pytest.mark.parametrize("line", ASKED.strip().splitlines()[1:])
def test_the_company_says_when_and_the_account_may_want_it_otherwise(cast: Cast, line: str) -> None:
    company, wish, courtesy, formal, asked = (part.strip() for part in line.split("|"))
    _ask(cast, company)
    set_copy_wish(account_id=cast.account.pk, is_wanted={"-": None, "yes": True, "no": False}[wish], actor=ALICE)
    tone = "FORMAL" if formal == "yes" else "FRIENDLY"
    found = asks_for_copies(account_id=cast.account.pk, tone=tone, is_courtesy=courtesy == "yes")
    assert found is (asked == "yes")


def test_a_reminder_brings_the_copies_and_says_so(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "Facture INV-1.pdf")
    _keep(cast, "INV-2 note interne.pdf")
    channel = KeepingChannel()
    send_on(late(8), channel)
    (message,) = channel.sent
    assert [(file.filename, file.content) for file in message.attachments] == [("Facture INV-1.pdf", PDF)]
    assert "copie de la facture INV-1" in message.body_text
    assert "copie de la facture INV-1" in message.body_html
    assert Transmission.objects.get().missing_copies == [["INV-2", "ABSENT"]]


def test_nothing_goes_along_unasked(cast: Cast) -> None:
    _keep(cast, "INV-1.pdf")
    channel = KeepingChannel()
    send_on(late(8), channel)
    assert channel.sent[0].attachments == ()
    assert Transmission.objects.get().missing_copies == []


def test_another_accounts_file_a_vanished_one_and_one_without_room_are_named(cast: Cast, monkeypatch: Any) -> None:
    from quittance.dunning.messages import copies

    _ask(cast, Copies.ALWAYS)
    gone = Attachment.objects.get(pk=_keep(cast, "INV-1.pdf"))
    Path(gone.file.path).unlink()
    _keep(cast, "INV-2.pdf", content=PDF * 10)
    monkeypatch.setattr(copies, "COPIES_BYTES_MAX", 100)
    channel = KeepingChannel()
    send_on(late(8), channel)
    assert channel.sent[0].attachments == ()
    assert Transmission.objects.get().missing_copies == [["INV-1", "ABSENT"], ["INV-2", "TOO_LARGE"]]


def test_the_review_names_what_is_missing(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "INV-2.pdf", account_id=cast.account.pk)
    with on(late(8)):
        run_id = prepare_run(company_id=None, as_of=late(8), actor=ALICE)
        decision = DunningDecision.objects.get(run_id=run_id)
        content = queries.render_preview(decision_id=decision.pk).content
    assert content is not None
    assert content.missing_copies == (("INV-1", "ABSENT"),)
    expected = MissingCopy(
        decision_id=decision.pk, customer_name="Durand & Fils", document_number="INV-1", why="ABSENT"
    )
    assert list_missing_copies(run_id=run_id) == [expected]
    assert list_missing_copies(run_id=run_id, scope=Scope(company_ids=frozenset({cast.other_company.pk}))) == []
    set_copy_wish(account_id=cast.account.pk, is_wanted=False, actor=ALICE)
    assert list_missing_copies(run_id=run_id) == []


def test_a_wish_is_kept_taken_back_and_told(cast: Cast) -> None:
    assert set_copy_wish(account_id=cast.account.pk, is_wanted=True, actor=ALICE)
    assert not set_copy_wish(account_id=cast.account.pk, is_wanted=True, actor=ALICE)
    assert find_copy_wish(account_id=cast.account.pk) is True
    assert set_copy_wish(account_id=cast.account.pk, is_wanted=None, actor=ALICE)
    assert find_copy_wish(account_id=cast.account.pk) is None
    told = Event.objects.filter(kind="account.edited").order_by("id").values_list("payload", flat=True)
    assert [payload["copies"] for payload in told] == [["", "ALWAYS"], ["ALWAYS", ""]]
