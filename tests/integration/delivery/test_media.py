"""Files, parts, prices: what a transmission keeps of each medium."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from quittance.core.ports.channels import OutgoingAttachment, OutgoingMessage, Receipt
from quittance.delivery import services
from quittance.delivery.models import Attachment, SenderIdentity, Transmission
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM, Actor
from tests.cast import Cast, make_cast
from tests.integration.dunning.desk import KeepingChannel

pytestmark = pytest.mark.django_db
ADAM = Actor(label="Adam")
PDF = OutgoingAttachment(filename="Relevé.pdf", media_type="application/pdf", content=b"%PDF-1.7")
TEXT = MessageContent(
    recipient="+33612345678", recipient_name="Marie", language="fr", subject="", body_text="x" * 161, medium="SMS"
)
LETTER = MessageContent(
    recipient="Durand & Fils", recipient_name="", language="fr", subject="", body_text="", medium="LETTER",
    attachments=(PDF,), postal_lines=("Durand & Fils", "1 rue Mercière", "69002 LYON"), is_registered=True,
)  # fmt: skip


class TellingChannel(KeepingChannel):
    """Says what a message took."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__()
        self.receipt = receipt

    def send(self, message: OutgoingMessage) -> Receipt:
        super().send(message)
        return self.receipt


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def queue(cast: Cast, medium: str) -> int:
    draft = NewTransmission(
        account_id=cast.account.pk, purpose="T", sender="Arvor <c@arvor.example>", recipient="x", medium=medium,
        channel="test",
    )  # fmt: skip
    return services.queue_transmissions(drafts=[draft])[0]


def leave(transmission_id: int, content: MessageContent, receipt: Receipt | None = None) -> OutgoingMessage:
    """Claim and send; return what the channel got."""
    lease = services.claim(transmission_id=transmission_id, content=content)
    assert lease is not None
    channel = TellingChannel(receipt or Receipt())
    services.send_claimed(lease=lease, channel=channel)
    return channel.sent[0]


def price(unit: str, amount: str, *, since: date, currency: str = "EUR") -> None:
    services.set_price(unit=unit, from_date=since, price=Decimal(amount), currency=currency, actor=ADAM)


def test_files_go_with_the_message_and_a_later_try_replaces_them(cast: Cast) -> None:
    transmission_id = queue(cast, "EMAIL")
    content = MessageContent(
        recipient="m@d.example", recipient_name="", language="fr", subject="S", body_text="T", attachments=(PDF, PDF)
    )
    assert leave(transmission_id, content).attachments == (PDF, PDF)
    assert set(Attachment.objects.values_list("size_bytes", "transmission_id")) == {(8, transmission_id)}
    Transmission.objects.filter(pk=transmission_id).update(state="QUEUED")
    assert leave(transmission_id, replace(content, attachments=())).attachments == ()
    assert Attachment.objects.count() == 0


def test_what_is_too_large_is_not_claimed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quittance.delivery.services.contents.ATTACHMENT_BYTES_MAX", 100)
    monkeypatch.setattr("quittance.delivery.services.contents.MESSAGE_BYTES_MAX", 150)
    transmission_id = queue(cast, "EMAIL")
    for sizes in ((101,), (90, 61)):
        files = tuple(replace(PDF, content=b"x" * size) for size in sizes)
        content = replace(TEXT, medium="EMAIL", attachments=files)
        with pytest.raises(services.AttachmentTooLarge):
            services.claim(transmission_id=transmission_id, content=content)
    assert Transmission.objects.get().state == "QUEUED"


def test_a_letter_has_its_address_its_file_and_its_price(cast: Cast) -> None:
    price("LETTER", "1.20", since=clock.today())
    price("REGISTERED_LETTER", "5.36", since=clock.today())
    sent = leave(queue(cast, "LETTER"), LETTER)
    assert (sent.postal_lines, sent.is_registered, sent.attachments) == (LETTER.postal_lines, True, (PDF,))
    row = Transmission.objects.get()
    assert (row.cost, row.cost_currency, row.segments, row.is_cost_told) == (Decimal("5.36"), "EUR", None, False)


def test_an_sms_counts_its_parts_at_the_price_of_the_day(cast: Cast) -> None:
    today = clock.today()
    price("SMS_SEGMENT", "0.05", since=today - timedelta(days=30))
    price("SMS_SEGMENT", "0.07", since=today)
    price("SMS_SEGMENT", "0.09", since=today + timedelta(days=1))
    assert services.estimate_cost(content=TEXT) == services.Cost(segments=2, amount=Decimal("0.14"), currency="EUR")
    leave(queue(cast, "SMS"), TEXT)
    row = Transmission.objects.get()
    assert (row.segments, row.cost, row.cost_currency) == (2, Decimal("0.14"), "EUR")


