"""Texts of the company's own: checked before they are kept, read on the day, never put into what was sent."""

from __future__ import annotations

from datetime import date

import pytest

from quittance.dunning import message_pages
from quittance.dunning.messages.own import VARIABLES, check_text, paragraphs
from quittance.dunning.messages.texts import LANGUAGES, LEVELS, texts_of
from quittance.dunning.services import ensure_default_policy
from quittance.dunning.services.templates import (
    TextInForce,
    TextRefused,
    UnknownText,
    keep_text,
    use_shipped,
    withdraw_text,
)
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_on

NARROW = "\u00a0"
WRONG = [
    ("{% load static %}", "TAG_NOT_ALLOWED", 1, "load"),
    ("{% include 'settings.html' %}", "TAG_NOT_ALLOWED", 1, "include"),
    ("{% extends 'base.html' %}", "TAG_NOT_ALLOWED", 1, "extends"),
    ("{% debug %}", "TAG_NOT_ALLOWED", 1, "debug"),
    ("{% for a in company %}{% endfor %}", "TAG_NOT_ALLOWED", 1, "for"),
    ("Fine.\n\nDear {{ contcat }},", "UNKNOWN_VARIABLE", 3, "contcat"),
    ("{{ company.name }}", "UNKNOWN_VARIABLE", 1, "company.name"),
    ("{% if cout == 1 %}a{% endif %}", "UNKNOWN_VARIABLE", 1, "cout"),
    ("{% if count == 1 and not x %}a{% elif y %}b{% endif %}", "UNKNOWN_VARIABLE", 1, "x"),
    ("One\n{% if count == 1 %}{{ foo }}{% endif %}", "UNKNOWN_VARIABLE", 2, "foo"),
    ("{{ company|safe }}", "FILTER_NOT_ALLOWED", 1, "safe"),
    ("One.\n\n{% if count == 1 %}\n\n{% endif %}", "ACROSS_PARAGRAPHS", 3, ""),
]


@pytest.mark.parametrize(("text", "code", "line", "detail"), WRONG, ids=[one[0][:24] for one in WRONG])
def test_what_is_wrong_is_told_with_its_line(text: str, code: str, line: int, detail: str) -> None:
    found = check_text(subject="Fine", before=text, after="")
    assert (found[0].field, found[0].code, found[0].line, found[0].detail) == ("before", code, line, detail)


def test_what_cannot_be_read_is_told_in_the_words_of_the_engine() -> None:
    (found,) = check_text(subject="Fine", before="Fine.\nNot {{ company.__class__ }}", after="")
    assert (found.code, found.line) == ("SYNTAX", 2)


def test_a_text_says_something() -> None:
    assert [one.code for one in check_text(subject=" ", before="", after="")] == ["EMPTY", "EMPTY"]
    assert [one.code for one in check_text(subject="x" * 251, before="y" * 9000, after="")] == ["TOO_LONG"] * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_text_could_be_kept_as_ones_own(language: str) -> None:
    for code in LEVELS:
        text = texts_of(language).levels[code]
        before, after = message_pages.joined(text.before), message_pages.joined(text.after)
        assert check_text(subject=text.subject, before=before, after=after) == []


def test_every_variable_may_be_used() -> None:
    assert check_text(subject="s", before=" ".join(f"{{{{ {name} }}}}" for name in VARIABLES), after="") == []


def test_paragraphs_know_their_line() -> None:
    assert paragraphs("\n\nA\r\nB\r\n\r\nC\n") == [(3, "A\nB"), (6, "C")]


@pytest.fixture
def cast(db: None) -> Cast:
    ensure_default_policy()
    found = make_cast()
    make_item(found.account, "100.00", due=DUE, number="INV-1")
    return found


def keep(day: date, subject: str = "Ours {{ total }}", **more: str) -> int:
    named = {"message_code": "FIRST_REMINDER", "language": "en", "medium": "EMAIL", **more}
    return keep_text(
        **named, subject=subject, before="Hello {{ customer }} <b>.", after="Bye.", from_date=day, actor=ALICE
    )


def test_an_own_text_is_sent_from_its_day_on(cast: Cast) -> None:
    first, then = KeepingChannel(), KeepingChannel()
    with on(late(0)):
        keep(late(8), language="fr")
    send_on(late(7), first)
    assert "Ours" not in first.sent[0].subject
    make_item(cast.account, "50.00", due=late(1), number="INV-2")
    send_on(late(15), then)
    assert then.sent[0].subject.replace(NARROW, " ") == "Ours 150,00 €"
    assert "<b>" in then.sent[0].body_text
    assert "&lt;b&gt;" in then.sent[0].body_html
    told = Event.objects.get(kind="dunning_text.changed")
    assert (told.payload["message"], told.payload["language"], told.actor_label) == ("FIRST_REMINDER", "fr", "Alice")


def test_the_shipped_text_comes_back(cast: Cast) -> None:
    named = {"message_code": "FIRST_REMINDER", "language": "en", "medium": "EMAIL"}
    with on(late(0)):
        keep(late(0))
        assert message_pages.text_now(**named, day=late(0))[1]
        use_shipped(**named, from_date=late(0), actor=ALICE)
    assert message_pages.text_now(**named, day=late(0)) == (texts_of("en").levels["FIRST_REMINDER"], False)
    assert len(message_pages.list_texts()) == 2


def test_a_letter_says_what_the_mail_says_until_it_has_its_own(cast: Cast) -> None:
    with on(late(0)):
        keep(late(0))
        letter = {"message_code": "FIRST_REMINDER", "language": "en", "medium": "LETTER", "day": late(0)}
        assert message_pages.text_now(**letter)[0].subject == "Ours {{ total }}"  # type: ignore[arg-type]
        keep(late(0), subject="On paper", medium="LETTER")
        assert message_pages.text_now(**letter)[0].subject == "On paper"  # type: ignore[arg-type]


def test_no_text_reaches_back_and_none_that_began_is_taken_back(cast: Cast) -> None:
    with on(late(0)):
        with pytest.raises(TextRefused, match="IN_THE_PAST"):
            keep(late(-1))
        with pytest.raises(UnknownText):
            keep(late(0), medium="PIGEON")
        planned, begun = keep(late(3)), keep(late(0))
        withdraw_text(text_id=planned, actor=ALICE)
        with pytest.raises(UnknownText):
            withdraw_text(text_id=planned, actor=ALICE)
        with pytest.raises(TextInForce):
            withdraw_text(text_id=begun, actor=ALICE)


@pytest.mark.parametrize("code", LEVELS)
def test_every_message_is_shown_on_a_real_account(cast: Cast, code: str) -> None:
    with on(late(10)):
        for language in LANGUAGES:
            level = texts_of(language).levels[code]
            shown = message_pages.preview_email(
                account_id=cast.account.id, message_code=code, language=language, level=level, as_of=late(10)
            )
            assert (shown.language, "INV-1" in shown.body_text) == (language, True)
