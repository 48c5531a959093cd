"""What came in is taken apart: replies, automatic answers, reports in the shapes of well-known servers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.delivery.incoming import Report, read_incoming
from tests.integration.delivery import mails

CODES = [
    # code, action, is the address bad
    ("5.1.1", "failed", True),
    ("5.1.10", "failed", True),
    ("5.0.0", "failed", True),
    ("5.2.1", "failed", True),
    ("5.4.4", "failed", True),
    ("5.1.8", "failed", False),
    ("5.2.2", "failed", False),
    ("5.2.3", "failed", False),
    ("5.7.1", "failed", False),
    ("4.4.1", "failed", False),
    ("4.2.2", "delayed", False),
    ("5.1.1", "delayed", False),
    ("2.0.0", "delivered", False),
    ("", "failed", False),
]


@pytest.mark.parametrize(("code", "action", "is_bad"), CODES)
def test_only_a_bad_address_stops_writing_to_it(code: str, action: str, is_bad: bool) -> None:
    assert Report(action=action, code=code, recipient="", text="").is_address_bad is is_bad


@pytest.mark.parametrize("part", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_of_postfix(part: str) -> None:
    found = read_incoming(mails.postfix(message_id="ours@arvor.example", part=part))
    assert found.report == Report(
        action="failed", code="5.1.1", recipient="m.petit@durand.example", text="550 5.1.1 no such person"
    )
    assert found.answers == ("ours@arvor.example",) and found.is_automatic
    assert found.files == ()


def test_a_report_of_exim() -> None:
    found = read_incoming(mails.exim(message_id="ours@arvor.example"))
    assert found.report is not None
    assert (found.report.action, found.report.code) == ("failed", "5.1.1")
    assert found.report.text == "550 5.1.1 no such person here"
    assert found.answers == ("ours@arvor.example",)


def test_a_code_is_read_from_the_words_when_it_stands_nowhere_else() -> None:
    raw = mails.postfix(message_id="x@y.example", code="unknown", said="552 mailbox gone")
    report = read_incoming(raw).report
    assert report is not None and report.code == "5.0.0"


def test_a_reply_keeps_words_files_and_what_it_answers() -> None:
    found = read_incoming(mails.reply(answers="ours@arvor.example", files={"Avis de virement.pdf": b"%PDF"}))
    assert (found.sender, found.sender_name) == ("m.petit@durand.example", "Marie Petit-Ève")
    assert found.subject == "Re: Rappel : 1 234,50 €" and found.body_text == "Le virement est parti ce matin."
    assert found.answers == ("ours@arvor.example", "ours@arvor.example", "older@durand.example")
    assert [(file.filename, file.content) for file in found.files] == [("Avis de virement.pdf", b"%PDF")]
    assert found.sent_at is not None and found.sent_at.isoformat() == "2026-03-02T09:00:00+00:00"
    assert found.report is None and not found.is_automatic


def test_an_absence_is_automatic() -> None:
    assert read_incoming(mails.reply(Auto_Submitted="auto-replied")).is_automatic
    assert read_incoming(mails.reply(X_Autoreply="yes")).is_automatic
    assert not read_incoming(mails.reply(Auto_Submitted="no")).is_automatic


def test_html_alone_becomes_words() -> None:
    raw = (
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<head><style>p{}</style></head><p>R\xc3\xa9gl\xc3\xa9<br>"
        b"le 3 mars</p><script>alert(1)</script>"
    )
    assert read_incoming(raw).body_text == "Réglé\nle 3 mars"


STRANGE = [
    b"",
    b"\x00\xff\xfe no headers",
    b"From: \x00\xff\r\nSubject: =?utf-8?q?broken\r\nDate: never\r\n\r\n",
    b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\nMessage-ID: [not an id]\r\nReferences: <<>>\r\n\r\nx",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\nnothing",
    b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nAction",
    b"Content-Type: message/delivery-status\r\n\r\n\r\n\r\nFinal-Recipient: \xff\r\n",
    b"Content-Type: text/plain; charset=no-such\r\n\r\n\xe9\x00",
    b"Content-Type: multipart/mixed\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
    b"To: " + b"<" * 500 + b"\r\nCc: @@@,,;;\r\n\r\n",
]


@pytest.mark.parametrize("raw", STRANGE)
def test_a_strange_message_is_read_as_far_as_it_goes(raw: bytes) -> None:
    assert "\x00" not in read_incoming(raw).body_text + read_incoming(raw).subject


@given(st.binary(max_size=600))
def test_no_bytes_at_all_are_an_error(raw: bytes) -> None:
    read_incoming(raw)
    read_incoming(b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n" + raw + b"\r\n--x--")
