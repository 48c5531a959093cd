"""The pages of what leaves and what comes in, of the settings behind them, and the public way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.core.ports.channels import OutgoingAttachment
from quittance.delivery import queries, services
from quittance.delivery.models import (
    Attachment,
    CourtesyOptOut,
    InboundMessage,
    MediumPrice,
    SenderIdentity,
    Transmission,
)
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM
from quittance.parties.models import User
from tests.cast import Cast, make_cast
from tests.integration.delivery import mails
from tests.integration.delivery.test_incoming import FakeMailbox
from tests.integration.dunning.desk import KeepingChannel
from tests.web.desk import assert_guarded, browser

pytestmark = pytest.mark.django_db
ASKS = '<button class="button primary wide"'
PDF = OutgoingAttachment(filename="Relevé de compte.pdf", media_type="application/pdf", content=b"%PDF-1.7")
CONTENT = MessageContent(
    recipient="m.petit@durand.example", recipient_name="Marie Petit", language="fr", subject="Relevé de compte",
    body_text="Bonjour Marie", body_html="<p>Bonjour <b>Marie</b></p>", attachments=(PDF,),
)  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def send(cast: Cast, content: MessageContent = CONTENT, *, purpose: str = "STATEMENT", state: str = "") -> Transmission:
    """Send a message; `state` puts it where the test wants it."""
    draft = NewTransmission(
        account_id=cast.account.pk, purpose=purpose, sender="Arvor <c@arvor.example>", recipient=content.recipient,
        medium=content.medium,
    )  # fmt: skip
    (transmission_id,) = services.queue_transmissions(drafts=[draft])
    lease = services.claim(transmission_id=transmission_id, content=content)
    assert lease is not None
    services.send_claimed(lease=lease, channel=KeepingChannel())
    if state:
        Transmission.objects.filter(pk=transmission_id).update(state=state)
    return Transmission.objects.get(pk=transmission_id)


def take(*raws: bytes) -> InboundMessage:
    services.read_mailbox(mailbox=FakeMailbox(*raws))
    return InboundMessage.objects.latest("id")


def html_of(user: User, name: str, *ids: int, query: str = "") -> str:
    answer = browser(user).get(reverse(name, args=ids) + query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_list_holds_all_media_with_their_states_and_costs(cast: Cast) -> None:
    services.set_price(
        unit="SMS_SEGMENT", from_date=date(2020, 1, 1),
        price=Decimal("0.0700"), currency="EUR", actor=SYSTEM,
    )  # fmt: skip
    send(cast, state="REFUSED")
    send(cast, replace(CONTENT, medium="SMS", recipient="+33612345678", subject="", body_text="Rappel par SMS",
                       attachments=(), body_html=""))  # fmt: skip
    html = html_of(cast.alice, "message_list")
    assert "Relevé de compte" in html and "Rappel par SMS" in html and "0.07" in html and "Durand" in html
    assert "Rappel par SMS" not in html_of(cast.alice, "message_list", query="?state=REFUSED")
    assert "Relevé de compte" not in html_of(cast.alice, "message_list", query="?medium=SMS")
    export = browser(cast.alice).get(reverse("message_list") + "?export=csv")
    rows = b"".join(export.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Rappel par SMS" in rows and "+33612345678" in rows


def test_who_may_see_messages(cast: Cast) -> None:
    sent, reply = send(cast), take(mails.reply(answers=send(cast).message_id))
    assert_guarded(cast, reverse("message_list"), stranger=200)
    assert_guarded(cast, reverse("message_detail", args=[sent.pk]))
    assert_guarded(cast, reverse("message_html", args=[sent.pk]))
    assert_guarded(cast, reverse("message_file", args=[Attachment.objects.earliest("id").pk]))
    assert_guarded(cast, reverse("reply_list"), stranger=200)
    assert_guarded(cast, reverse("reply_detail", args=[reply.pk]))
    stranger = browser(cast.charlie)
    assert "Durand" not in stranger.get(reverse("message_list")).content.decode()
    assert "Durand" not in stranger.get(reverse("reply_list")).content.decode()


def test_a_message_shows_its_text_its_files_and_what_went_wrong(cast: Cast) -> None:
    sent = send(cast)
    take(mails.postfix(message_id=sent.message_id))
    html = html_of(cast.alice, "message_detail", sent.pk)
    assert "550 5.1.1 no such person" in html and "5.1.1" in html and "Nothing more is written" in html
    assert "Relevé de compte.pdf" in html
    panel = browser(cast.alice).get(
        reverse("message_detail", args=[sent.pk]), headers={"HX-Request": "true", "HX-Target": "panel"}
    )
    assert "<html" not in panel.content.decode()
    frame = browser(cast.alice).get(reverse("message_html", args=[sent.pk]))
    assert "<b>Marie</b>" in frame.content.decode() and "sandbox" in frame["Content-Security-Policy"]


def test_a_file_is_a_download_whatever_it_says_it_is(cast: Cast) -> None:
    send(cast, replace(CONTENT, attachments=(replace(PDF, media_type="text/html", content=b"<script>"),)))
    answer = browser(cast.alice).get(reverse("message_file", args=[Attachment.objects.get().pk]))
    assert answer.content == b"<script>"
    assert answer["Content-Type"] == "application/octet-stream" and "attachment" in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"] and answer["X-Content-Type-Options"] == "nosniff"


def test_an_uncertain_statement_is_decided_here(cast: Cast) -> None:
    first, second = send(cast, state="UNCERTAIN"), send(cast, state="UNCERTAIN")
    assert "It has arrived" in html_of(cast.alice, "message_detail", first.pk)
    assert [task.transmission_id for task in queries.list_uncertain_tasks()] == [first.pk, second.pk]
    client = browser(cast.alice)
    client.post(reverse("message_resolve", args=[first.pk]), {"has_left": "yes"})
    client.post(reverse("message_resolve", args=[second.pk]), {"has_left": "no"})
    client.post(reverse("message_resolve", args=[second.pk]), {"has_left": "yes"})
    states = Transmission.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["SENT", "QUEUED"]
    assert queries.list_uncertain_tasks() == []
    channel = KeepingChannel()
    services.send_stored(transmission_id=second.pk, channel=channel)
    services.send_stored(transmission_id=second.pk, channel=channel)
    assert [message.message_id for message in channel.sent] == [second.message_id]
    assert channel.sent[0].attachments == (PDF,)


def test_a_reminder_is_decided_on_its_own_page_only(cast: Cast) -> None:
    sent = send(cast, purpose="DUNNING_NOTICE", state="UNCERTAIN")
    browser(cast.alice).post(reverse("message_resolve", args=[sent.pk]), {"has_left": "no"})
    browser(cast.alice).post(reverse("message_repeat", args=[sent.pk]))
    assert list(Transmission.objects.values_list("state", flat=True)) == ["UNCERTAIN"]


def test_a_copy_leaves_as_it_was_under_its_own_id(cast: Cast) -> None:
    sent = send(cast, state="REFUSED")
    assert "Send it once more" in html_of(cast.alice, "message_detail", sent.pk)
    answer = browser(cast.alice).post(reverse("message_repeat", args=[sent.pk]))
    copy = Transmission.objects.latest("id")
    assert answer["Location"] == reverse("message_detail", args=[copy.pk])
    channel = KeepingChannel()
    services.send_stored(transmission_id=copy.pk, channel=channel)
    (message,) = channel.sent
    assert (message.subject, message.attachments) == (CONTENT.subject, (PDF,))
    assert message.message_id != sent.message_id
    assert Event.objects.get(kind="transmission.repeated").payload["of"] == sent.pk


def test_who_only_reads_changes_nothing(cast: Cast) -> None:
    sent, reply = send(cast, state="REFUSED"), take(mails.reply())
    client = browser(cast.diane)
    for name, pk in (("message_repeat", sent.pk), ("message_resolve", sent.pk), ("reply_mark", reply.pk),
                     ("reply_assign", reply.pk), ("reply_account", reply.pk)):  # fmt: skip
        assert client.post(reverse(name, args=[pk])).status_code == 403
    assert "Send it once more" not in html_of(cast.diane, "message_detail", sent.pk)


def test_a_reply_is_read_given_and_filed(cast: Cast) -> None:
    reply = take(mails.reply(files={"avis.pdf": b"%PDF"}))
    client = browser(cast.alice)
    html = html_of(cast.alice, "reply_detail", reply.pk)
    assert "Le virement est parti ce matin." in html and "avis.pdf" in html and "Nobody has said" in html
    assert client.post(reverse("reply_account", args=[reply.pk]), {"number": "nonsense"}).status_code == 422
    client.post(reverse("reply_account", args=[reply.pk]), {"number": "411DURAND"})
    client.post(reverse("reply_assign", args=[reply.pk]), {"user_id": str(cast.bob.pk)})
    assert client.post(reverse("reply_assign", args=[reply.pk]), {"user_id": str(cast.petra.pk)}).status_code == 404
    assert queries.count_unread() == 1
    client.post(reverse("reply_mark", args=[reply.pk]), {"is_read": "yes"})
    assert queries.count_unread() == 0
    html = html_of(cast.alice, "reply_detail", reply.pk)
    assert "Durand" in html and "bob" in html.lower() and "Mark as not read" in html
    client.post(reverse("reply_mark", args=[reply.pk]), {"is_read": "no"})
    assert queries.count_unread() == 1
    timeline = browser(cast.alice).get(reverse("customer_timeline", args=[cast.durand.pk])).content.decode()
    assert "kept with this account" in timeline and reverse("reply_detail", args=[reply.pk]) in timeline


def test_a_message_of_no_company_is_seen_by_those_who_see_all(cast: Cast) -> None:
    reply = take(mails.reply())
    InboundMessage.objects.filter(pk=reply.pk).update(company=None)
    assert browser(cast.alice).get(reverse("reply_detail", args=[reply.pk])).status_code == 404
    User.objects.filter(pk=cast.adam.pk).update(sees_all_companies=True)
    assert browser(cast.adam).get(reverse("reply_detail", args=[reply.pk])).status_code == 200


def test_a_reply_to_a_company_s_mailbox_is_that_company_s(cast: Cast) -> None:
    SenderIdentity.objects.create(company=cast.other_company, reply_address="Credit@other.example")
    reply = take(mails.reply(to="credit+a1-bogus@other.example"))
    assert (reply.company_id, reply.account_id) == (cast.other_company.pk, None)
    assert browser(cast.alice).get(reverse("reply_detail", args=[reply.pk])).status_code == 404
    assert browser(cast.charlie).get(reverse("reply_detail", args=[reply.pk])).status_code == 200


def test_the_senders_are_set_by_who_may(cast: Cast) -> None:
    url = reverse("settings_sender", args=[cast.company.pk])
    assert browser(cast.manager).get(url).status_code == 403
    client = browser(cast.adam)
    values = {
        "reply_address": "credit@arvor.example",
        "has_plus_address": "on",
        "bounce_address": "",
        "sms_sender": "Arvor",
    }
    assert client.post(url, {**values, "sms_sender": "much too long a name"}).status_code == 422
    assert client.post(url, {**values, "sms_sender": "Ärvor"}).status_code == 422
    assert client.post(url, values).status_code == 302
    row = SenderIdentity.objects.get()
    assert (row.reply_address, row.has_plus_address, row.sms_sender) == ("credit@arvor.example", True, "Arvor")
    html = html_of(cast.manager, "settings_senders")
    assert "credit@arvor.example" in html and "Add a price" not in html


def test_prices_are_kept_by_day(cast: Cast) -> None:
    client, url = browser(cast.adam), reverse("settings_senders")
    values = {"unit": "LETTER", "from_date": "2026-01-01", "price": "1.20", "currency": "eur"}
    assert client.post(url, {**values, "price": "-1"}).status_code == 422
    assert browser(cast.manager).post(url, values).status_code == 403
    client.post(url, values)
    client.post(url, {**values, "price": "1.25"})
    row = MediumPrice.objects.get()
    assert (row.price, row.currency) == (Decimal("1.25"), "EUR")
    assert "1.25 EUR" in html_of(cast.adam, "settings_senders")


@pytest.fixture
def token(cast: Cast, settings: Any) -> str:
    settings.QUITTANCE_PUBLIC_URL = "https://credit.arvor.example"
    sent = send(cast, replace(CONTENT, is_courtesy=True), purpose="DUNNING_NOTICE")
    return str(sent.headers["List-Unsubscribe"]).rstrip("/>").rpartition("/")[2]


def test_the_way_out_asks_first_and_reads_in_the_language_of_the_message(token: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for _time in range(2):
        answer = client.get(reverse("stop_courtesy", args=[token]))
        assert answer.status_code == 200 and ASKS in answer.content.decode()
    assert not CourtesyOptOut.objects.exists()
    answer = client.post(reverse("stop_courtesy", args=[token]), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and ASKS not in answer.content.decode()
    assert CourtesyOptOut.objects.get().address == "m.petit@durand.example"
    assert ASKS not in client.get(reverse("stop_courtesy", args=[token])).content.decode()


def test_a_wrong_way_out_says_so_and_stops_nothing(token: str) -> None:
    for bad in (token[:-2], "1:2:3", "x"):
        for method in (Client().get, Client().post):
            assert method(reverse("stop_courtesy", args=[bad])).status_code == 404
    assert not CourtesyOptOut.objects.exists()
