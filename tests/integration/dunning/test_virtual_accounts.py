"""Who has an account of its own is asked to pay to it: in reminders, in letters, and in the code to scan."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quittance.dunning.message_pages import preview_content
from quittance.dunning.messages import rendering
from quittance.dunning.services import ensure_default_policy
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.letters.rendering import payload_of
from quittance.letters.statements import statement_of
from quittance.parties.models import CompanyBankAccount
from quittance.parties.virtual_ibans import give_virtual_iban
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
VIRTUAL = "DE75512108001245126199"
SAME_BANK = "FR7130006000010000000000145"


@pytest.fixture
def cast(settings: Any, tmp_path: Path) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    made = make_cast()
    CompanyBankAccount.objects.update(is_shown_on_notices=True)
    ensure_default_policy()
    make_item(made.account, "120", due=clock.today() - timedelta(days=20))
    return made


def give(cast: Cast, iban: str) -> None:
    give_virtual_iban(customer_id=cast.durand.id, company_id=cast.company.id, iban=iban, actor=Actor(label="Clara"))


def scanned(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """Return the lines of the codes of a reminder and of a statement by post."""
    written: list[str] = []
    draw = rendering.epc_qr_payload

    def kept(**facts: Any) -> str:
        written.append(draw(**facts))
        return written[-1]

    monkeypatch.setattr(rendering, "epc_qr_payload", kept)
    today = clock.today()
    content = preview_content(account_id=cast.account.pk, message_code="FIRST_REMINDER", language="fr", as_of=today)
    assert rendering.draw_qr(content=content) is not None
    letter = statement_of(account_id=cast.account.pk, as_of=today)
    assert letter is not None
    return written[-1].split("\n"), payload_of(letter).split("\n")


def test_without_one_it_is_the_companys(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for lines in scanned(cast, monkeypatch):
        assert (lines[4], lines[6]) == (cast.bank_account.bic, cast.bank_account.iban)


@pytest.mark.parametrize(("iban", "bic"), [(VIRTUAL, ""), (SAME_BANK, "AGRIFRPP")])
def test_with_one_it_is_that_one(cast: Cast, monkeypatch: pytest.MonkeyPatch, iban: str, bic: str) -> None:
    give(cast, iban)
    for lines in scanned(cast, monkeypatch):
        assert (lines[4], lines[6]) == (bic, iban)


def test_the_last_given_of_several_and_never_another_customers(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    give(cast, SAME_BANK)
    give(cast, VIRTUAL)
    for lines in scanned(cast, monkeypatch):
        assert lines[6] == VIRTUAL
