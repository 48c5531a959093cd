"""`quittance dun`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from quittance.cli.dun import command
from quittance.dunning.models import DunningNotice, DunningRun
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import DUE, late, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    make_item(cast.account, "1234.5", due=DUE)
    return cast


def dun(*arguments: str) -> Result:
    with on(late(7)):
        return CliRunner().invoke(command, ["--as-of", late(7).isoformat(), *arguments])


def test_a_dry_run_says_everything_and_writes_nothing(cast: Cast) -> None:
    before = Event.objects.count()
    result = dun("--dry-run")
    assert result.exit_code == 0
    assert "Will go: 1  (1234.50 EUR)" in result.output and "m.petit@durand.example" in result.output
    found = json.loads(dun("--dry-run", "--json").output)
    assert found["will_go"] == {
        "count": 1,
        "totals": {"EUR": "1234.50"},
        "by_reason": [{"reason": "FIRST_REMINDER", "count": 1, "currency": "EUR", "amount": "1234.50"}],
    }
    (account,) = found["accounts"]
    assert (account["account"], account["level"]) == ("411DURAND", "FIRST_REMINDER")
    assert account["amounts"] == [{"currency": "EUR", "amount": "1234.50"}]
    assert not DunningRun.objects.exists() and Event.objects.count() == before


def test_without_release_nothing_leaves(cast: Cast) -> None:
    result = dun("--company", "ARV")
    assert "Nothing has left." in result.output
    assert DunningRun.objects.get().state == "READY" and not DunningNotice.objects.exists()


def test_release_queues_the_messages(cast: Cast) -> None:
    found = json.loads(dun("--release", "--json").output)
    assert (found["queued"], DunningNotice.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--company", "NOPE"], "no company has the code NOPE (there are: ARV, OTH)"),
        (["--dry-run", "--release"], "nothing to --release"),
        (["--as-of", "31/02/2026"], "31/02/2026"),
    ],
)
def test_what_cannot_be_done_is_said(cast: Cast, arguments: list[str], text: str) -> None:
    result = dun(*arguments)
    assert result.exit_code == 2 and text in result.output
