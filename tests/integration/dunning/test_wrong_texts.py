"""A mistake in a text stops the messages that use it, says where it is, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quittance.delivery.models import Transmission
from quittance.dunning import services
from quittance.dunning.messages import TextError, rendering, texts, writing
from quittance.dunning.models import DunningNotice, DunningRun
from tests.cast import make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_waiting

SUBJECT = "{{ company }} : rappel, {{ total }} à régler"


def broken(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """Write another subject of the first reminder into the French file."""
    document = texts._document("fr").replace(SUBJECT, written)
    real = texts.texts_of
    french = real("fr")
    level = replace(french.levels["FIRST_REMINDER"], subject=written)
    changed = replace(french, levels={**french.levels, "FIRST_REMINDER": level})
    real_document = texts._document
    monkeypatch.setattr(texts, "_document", lambda language: document if language == "fr" else real_document(language))
    monkeypatch.setattr(rendering, "texts_of", lambda language: changed if language == "fr" else real(language))
    texts._line_of.cache_clear()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{{ company }} : {{ totl }}", "unknown variable 'totl'"),
        ("{% if contct %}a{% endif %}", "unknown variable 'contct'"),
        ("{{ company.nme }}", "unknown variable 'company.nme'"),
        ("{{ total", None),
        ("{% if total %}no end", "Unclosed tag"),
        ("{{ total|upsidedown }}", "Invalid filter: 'upsidedown'"),
    ],
)
def test_it_stops_that_message_only_and_says_where(
    monkeypatch: pytest.MonkeyPatch, written: str, told: str | None
) -> None:
    cast = make_cast()
    english = make_account(cast.durand, cast.company, cast.services, number="411ENGLISH", language="en")
    make_item(cast.account, "1200", due=DUE)
    make_item(english, "300", due=DUE)
    cast.durand.contacts.update(language="")
    broken(monkeypatch, written)
    channel = KeepingChannel()
    with on(late(7)):
        run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        send_waiting(channel)
    states = dict(DunningNotice.objects.values_list("account__number", "state"))
    if told is None:  # Django takes it for plain text
        assert states == {"411DURAND": "SENT", "411ENGLISH": "SENT"}
        return
    assert states == {"411DURAND": "FAILED", "411ENGLISH": "SENT"} and len(channel.sent) == 1
    stopped = Transmission.objects.get(account=cast.account)
    line = texts._document("fr").split(written)[0].count("\n") + 1
    assert (stopped.state, stopped.failure_code, stopped.attempts) == ("FAILED", "TEXT_WRONG", 0)
    assert stopped.failure.startswith(f"fr.toml, line {line}: {told}")
    assert DunningRun.objects.get().state == "DONE"
    monkeypatch.undo()
    with on(late(8)):  # corrected, the next run speaks to the account again
        run_id = services.prepare_run(company_id=None, as_of=late(8), actor=ALICE)
        assert services.release_run(run_id=run_id, actor=ALICE).queued == 1


@pytest.mark.django_db
def test_what_nobody_foresaw_stops_that_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    make_item(cast.account, "1200", due=DUE)

    def fail(**_: Any) -> None:
        raise KeyError("iban")

    monkeypatch.setattr(rendering, "draw_qr", fail)
    channel = KeepingChannel()
    with on(late(7)):
        run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        send_waiting(channel)
    stopped = Transmission.objects.get()
    assert (stopped.state, channel.sent) == ("FAILED", [])
    assert stopped.failure.startswith("test_wrong_texts.py, line ") and stopped.failure.endswith("KeyError: 'iban'")


def test_a_page_says_its_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    template = writing._engine(is_html=True).from_string("a\n{% for row in rows %}\n{{ row.nme }}{% endfor %}")
    monkeypatch.setattr(writing, "_page", lambda name: template)
    with pytest.raises(TextError, match=r"^notice.html, line 3: unknown variable 'row.nme'$"):
        writing.write_page("dunning/messages/notice.html", {"rows": [{"name": 1}]})
