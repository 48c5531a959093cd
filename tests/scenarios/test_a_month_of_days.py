"""A month at Arvor: what Alice, the credit manager and Clara see each morning, and what leaves in the evening."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quittance.cash import services as cash
from quittance.cash.models import BankTransaction
from quittance.core.payment_plans import Rhythm
from quittance.core.terms import add_months
from quittance.dunning import services as dunning
from quittance.dunning.models import DunningNoticeItem
from quittance.dunning.services.editing import PolicyDraft, StepDraft, create_policy
from quittance.dunning.step_tasks import list_step_tasks
from quittance.ledger.models import Allocation, OpenItem
from quittance.litigation import limitation
from quittance.litigation import services as litigation
from quittance.parties import editing
from quittance.promises import plans
from quittance.promises.models import PromiseToPay
from quittance.worklist.services import DisputeDraft, PromiseDraft, log_call
from tests.integration.dunning.desk import run_row
from tests.scenarios.office import Office, Transfer, march

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(tmp_path: Path, settings: Any) -> Office:
    settings.MEDIA_ROOT = tmp_path
    settings.QUITTANCE_SMS_CHANNEL = "sms-ovh"
    office = Office(folder=tmp_path)
    with office.day(1):
        steps = (
            StepDraft(name="Text message", offset_days=5, medium="SMS", message_code="FIRST_REMINDER"),
            StepDraft(name="Call", offset_days=12, medium="CALL"),
        )
        by_phone = create_policy(
            draft=PolicyDraft(name="By phone", steps=steps), from_date=march(1), actor=office.manager
        )
        office.customer("Kerbrat", policy=by_phone, email="k@kerbrat.example", phone="06 12 34 56 78")
        office.customer("Moreau", policy="SMALL_AMOUNTS", email="compta@moreau.example")
        office.customer("Lagarde", policy="LITIGATION_BOUND", email="l@lagarde.example", phone="02 98 00 00 01")
        office.customer("Bouchard", policy="STANDARD", email="b@bouchard.example", phone="02 98 00 00 02")
        office.invoice("Durand", "F101", "1200", due=march(1))
        office.invoice("Durand", "F102", "600", due=march(2))
        office.invoice("Kerbrat", "F201", "350", due=march(1))
        office.invoice("Moreau", "F301", "80", due=march(1))
        office.invoice("Lagarde", "F401", "5000", due=march(1))
        office.invoice("Bouchard", "F501", "900", due=march(1))
    return office


def test_a_month(office: Office) -> None:
    first_week(office)
    second_week(office)
    third_week(office)
    fourth_week(office)
    last_days(office)
    nothing_useless_left(office)


def a_quiet_day(office: Office, number: int, *waits: str, held: dict[str, str] | None = None) -> None:
    """Nothing comes and nothing leaves; only what waited for Alice still waits."""
    with office.day(number):
        office.opens()
        assert office.sees(office.cast.alice) == list(waits)
        run_id = office.prepares()
        assert office.decided(run_id) == (held or {})
        assert office.sends(run_id) == []


def first_week(office: Office) -> None:
    a_quiet_day(office, 2)
    a_quiet_day(office, 3)
    with office.day(4):
        office.opens()
        run_id = office.prepares()
        assert office.decided(run_id) == {"Lagarde": "SEND FIRST_REMINDER"}
        assert office.sends(run_id) == ["EMAIL Lagarde FIRST_REMINDER 5000"]
    with office.day(5):
        # Nobody at Lagarde has that address: Alice asks who has, and it is said again the same morning.
        office.comes_back()
        office.opens()
        assert office.decided(run_id) == {"Lagarde": "BOUNCED FIRST_REMINDER"}
        assert (run_row(run_id).sent_count, run_row(run_id).failed_count) == (0, 1)
        assert office.would_say() == {"Lagarde": "PERSON NO_CONTACT"}
        values = {"name": "Lise Lagarde", "role": "FINANCE", "email": "lise@lagarde.example", "phone": "",
                  "language": "fr", "is_opted_out": False}  # fmt: skip
        editing.add_contact(
            customer_id=office.customers["Lagarde"].customer_id, account_id=None, values=values, actor=office.alice
        )
        run_id = office.prepares()
        assert office.decided(run_id) == {"Lagarde": "SEND FIRST_REMINDER"}
        assert office.sends(run_id) == ["EMAIL Lagarde FIRST_REMINDER 5000"]
        assert office.post.sent[-1].recipient == "lise@lagarde.example"
    with office.day(6):
        office.opens()
        assert office.sends(office.prepares()) == ["SMS Kerbrat TEXT_MESSAGE 350"]
        assert office.post.sent[-1].recipient == "+33612345678"


def second_week(office: Office) -> None:
    with office.day(9):
        # Durand's transfer for one of two invoices is on the statement of the morning.
        office.opens(Transfer(payer="Durand", amount="1200.00", text="F101"))
        assert (office.sees(office.cast.alice), office.sees(office.cast.clara)) == ([], [])
        run_id = office.prepares()
        assert office.decided(run_id) == {"Durand": "SEND FIRST_REMINDER", "Bouchard": "SEND FIRST_REMINDER"}
        dunning.release_run(run_id=run_id, actor=office.alice)
        # While the messages wait to leave, Bouchard calls and promises.
        log_call(
            account_id=office.customers["Bouchard"].pk, outcome="PROMISE", actor=office.alice, as_of=march(9),
            promise=PromiseDraft(item_ids=[office.item("F501").pk], promised_date=march(13)),
        )  # fmt: skip
        assert office.posts() == ["EMAIL Durand FIRST_REMINDER 600"]
        assert office.decided(run_id) == {"Durand": "SENT FIRST_REMINDER", "Bouchard": "HELD PROMISED"}
    a_quiet_day(office, 10, held={"Bouchard": "HOLD PROMISED"})
    with office.day(11):
        # Small amounts need nobody: their message leaves by itself, the rest waits for Alice.
        office.opens()
        run_id = office.prepares()
        assert office.decided(run_id) == {
            "Moreau": "QUEUED FIRST_REMINDER", "Lagarde": "SEND CALL", "Bouchard": "HOLD PROMISED",
        }  # fmt: skip
        assert office.posts() == ["EMAIL Moreau FIRST_REMINDER 80"]
        assert office.sends(run_id) == ["CALL Lagarde CALL 5000"]
    with office.day(12):
        # Moreau has paid. Lagarde, called, contests a part.
        office.opens(Transfer(payer="Moreau", amount="80.00", text="F301"))
        assert office.sees(office.cast.alice) == ["STEP_TO_DO Lagarde"]
        does_the_step(
            office, "Lagarde", outcome="DISPUTE",
            dispute=DisputeDraft(item_ids=[office.item("F401").pk], reason_code="QUALITY", amount=Decimal(1500)),
        )  # fmt: skip
        assert office.sees(office.cast.alice) == []
    with office.day(13):
        office.opens()
        assert office.sees(office.cast.alice) == ["PROMISE_DUE Bouchard"]
        run_id = office.prepares()
        assert office.decided(run_id) == {"Kerbrat": "SEND CALL", "Bouchard": "HOLD PROMISED"}
        assert office.sends(run_id) == ["CALL Kerbrat CALL 350"]
        assert office.sees(office.cast.alice) == ["PROMISE_DUE Bouchard", "STEP_TO_DO Kerbrat"]
        does_the_step(
            office, "Kerbrat", outcome="PROMISE",
            promise=PromiseDraft(item_ids=[office.item("F201").pk], promised_date=march(18)),
        )  # fmt: skip
        assert office.sees(office.cast.alice) == ["PROMISE_DUE Bouchard"]


def does_the_step(office: Office, name: str, **said: Any) -> None:
    """Alice calls, writes down what was said, and the step is done."""
    (step,) = list_step_tasks()
    log_call(account_id=office.customers[name].pk, actor=office.alice, as_of=office.today, **said)
    dunning.finish_task(notice_id=step.notice_id, note="Called", actor=office.alice)


def third_week(office: Office) -> None:
    promised = {"Kerbrat": "HOLD PROMISED", "Bouchard": "HOLD PROMISED"}
    a_quiet_day(office, 16, "PROMISE_DUE Bouchard", held=promised)
    with office.day(17):
        # Bouchard has not kept his word; Alice offers instalments, and he accepts before the message leaves.
        office.opens()
        assert office.sees(office.cast.alice) == ["BROKEN_PROMISE Bouchard"]
        run_id = office.prepares()
        assert office.decided(run_id) == {"Kerbrat": "HOLD PROMISED", "Bouchard": "SEND FIRST_REMINDER"}
        dunning.release_run(run_id=run_id, actor=office.alice)
        choice = plans.PlanChoice(count=3, first_date=march(20), rhythm=Rhythm.WEEKLY)
        plan_id = plans.propose_plan(
            account_id=office.customers["Bouchard"].pk, item_ids=[office.item("F501").pk], choice=choice,
            made_on=march(17), actor=office.alice, tolerance_days=2,
        )  # fmt: skip
        plans.accept_plan(
            plan_id=plan_id, accepted_on=march(17), accepted_by="M. Bouchard", via="LINK", actor=office.alice
        )
        assert office.posts() == []
        assert office.decided(run_id) == {"Kerbrat": "HOLD PROMISED", "Bouchard": "HELD IN_PAYMENT_PLAN"}
        assert office.sees(office.cast.alice) == []
    with office.day(18):
        # Kerbrat keeps his.
        office.opens(Transfer(payer="Kerbrat", amount="350.00", text="F201"))
        assert PromiseToPay.objects.get(account=office.customers["Kerbrat"]).state == "KEPT"
        assert office.sees(office.cast.alice) == []
        assert office.would_say() == {"Bouchard": "HOLD IN_PAYMENT_PLAN"}
    a_quiet_day(office, 19, held={"Bouchard": "HOLD IN_PAYMENT_PLAN"})
    with office.day(20):
        # The first instalment is there; which it is a person must say.
        office.opens(Transfer(payer="Bouchard", amount="300.00", text="F501 echeance 1"))
        assert (office.sees(office.cast.alice), office.sees(office.cast.clara)) == ([], ["UNMATCHED_CASH"])


def fourth_week(office: Office) -> None:
    with office.day(23):
        # Nobody has matched it over the weekend: the plan waits. What is formal waits for the credit manager.
        office.opens()
        assert (office.sees(office.cast.alice), office.sees(office.cast.clara)) == ([], ["UNMATCHED_CASH"])
        run_id = office.prepares()
        assert office.decided(run_id) == {
            "Durand": "SEND SECOND_REMINDER", "Lagarde": "SEND REGISTERED_NOTICE", "Bouchard": "HOLD IN_PAYMENT_PLAN",
        }  # fmt: skip
        assert office.sees(office.cast.manager) == ["TO_VALIDATE"]
        assert office.sends(run_id) == ["EMAIL Durand SECOND_REMINDER 600"]
        assert office.decided(run_id)["Lagarde"] == "HOLD AWAITS_MANAGER"
        assert office.sees(office.cast.manager) == ["TO_VALIDATE"]
        (line,) = BankTransaction.objects.filter(state="WAITING")
        cash.match_items(transaction_id=line.pk, item_ids=[office.item("F501").pk], as_of=march(23), actor=office.clara)
        assert office.sees(office.cast.clara) == []
    with office.day(24):
        office.opens()
        run_id = office.prepares()
        assert office.decided(run_id) == {"Lagarde": "SEND REGISTERED_NOTICE", "Bouchard": "HOLD IN_PAYMENT_PLAN"}
        # Alice has nothing to send in it.
        assert (office.sees(office.cast.alice), office.sees(office.cast.manager)) == ([], ["TO_VALIDATE"])
        assert office.sends(run_id, is_manager=True) == ["LETTER Lagarde REGISTERED_NOTICE 3500"]
        assert office.sees(office.cast.manager) == []
    with office.day(25):
        office.opens()
        dunning.announce_payment(
            account_id=office.customers["Durand"].pk, item_ids=[office.item("F102").pk], announced_on=march(25),
            until_date=march(30), actor=office.alice, said="Left our bank this morning",
        )  # fmt: skip
        assert office.would_say() == {"Durand": "HOLD PAYMENT_ANNOUNCED", "Bouchard": "HOLD IN_PAYMENT_PLAN"}
    held = {"Durand": "HOLD PAYMENT_ANNOUNCED", "Bouchard": "HOLD IN_PAYMENT_PLAN"}
    a_quiet_day(office, 26, held=held)
    a_quiet_day(office, 27, "CALL Lagarde", "DISPUTE_LATE Lagarde", held=held)


def last_days(office: Office) -> None:
    claim, planned = office.item("F401"), office.item("F501")
    with office.day(30):
        # Durand's money is here, the second instalment is not. The manager gives Lagarde to a lawyer, who sues.
        office.opens(Transfer(payer="Durand", amount="600.00", text="F102"))
        # The plan took the place of the promise that was broken before: one task, not two.
        assert office.sees(office.cast.alice) == ["CALL Lagarde", "DISPUTE_LATE Lagarde", "PLAN_BROKEN Bouchard"]
        assert office.would_say() == {"Bouchard": "SEND FIRST_REMINDER"}
        assert lapses(claim, 30) == add_months(claim.document_date, 60)
        handover_id = litigation.prepare_handover(
            account_id=claim.account_id, item_ids=[claim.pk], to_kind="LAWYER", to_name="Me Lenoir",
            reason="no answer to the formal notice", prepared_on=march(30), actor=office.manager,
        )  # fmt: skip
        litigation.hand_over(handover_id=handover_id, on_date=march(30), actor=office.manager)
        limitation.record_event(item_id=claim.pk, kind="LAWSUIT", event_date=march(30), actor=office.manager)
        assert lapses(claim, 30) is None
        # The lawyer has it, dispute and all.
        assert office.sees(office.cast.alice) == ["PLAN_BROKEN Bouchard"]
    with office.day(31):
        office.opens()
        run_id = office.prepares()
        assert office.decided(run_id) == {"Lagarde": "HOLD HANDED_OVER", "Bouchard": "SEND FIRST_REMINDER"}
        assert office.sends(run_id) == ["EMAIL Bouchard FIRST_REMINDER 600"]
        # The part payment of the 20th began the time anew.
        assert lapses(planned, 31) == add_months(march(20), 60)
        assert (office.sees(office.cast.manager), office.sees(office.cast.clara)) == ([], [])


def lapses(item: OpenItem, number: int) -> date | None:
    found = limitation.find_clock(item_id=item.pk, as_of=march(number))
    return found.end_date if found else None


def nothing_useless_left(office: Office) -> None:
    """No message of the month asked for money that was here, or that was on its way by somebody's word."""
    asked = DunningNoticeItem.objects.filter(notice__state__in=("SENT", "TASK_OPEN", "DONE")).order_by("id")
    told = [
        (one.item.document_number, one.notice.notice_date.day, one.notice.medium, int(one.amount))
        for one in asked.select_related("item", "notice")
    ]
    assert told == [
        ("F401", 5, "EMAIL", 5000),
        ("F201", 6, "SMS", 350),
        ("F102", 9, "EMAIL", 600),
        ("F301", 11, "EMAIL", 80),
        ("F401", 11, "CALL", 5000),
        ("F201", 13, "CALL", 350),
        ("F102", 23, "EMAIL", 600),
        ("F401", 24, "LETTER", 3500),
        ("F501", 31, "EMAIL", 600),
    ]
    for one in asked:
        paid = Allocation.objects.filter(debit_item_id=one.item_id, effective_date__lte=one.notice.notice_date)
        open_then = one.item.amount_original - sum((part.amount for part in paid), Decimal(0))
        assert one.amount <= open_then
