"""Mails of payers: attachments and words are kept when they tell a payment, and nothing is when they do not."""

from __future__ import annotations

from datetime import date

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from quittance.delivery import services as delivery
from quittance.delivery import tasks
from quittance.delivery.models import InboundMessage
from quittance.foundation.models import ImportBatch
from quittance.parties.models import Company
from quittance.remittances.models import Remittance
from tests.adapters.remittances import samples
from tests.cast import Cast, make_cast, make_item
from tests.integration.delivery.mails import FakeMailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    for number, amount in (("INV-1001", "1200"), ("INV-1002", "500"), ("CM-9", "-100")):
        make_item(
            made.account, amount, due=date(2026, 5, 1), number=number, kind=None if amount[0] != "-" else "CREDIT_NOTE"
        )
    Company.objects.filter(pk=made.company.pk).update(sender_email="cash@arvor.example")
    return made


def take(*mails: bytes) -> list[Remittance]:
    """Let the mailbox be read and the worker do its jobs twice, as after a crash."""
    delivery.read_mailbox(mailbox=FakeMailbox(*mails))
    jobs = ProcrastinateJob.objects.filter(task_name="delivery.keep_advices").order_by("id")
    for job in [*jobs, *jobs]:
        tasks.keep_advices(**job.args)
    return list(Remittance.objects.order_by("id"))


@pytest.mark.parametrize(
    "mail",
    [
        samples.mail(samples.TEXT_FR),
        samples.mail("Veuillez trouver notre avis de virement.", ("avis.pdf", samples.pdf(samples.TEXT_FR))),
        samples.mail("See attached.", ("advice.edi", samples.EDIFACT)),
        samples.mail("See attached.", ("advice.csv", samples.TABLE)),
        samples.mail("See attached.", ("advice.xml", samples.UBL)),
    ],
)
def test_an_advice_is_kept_with_its_message(cast: Cast, mail: bytes) -> None:
    (row,) = take(mail)
    message = InboundMessage.objects.get()
    assert (row.source, row.inbound_message_id, row.payer_email) == ("MAIL", message.id, "ap@durand.example")
    assert (row.customer_id, row.company_id) == (cast.durand.id, cast.company.id)
    assert (row.total_announced, row.lines_sum) == (1566, 1566)
    assert row.lines.filter(item__isnull=True).count() == 0


@pytest.mark.parametrize(
    "mail",
    [
        samples.mail("Bonjour, pouvez-vous me rappeler au 01 23 45 67 89 ? Facture INV-1001 de 1 200,00 €."),
        samples.mail("We contest INV-1001 of 1,200.00 EUR."),
        samples.mail("> We have paid INV-1001 1,200.00 EUR\n\nIs this right?"),
        samples.mail("Our order is attached.", ("order.pdf", samples.pdf("Order PO-7788   12 boxes   120.00 EUR"))),
        samples.mail("See you.", ("logo.png", b"\x89PNG\r\n\x1a\n")),
    ],
)
def test_a_mail_that_tells_no_payment_leaves_nothing(cast: Cast, mail: bytes) -> None:
    assert take(mail) == []
    assert not ImportBatch.objects.exists()


def test_a_broken_file_of_a_machine_is_told(cast: Cast) -> None:
    assert take(samples.mail("See attached.", ("advice.edi", samples.EDIFACT[:400]))) == []
    assert ImportBatch.objects.get().reason_code == "REMITTANCE_CUT"


def test_the_same_advice_by_mail_and_as_file_is_kept_once(cast: Cast) -> None:
    take(samples.mail("See attached.", ("advice.edi", samples.EDIFACT)))
    assert len(take(samples.mail("Reminder of our advice.", ("copy.edi", samples.EDIFACT + b"\n")))) == 1
