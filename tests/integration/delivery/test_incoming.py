"""From a real mailbox to our rows: bounces on their messages, replies with their accounts, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from quittance.delivery import queries, services, tokens
from quittance.delivery.models import Attachment, InboundMessage, Mailbox, Transmission
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from tests.adapters.mailboxes.imap_server import ImapServer, imap_server
from tests.cast import Cast, make_cast
from tests.integration.delivery import mails
from tests.integration.delivery.mails import FakeMailbox
from tests.integration.dunning.desk import KeepingChannel

pytestmark = pytest.mark.django_db
MARIE = "m.petit@durand.example"
ALICE = Actor(label="Alice")


@pytest.fixture(scope="module")
def running() -> Iterator[ImapServer]:
    with imap_server() as server:
        yield server


@pytest.fixture
def server(running: ImapServer) -> ImapServer:
    running.empty()
    return running


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def send(cast: Cast, **values: Any) -> Transmission:
    """Send a message to Marie and return its row."""
    draft = NewTransmission(
        account_id=cast.account.pk, purpose="TEST", sender="Arvor <credit@arvor.example>", recipient=MARIE,
        reply_to="alice@arvor.example",
    )  # fmt: skip
    (transmission_id,) = services.queue_transmissions(drafts=[draft])
    content = MessageContent(
        recipient=MARIE, recipient_name="Marie", language="fr", subject="S", body_text="T", **values
    )
    lease = services.claim(transmission_id=transmission_id, content=content)
    assert lease is not None
    services.send_claimed(lease=lease, channel=KeepingChannel())
    return Transmission.objects.get(pk=transmission_id)


def take(*raws: bytes) -> None:
    services.read_mailbox(mailbox=FakeMailbox(*raws))


def test_a_real_mailbox_is_read_once(server: ImapServer, cast: Cast) -> None:
    sent = send(cast)
    server.put(mails.postfix(message_id=sent.message_id))
    server.put(mails.reply(answers=sent.message_id, files={"avis.pdf": b"%PDF"}))
    mailbox = server.mailbox()
    assert services.read_mailbox(mailbox=mailbox) == {"REPORT": 1, "REPLY": 1}
    assert services.read_mailbox(mailbox=mailbox) == {}
    server.put(mails.reply(own_id="another@durand.example"))
    assert services.read_mailbox(mailbox=mailbox) == {"REPLY": 1}
    mailbox.close()
    sent.refresh_from_db()
    assert (sent.state, sent.bounce_code, sent.is_failure_permanent) == ("BOUNCED", "5.1.1", True)
    assert (sent.failure_code, sent.failure) == ("CAME_BACK", "550 5.1.1 no such person")
    assert queries.list_refused_addresses(account_ids=[cast.account.pk]) == {MARIE}
    found = InboundMessage.objects.order_by("uid").values_list("kind", "account_id", "found_by")
    assert list(found) == [
        ("REPORT", cast.account.pk, "MESSAGE_ID"),
        ("REPLY", cast.account.pk, "MESSAGE_ID"),
        ("REPLY", None, ""),
    ]
    file = Attachment.objects.get()
    assert (file.filename, bytes(file.content), file.transmission_id) == ("avis.pdf", b"%PDF", None)
    assert Mailbox.objects.get().failure == ""


def test_all_mailboxes_of_the_installation_are_read(
    server: ImapServer, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = {"scheme": "imap", "host": "127.0.0.1", "port": server.port, "user": "credit", "password": "secret"}
    away = {**used, "port": 9, "user": "away"}
    monkeypatch.setattr(django_settings, "QUITTANCE_IMAP", [away, used])
    server.put(mails.reply())
    assert sorted(services.read_mailboxes().values()) == [0, 1]
    down = Mailbox.objects.get(name__startswith="away")
    assert down.failure and down.failed_at is not None and down.read_at is None
    assert {row["name"]: bool(row["failure"]) for row in queries.list_mailboxes()} == {
        "away@127.0.0.1/INBOX": True,
        "credit@127.0.0.1/INBOX": False,
    }


def test_a_mailbox_numbered_anew_gives_nothing_twice(cast: Cast) -> None:
    raw = mails.reply()
    assert services.read_mailbox(mailbox=FakeMailbox(raw)) == {"REPLY": 1}
    assert services.read_mailbox(mailbox=FakeMailbox(raw, validity=2)) == {}
    assert InboundMessage.objects.count() == 1


def test_a_worker_killed_in_between_reads_the_rest(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = [mails.reply(own_id=f"{number}@durand.example") for number in range(3)]
    real, asked = services.read_mailbox.__globals__["_keep"], []

    def dies_at_the_second(*values: Any) -> str:
        asked.append(1)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return str(real(*values))

    monkeypatch.setitem(services.read_mailbox.__globals__, "_keep", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        take(*raws)
    assert (InboundMessage.objects.count(), Mailbox.objects.get().last_uid) == (1, 1)
    take(*raws)
    assert sorted(InboundMessage.objects.values_list("uid", flat=True)) == [1, 2, 3]


def test_an_address_that_names_the_message_is_enough(cast: Cast) -> None:
    sent = send(cast)
    back = tokens.bounce_address(address="back@arvor.example", transmission_id=sent.pk)
    take(mails.postfix(message_id="mangled@elsewhere.example", to=back.upper(), code="4.4.1"))
    sent.refresh_from_db()
    assert (sent.state, sent.is_failure_permanent, sent.bounce_code) == ("BOUNCED", False, "4.4.1")
    assert queries.list_refused_addresses(account_ids=[cast.account.pk]) == set()


def test_what_nobody_signed_changes_nothing(cast: Cast) -> None:
    sent = send(cast)
    forged = [
        f"back+t{sent.pk}-{'a' * 13}@arvor.example",
        tokens.bounce_address(address="back@arvor.example", transmission_id=sent.pk + 1).replace(
            f"+t{sent.pk + 1}-", f"+t{sent.pk}-"
        ),
        tokens.reply_address(address="back@arvor.example", account_id=sent.pk).replace("+a", "+t"),
    ]
    for number, address in enumerate(forged):
        raw = mails.postfix(message_id=f"x.{cast.account.pk}.y@arvor.example", to=address)
        take(raw.replace(b"report-5.1.1-1", b"report-%d" % number))
    sent.refresh_from_db()
    assert sent.state == "SENT"
    assert set(InboundMessage.objects.values_list("account_id", "transmission_id")) == {(None, None)}


@pytest.mark.parametrize(
    ("action", "state"), [("delayed", "SENT"), ("delivered", "DELIVERED"), ("relayed", "DELIVERED")]
)
def test_a_report_that_is_no_failure(cast: Cast, action: str, state: str) -> None:
    sent = send(cast)
    take(mails.postfix(message_id=sent.message_id, action=action, code="2.0.0"))
    sent.refresh_from_db()
    assert sent.state == state


def test_a_report_settles_an_uncertain_message_and_leaves_a_cancelled_one(cast: Cast) -> None:
    uncertain, cancelled = send(cast), send(cast)
    Transmission.objects.filter(pk=uncertain.pk).update(state="UNCERTAIN")
    Transmission.objects.filter(pk=cancelled.pk).update(state="CANCELLED")
    take(
        mails.postfix(message_id=uncertain.message_id),
        mails.postfix(message_id=cancelled.message_id).replace(b"report-", b"other-"),
    )
    assert Transmission.objects.get(pk=uncertain.pk).state == "BOUNCED"
    assert Transmission.objects.get(pk=cancelled.pk).state == "CANCELLED"


def test_a_bounce_is_told_once_in_the_story(cast: Cast) -> None:
    sent = send(cast)
    take(mails.postfix(message_id=sent.message_id), mails.exim(message_id=sent.message_id))
    event = Event.objects.get(kind="transmission.bounced")
    assert (event.account_id, event.company_id, event.subject_id) == (cast.account.pk, cast.company.pk, str(sent.pk))
    assert event.payload["code"] == "5.1.1" and event.payload["recipient"] == MARIE


def test_a_reply_to_the_account_s_own_address_finds_it_without_ids(cast: Cast) -> None:
    services.set_identity(
        company_id=cast.company.pk, reply_address="credit@arvor.example", has_plus_address=True,
        bounce_address="back@arvor.example", sms_sender="", actor=ALICE,
    )  # fmt: skip
    sent = send(cast)
    assert sent.reply_to.startswith(f"credit+a{cast.account.pk}-") and sent.envelope_sender == "back@arvor.example"
    take(mails.reply(to=f"Arvor <{sent.reply_to}>"))
    row = InboundMessage.objects.get()
    assert (row.account_id, row.found_by, row.read_at) == (cast.account.pk, "REPLY_ADDRESS", None)
    assert Event.objects.get(kind="inbound.received").account_id == cast.account.pk


def test_the_id_finds_the_account_though_the_message_is_gone(cast: Cast) -> None:
    message_id = tokens.new_message_id(account_id=cast.account.pk, domain="arvor.example")
    take(mails.reply(answers=message_id))
    assert InboundMessage.objects.get().account_id == cast.account.pk


def test_our_own_copies_and_absences_do_not_wait_for_anybody(cast: Cast) -> None:
    sent = send(cast)
    take(
        mails.reply(own_id=sent.message_id),
        mails.reply(own_id="away@durand.example", answers=sent.message_id, Auto_Submitted="auto-replied"),
    )
    row = InboundMessage.objects.get()
    assert row.kind == "AUTOMATIC" and row.read_at is not None
    assert not Event.objects.filter(kind="inbound.received").exists()


def test_a_person_reads_takes_and_files_a_message(cast: Cast) -> None:
    take(mails.reply())
    row = InboundMessage.objects.get()
    assert services.mark_read(inbound_ids=[row.pk]) == 1 and services.mark_read(inbound_ids=[row.pk]) == 0
    services.file_with_account(inbound_id=row.pk, account_id=cast.account.pk, actor=ALICE)
    services.assign(inbound_id=row.pk, user_id=cast.bob.pk, actor=ALICE)
    row.refresh_from_db()
    assert (row.account_id, row.found_by, row.assignee_id) == (cast.account.pk, "PERSON", cast.bob.pk)
    for call in (
        lambda: services.assign(inbound_id=row.pk + 99, user_id=None, actor=ALICE),
        lambda: services.file_with_account(inbound_id=row.pk, account_id=0, actor=ALICE),
    ):
        with pytest.raises(services.MessageNotFound):
            call()


def test_a_hundred_and_twenty_messages_come_in_several_goes(cast: Cast) -> None:
    raws = [mails.reply(own_id=f"{number}@durand.example") for number in range(120)]
    assert services.read_mailbox(mailbox=FakeMailbox(*raws)) == {"REPLY": 120}
    assert clock.now() >= InboundMessage.objects.latest("received_at").received_at