@pytest.mark.parametrize(
    ("receipt", "expected"),
    [
        (Receipt(), (2, Decimal("0.10"), "EUR", False)),
        (Receipt(reference="SM1", segments=4), (4, Decimal("0.20"), "EUR", False)),
        (Receipt(segments=1, cost=Decimal("0.08"), currency="USD"), (1, Decimal("0.08"), "USD", True)),
    ],
)
def test_what_the_provider_says_counts(cast: Cast, receipt: Receipt, expected: tuple[Any, ...]) -> None:
    price("SMS_SEGMENT", "0.05", since=clock.today())
    leave(queue(cast, "SMS"), TEXT, receipt)
    row = Transmission.objects.get()
    assert (row.segments, row.cost, row.cost_currency, row.is_cost_told) == expected
    assert row.provider_reference == receipt.reference


def test_an_sms_without_a_price_costs_nobody_knows_what(cast: Cast) -> None:
    leave(queue(cast, "SMS"), TEXT)
    row = Transmission.objects.get()
    assert (row.segments, row.cost, row.cost_currency) == (2, None, "")


@pytest.mark.parametrize("text", ["", "x" * (153 * 10 + 1)])
def test_an_sms_of_no_or_too_many_parts_is_not_claimed(cast: Cast, text: str) -> None:
    with pytest.raises(services.MessageTooLong):
        services.claim(transmission_id=queue(cast, "SMS"), content=replace(TEXT, body_text=text))


def test_content_of_another_medium_is_an_error_and_not_a_silent_no(cast: Cast) -> None:
    transmission_id = queue(cast, "EMAIL")
    with pytest.raises(services.WrongMedium):
        services.claim(transmission_id=transmission_id, content=TEXT)
    assert Transmission.objects.get().state == "QUEUED"


def test_an_sms_shows_the_company_s_own_name(cast: Cast) -> None:
    services.set_identity(
        company_id=cast.company.pk, reply_address="", has_plus_address=False, bounce_address="", sms_sender="Arvor",
        actor=ADAM,
    )  # fmt: skip
    assert leave(queue(cast, "SMS"), TEXT).sender == "Arvor"
    sent = leave(queue(cast, "EMAIL"), replace(TEXT, medium="EMAIL"))
    assert (sent.sender, sent.reply_to, sent.envelope_sender) == ("Arvor <c@arvor.example>", "", "")


@pytest.mark.parametrize(
    ("given", "kept"), [("Arvor", "Arvor"), ("+33 1 40 50 60 70", "+33140506070"), ("Arvor 29", "Arvor 29"), ("", "")]
)
def test_senders_that_an_sms_can_show(cast: Cast, given: str, kept: str) -> None:
    values = {"reply_address": "", "has_plus_address": False, "bounce_address": ""}
    services.set_identity(company_id=cast.company.pk, sms_sender=given, actor=ADAM, **values)
    assert SenderIdentity.objects.get().sms_sender == kept


@pytest.mark.parametrize("given", ["Arvor Distribution", "Arvör", "12345", "+331", "A-B"])
def test_senders_that_an_sms_cannot_show(cast: Cast, given: str) -> None:
    values = {"reply_address": "", "has_plus_address": False, "bounce_address": ""}
    with pytest.raises(services.SenderRefused) as raised:
        services.set_identity(company_id=cast.company.pk, sms_sender=given, actor=ADAM, **values)
    assert raised.value.field == "sms_sender"


def test_a_setting_is_told_with_what_it_was(cast: Cast) -> None:
    values = {"has_plus_address": False, "bounce_address": "", "sms_sender": ""}
    for address in ("credit@arvor.example", "credit@arvor.example", ""):
        services.set_identity(company_id=cast.company.pk, reply_address=address, actor=ADAM, **values)
    told = Event.objects.filter(kind="delivery.sender_set").order_by("id").values_list("payload", flat=True)
    assert [payload["changes"] for payload in told] == [
        {"reply_address": ["", "credit@arvor.example"]},
        {"reply_address": ["credit@arvor.example", ""]},
    ]


def test_prices_that_make_no_sense_are_refused() -> None:
    for unit, amount in (("PIGEON", "1"), ("LETTER", "-1")):
        with pytest.raises(services.SenderRefused):
            services.set_price(unit=unit, from_date=clock.today(), price=Decimal(amount), currency="EUR", actor=SYSTEM)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE delivery_transmission SET state = 'BOUNCED'",
        "UPDATE delivery_transmission SET cost = 1",
        "UPDATE delivery_transmission SET cost = -1, cost_currency = 'EUR'",
        "UPDATE delivery_attachment SET transmission_id = NULL",
        "UPDATE delivery_attachment SET size_bytes = 10485761",
        "UPDATE delivery_mediumprice SET price = -1",
    ],
)
def test_the_database_refuses(cast: Cast, change: str) -> None:
    price("LETTER", "1", since=clock.today())
    leave(queue(cast, "EMAIL"), replace(TEXT, medium="EMAIL", attachments=(PDF,)))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
