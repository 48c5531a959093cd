"""Mandates: what banks must know of them, what changes, when they end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from quittance.debits import services
from quittance.debits.identifiers import IdentifierWrong, hidden_iban, is_reference, read_iban
from quittance.debits.models import Mandate
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.debits.desk import (
    CLARA,
    IBAN,
    IBAN_ELSEWHERE,
    TODAY,
    announce,
    another_account,
    export,
    left_for_the_bank,
    propose,
    settle_how,
    sign,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    found = make_cast()
    settle_how(found)
    return found


def test_a_mandate_is_numbered_and_its_account_pays_by_debit(cast: Cast) -> None:
    row = Mandate.objects.get(pk=sign(cast.account, iban="fr76 3000 6000 0112 3456 7890 189"))
    assert (row.reference, row.iban, row.state) == (f"M{cast.company.pk}-{cast.account.pk}-1", IBAN, "ACTIVE")
    cast.account.refresh_from_db()
    assert cast.account.payment_method == "DIRECT_DEBIT"
    assert list(Event.objects.order_by("id").values_list("kind", flat=True))[-2:] == [
        "account.edited", "mandate.recorded",
    ]  # fmt: skip
    with pytest.raises(services.DebitRefused, match="is in force"):
        sign(cast.account)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"iban": ""}, "iban"),
        ({"iban": "FR7630006000011234567890188"}, "iban"),
        ({"iban": "TR330006100519786457841326"}, "iban"),
        ({"bic": "AGRI"}, "bic"),
        ({"town": " "}, "town"),
        ({"country": "France"}, "town"),
        ({"debtor_name": ""}, "debtor_name"),
        ({"scheme": "SEPA"}, "scheme"),
        ({"reference": "RUM 12"}, "reference"),
        ({"reference": "R" * 36}, "reference"),
        ({"signed_on": date(2999, 1, 1)}, "signed_on"),
    ],
)
def test_what_banks_refuse_is_refused_at_once(cast: Cast, more: dict[str, Any], field: str) -> None:
    with pytest.raises(services.DebitRefused) as refused:
        sign(cast.account, **more)
    assert refused.value.field == field
    assert str(refused.value)
    assert not Mandate.objects.exists()


def test_a_reference_is_of_one_mandate_of_a_company(cast: Cast) -> None:
    sign(cast.account, reference="RUM-1")
    with pytest.raises(services.DebitRefused) as refused:
        sign(another_account(cast), reference="RUM-1")
    assert refused.value.field == "reference"


def test_another_account_is_told_with_the_next_collection(cast: Cast) -> None:
    mandate_id = sign(cast.account)
    services.amend_mandate(mandate_id=mandate_id, iban=IBAN_ELSEWHERE, bic="", actor=CLARA)
    assert Mandate.objects.get(pk=mandate_id).amended_from == {}, "the bank has never seen the first account"
    make_item(cast.account, "100", due=TODAY)
    left_for_the_bank(cast)
    services.amend_mandate(mandate_id=mandate_id, iban=IBAN, bic="AGRIFRPP", actor=CLARA)
    make_item(cast.account, "10", due=TODAY)
    collection = propose(cast)
    announce(collection)
    content = export(collection).content.decode()
    assert "<AmdmntInd>true</AmdmntInd>" in content and "SMNDA" in content
    assert Mandate.objects.get(pk=mandate_id).amended_from == {}
    services.cancel_collection(collection_id=collection.pk, reason="withdrawn", on_date=TODAY, actor=CLARA)
    kept = Mandate.objects.get(pk=mandate_id)
    assert kept.amended_from == {"iban": IBAN_ELSEWHERE, "is_bank_changed": True}
    with pytest.raises(services.DebitRefused):
        services.amend_mandate(mandate_id=mandate_id, iban=IBAN, bic="AGRIFRPP", actor=CLARA)


def test_a_mandate_ends_by_word_or_by_time(cast: Cast) -> None:
    first = sign(cast.account)
    with pytest.raises(services.DebitRefused):
        services.cancel_mandate(mandate_id=first, on_date=TODAY, reason="", actor=CLARA)
    services.cancel_mandate(mandate_id=first, on_date=TODAY, reason="customer asked", actor=CLARA)
    with pytest.raises(services.DebitRefused, match="is over"):
        services.cancel_mandate(mandate_id=first, on_date=TODAY, reason="again", actor=CLARA)
    second = sign(cast.account, signed_on=date(2023, 3, 2))
    assert Mandate.objects.get(pk=second).reference.endswith("-2")
    assert services.expire_mandates(as_of=date(2026, 3, 2)) == 0
    assert services.expire_mandates(as_of=date(2026, 3, 3)) == 1
    assert services.expire_mandates(as_of=date(2026, 3, 3)) == 0
    row = Mandate.objects.get(pk=second)
    assert (row.state, row.ended_on) == ("EXPIRED", date(2026, 3, 3))
    with pytest.raises(services.MandateNotFound):
        services.cancel_mandate(mandate_id=0, on_date=TODAY, reason="x", actor=CLARA)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"creditor_identifier": "FR73ZZZ123456"}, "creditor_identifier"),
        ({"creditor_identifier": ""}, "creditor_identifier"),
        ({"bank_account_id": 0}, "bank_account"),
        ({"lead_days": 0}, "lead_days"),
        ({"notice_days": 61}, "lead_days"),
    ],
)
def test_how_a_company_collects_is_checked(cast: Cast, more: dict[str, Any], field: str) -> None:
    values = {
        "company_id": cast.company.pk, "creditor_identifier": "FR72ZZZ123456", "lead_days": 2, "notice_days": 14,
        "bank_account_id": cast.bank_account.pk, "actor": CLARA,
    }  # fmt: skip
    services.change_settings(**values)  # type: ignore[arg-type]
    assert Event.objects.filter(kind="debit_settings.changed").count() == 1, "nothing changed the second time"
    with pytest.raises(services.DebitRefused) as refused:
        services.change_settings(**{**values, **more})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_identifiers() -> None:
    with pytest.raises(IdentifierWrong, match="EMPTY"):
        read_iban("  ")
    assert hidden_iban("FR12") == "FR12"
    assert not is_reference("/A") and not is_reference("")
