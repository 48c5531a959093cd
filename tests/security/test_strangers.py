"""Every address is tried by nobody, by a stranger of another company, and by a customer of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from quittance.cases.models import CorrectiveAction, Dispute
from quittance.cash.models import (
    BankStatement,
    BankTransaction,
    DifferenceRequest,
    LineQuestion,
    MatchProposal,
    PayerIdentity,
)
from quittance.debits.models import DebitCollection, DebitedItem, DebitInstruction, Mandate
from quittance.delivery.models import Attachment as MessageFile
from quittance.delivery.models import DemoMessage, InboundMessage, Mailbox, Transmission
from quittance.dunning.models import DunningBlock, DunningDecision, DunningNotice, DunningPolicy, DunningRun
from quittance.dunning.services import announce_payment, assign_policies, ensure_default_policy, freeze_selection
from quittance.foundation import clock
from quittance.foundation.api_tokens import create_token
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import SYSTEM
from quittance.interest.models import InterestClaim
from quittance.ledger.models import Allocation, OpenItem
from quittance.letters.models import BatchLetter, PrintBatch
from quittance.litigation.models import Dossier, Handover, HandoverItem, LimitationEvent
from quittance.parties.models import Absence, Attachment, Contact, Customer, Note, SavedView, Team, User
from quittance.promises.models import PaymentPlan, PlannedInstalment, PlannedItem, PromiseToPay
from quittance.remittances.models import Remittance
from quittance.segments.models import Segment
from quittance.simulation.models import Simulation, Trial
from quittance.worklist.models import Task
from quittance.writeback.services import export_batch
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db

# Addresses that nobody needs to sign in for: the door itself, and whether the server lives.
OPEN = {
    "account_login", "account_signup", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "preference", "healthz",
    "stop_courtesy", "sms_report", "api_docs", "api_nowhere",
}  # fmt: skip
# The person's own look and views, shared by staff and customers.
OWN = {"account_logout", "account_reauthenticate", "saved_view_create", "saved_view_delete", "home"}
# What is the same for all companies; a stranger may read it.
SHARED = {"code", "policy_id", "segment_id"}
TODAY_SLACK = timedelta(days=40)


def addresses() -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Yield (name, parameters, view) of every address of the product."""

    def walk(
        patterns: list[Any], namespace: str, before: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[str, ...], Any]]:
        for pattern in patterns:
            parameters = (*before, *getattr(pattern.pattern, "converters", {}))
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inner, parameters)
            elif isinstance(pattern, URLPattern) and pattern.name:
                yield f"{namespace}{pattern.name}", parameters, pattern.callback

    yield from walk(get_resolver().url_patterns, "", ())


ADDRESSES = sorted(addresses(), key=lambda found: found[0])
# Programs come with a token: tests/api tries each address of the API without one, and with those of others.
STAFF = [
    (name, parameters)
    for name, parameters, _view in ADDRESSES
    if name not in OPEN | OWN and not name.startswith("api:")
]


class World:
    """One of everything that an address can name, all of it Durand's with Arvor."""

    def __init__(self) -> None:
        self.cast: Cast = make_cast()
        cast, now, today = self.cast, timezone.now(), clock.today()
        item = make_item(cast.account, "1200", due=today - TODAY_SLACK, number="SECRET-1")
        payment = make_item(cast.account, "-200", due=today)
        allocation = Allocation.objects.create(
            debit_item=item, credit_item=payment, amount=200, amount_company_debit=200, amount_company_credit=200,
            effective_date=today, posted_at=now, origin="PERSON",
        )  # fmt: skip
        note = Note.objects.create(customer=cast.durand, text="secret note", created_at=now, author=cast.alice)
        attachment = Attachment.objects.create(
            customer=cast.durand, file=ContentFile(b"secret", name="secret.txt"), filename="secret.txt",
            content_type="text/plain", size_bytes=6, sha256="0" * 64, created_at=now,
        )  # fmt: skip
        dispute = Dispute.objects.create(
            account=cast.account, item=item, amount_disputed=10, reason_code="PRICE", opened_date=today,
            due_date=today, recorded_at=now,
        )  # fmt: skip
        promise = PromiseToPay.objects.create(
            account=cast.account, amount=10, currency="EUR", made_on=today, promised_date=today, recorded_at=now
        )
        task = Task.objects.create(
            key="account:1", kind="CALL", account=cast.account, customer=cast.durand, company=cast.company,
            owner=cast.alice, due_date=today, created_at=now,
        )  # fmt: skip
        batch = ImportBatch.objects.create(
            kind="LEDGER", status="DONE", source="T", filename="secret.txt", created_at=now, company_id=cast.company.id
        )
        absence = Absence.objects.create(user=cast.alice, deputy=cast.bob, from_date=today, until_date=today)
        team = Team.objects.create(name="Arvor collections", manager=cast.manager)
        cast.alice.team = team
        cast.alice.save()
        self.ids: dict[str, Any] = {
            "team_id": team.id,
            "customer_id": cast.durand.id, "account_id": cast.account.id, "item_id": item.id, "note_id": note.id,
            "allocation_id": allocation.id, "attachment_id": attachment.id, "dispute_id": dispute.id,
            "promise_id": promise.id, "task_id": task.id, "batch_id": batch.id, "company_id": cast.company.id,
            "user_id": cast.alice.pk, "absence_id": absence.id, "code": "dso-simple", "token": "x", "key": "x",
            "uidb36": "x", "bank_account_id": cast.bank_account.id, "reason_code": "OTHER",
            "contact_id": Contact.objects.create(customer=cast.durand, name="Secret", email="secret@d.example").id,
            "view_id": SavedView.objects.create(user=cast.alice, table_key="items", name="mine").id,
            "claim_id": self._claim(item), "segment_id": Segment.objects.get(code="STRATEGIC").id,
            "action_id": self._action(),
            "plan_id": self._plan(item),
            **self._litigation(item), **self._debits(item),
            "token_id": self._token(),
            "writeback_batch_id": export_batch(company_id=cast.company.id, as_of=today, actor=SYSTEM),
            "file_format": "FEC",
            **self._dunning(), **self._simulation(), **self._cash(batch), **self._letters(),
        }  # fmt: skip

    def _token(self) -> int:
        return create_token(
            name="SECRET-1", company_ids=[self.cast.company.id], scopes=["items:read"], expires_on=None, actor=SYSTEM
        )[0]

    def _claim(self, item: OpenItem) -> int:
        today = clock.today()
        return InterestClaim.objects.create(
            account=self.cast.account, item=item, document_number="SECRET-1", first_date=today, last_date=today,
            currency="EUR", interest=1, state="CLAIMED", decided_date=today, decided_by_name="Alice",
            recorded_at=timezone.now(),
        ).pk  # fmt: skip

    def _action(self) -> int:
        today = clock.today()
        return CorrectiveAction.objects.create(
            title="SECRET-1", company=self.cast.company, owner=self.cast.alice, due_date=today, opened_date=today,
            recorded_at=timezone.now(),
        ).pk  # fmt: skip

    def _letters(self) -> dict[str, int]:
        now, cast = timezone.now(), self.cast
        batch = PrintBatch.objects.create(company=cast.company, number=1, opened_at=now)
        letter = BatchLetter.objects.create(
            batch=batch, position=1, account=cast.account, message_id="l@x", recipient_name="Durand", subject="secret",
            language="fr", page_count=1, file=ContentFile(b"%PDF-secret", name="secret.pdf"), size_bytes=11,
            sha256="0" * 64, added_at=now, is_registered=True,
        )  # fmt: skip
        return {"print_batch_id": batch.id, "letter_id": letter.id}

    def _plan(self, item: OpenItem) -> int:
        today = clock.today()
        plan = PaymentPlan.objects.create(
            account=self.cast.account, currency="EUR", total=1000, made_on=today, answer_until=today,
            recorded_at=timezone.now(),
        )  # fmt: skip
        PlannedInstalment.objects.create(plan=plan, position=1, due_date=today, amount=1000)
        PlannedItem.objects.create(plan=plan, item=item, amount=1000)
        return plan.pk

    def _debits(self, item: OpenItem) -> dict[str, int]:
        today, now, cast = clock.today(), timezone.now(), self.cast
        mandate = Mandate.objects.create(
            company=cast.company, account=cast.account, reference="SECRET-1", signed_on=today, debtor_name="secret",
            iban="FR7630006000011234567890189", town="Lyon", country="FR", recorded_by_name="Alice", recorded_at=now,
        )  # fmt: skip
        collection = DebitCollection.objects.create(
            company=cast.company, number=1, message_id="SECRET-1", collection_date=today, due_until=today,
            proposed_on=today, proposed_by_name="Alice", recorded_at=now,
        )  # fmt: skip
        instruction = DebitInstruction.objects.create(
            collection=collection, mandate=mandate, account=cast.account, position=1, sequence_type="FRST",
            payment_information_id="SECRET-1-1", end_to_end_id="SECRET-1-00001", amount=1,
        )  # fmt: skip
        DebitedItem.objects.create(
            instruction=instruction, item=item, amount=1, amount_open_then=item.amount_open, from_date=today
        )
        return {"mandate_id": mandate.pk, "collection_id": collection.pk, "instruction_id": instruction.pk}

    def _litigation(self, item: OpenItem) -> dict[str, int]:
        today, now = clock.today(), timezone.now()
        handover = Handover.objects.create(
            account=self.cast.account, to_kind="AGENCY", to_name="secret agency", reason="secret", prepared_on=today,
            prepared_by_name="Alice", recorded_at=now,
        )  # fmt: skip
        HandoverItem.objects.create(
            handover=handover, item=item, currency="EUR", amount_then=1000, company_currency="EUR",
            amount_company_then=1000,
        )  # fmt: skip
        dossier = Dossier.objects.create(
            handover=handover, state="READY", file=ContentFile(b"secret", name="d.zip"), filename="d.zip",
            sha256="0" * 64, language="en", requested_by_name="Alice", requested_at=now,
        )  # fmt: skip
        event = LimitationEvent.objects.create(
            item=item, kind="LAWSUIT", event_date=today, recorded_by_name="Alice", recorded_at=now
        )
        return {"handover_id": handover.pk, "dossier_id": dossier.pk, "event_id": event.pk}

    def _simulation(self) -> dict[str, int]:
        today, now = clock.today(), timezone.now()
        ensure_default_policy()
        simulation = Simulation.objects.create(
            policy_a=DunningPolicy.objects.get(is_default=True), company=self.cast.company, first_date=today,
            last_date=today, created_at=now,
        )  # fmt: skip
        trial = Trial.objects.create(
            name="secret trial", segment=Segment.objects.get(code="STRATEGIC"), policy_a_code="A", policy_b_code="B",
            company=self.cast.company, from_date=today, until_date=today + TODAY_SLACK, salt="x", created_at=now,
        )  # fmt: skip
        return {"simulation_id": simulation.pk, "trial_id": trial.pk}

    def _dunning(self) -> dict[str, int]:
        now, today, cast = timezone.now(), clock.today(), self.cast
        ensure_default_policy()
        policy = DunningPolicy.objects.get(is_default=True)
        run = DunningRun.objects.create(company=cast.company, as_of=today, state="READY", created_at=now)
        decision = DunningDecision.objects.create(
            run=run, account=cast.account, outcome="SEND", reason_code="LEVEL_REACHED", policy=policy,
            level=policy.levels.first(),
        )  # fmt: skip
        transmission = Transmission.objects.create(
            account=cast.account, medium="EMAIL", channel="smtp", purpose="DUNNING", sender="a@b.example",
            recipient="c@d.example", language="fr", subject="secret", body_text="secret", message_id="m@x",
            queued_at=now,
        )  # fmt: skip
        notice = DunningNotice.objects.create(
            decision=decision, account=cast.account, level=policy.levels.first(), notice_date=today,
            transmission=transmission, created_at=now,
        )  # fmt: skip
        block = DunningBlock.objects.create(account=cast.account, reason="secret", from_date=today, created_at=now)
        message = DemoMessage.objects.create(received_at=now, sender="a", recipients="b", subject="secret", raw=b"x: y")
        return {
            "policy_id": policy.id, "run_id": run.id, "decision_id": decision.id, "notice_id": notice.id,
            "block_id": block.id,
            "assignment_id": assign_policies(
                account_ids=[cast.account.id], policy_code="STRATEGIC", actor=SYSTEM
            ).assignment_id,
            "selection_id": freeze_selection(account_ids=[cast.account.id], back="/", user_id=cast.adam.pk),
            "announcement_id": announce_payment(
                account_id=cast.account.id, announced_on=today, until_date=today, said="secret", actor=SYSTEM
            )[0],
            "message_id": message.id, "transmission_id": transmission.id, **self._inbound(transmission),
        }  # fmt: skip

    def _inbound(self, transmission: Transmission) -> dict[str, int]:
        now, cast = timezone.now(), self.cast
        mailbox = Mailbox.objects.create(name="in@host/INBOX")
        inbound = InboundMessage.objects.create(
            mailbox=mailbox, uid_validity=1, uid=1, kind="REPLY", sender="c@d.example", subject="secret note",
            received_at=now, account=cast.account, company=cast.company, found_by="MESSAGE_ID",
        )  # fmt: skip
        file = MessageFile.objects.create(
            transmission=transmission, filename="secret.pdf", media_type="application/pdf", content=b"secret note",
            sha256="0" * 64, size_bytes=11,
        )  # fmt: skip
        return {"inbound_id": inbound.id, "file_id": file.id}

    def _cash(self, batch: ImportBatch) -> dict[str, int]:
        now, today, cast = timezone.now(), clock.today(), self.cast
        statement = BankStatement.objects.create(
            bank_account=cast.bank_account, batch=batch, identifier="S1", currency="EUR", movement_sum=5,
            recorded_at=now,
        )  # fmt: skip
        transaction = BankTransaction.objects.create(
            statement=statement, bank_account=cast.bank_account, position=1, deduplication_key="k", booking_date=today,
            value_date=today, amount=Decimal(5), currency="EUR", text="secret", recorded_at=now,
        )  # fmt: skip
        proposal = MatchProposal.objects.create(
            transaction=transaction, account=cast.account, strategy="EXACT_REFERENCE", confidence=500, created_at=now
        )
        remittance = Remittance.objects.create(
            company=cast.company, batch=batch, position=1, format="CSV", content_digest="d", payer_name="Durand",
            currency="EUR", lines_sum=5, received_at=now,
        )  # fmt: skip
        question = LineQuestion.objects.create(
            transaction=transaction, asked_by=cast.clara, asked_to=cast.alice, text="secret note", asked_at=now
        )
        request = DifferenceRequest.objects.create(
            transaction=transaction, decision={"choices": []}, reason="BANK_FEE", amount=1, currency="EUR",
            amount_company=1, asked_by=cast.clara, asked_at=now,
        )  # fmt: skip
        MatchProposal.objects.create(
            transaction=transaction, account=cast.account, strategy="WHOLE_MONTH", confidence=500, created_at=now,
            state="APPLIED", decided_at=now,
        )  # fmt: skip
        identity = PayerIdentity.objects.create(customer=cast.durand, kind="NAME", value="secret payer")
        return {
            "question_id": question.id, "request_id": request.id,
            "statement_id": statement.id, "transaction_id": transaction.id, "proposal_id": proposal.id,
            "remittance_id": remittance.id, "strategy": "WHOLE_MONTH", "identity_id": identity.id,
        }  # fmt: skip

    def address(self, name: str, parameters: tuple[str, ...]) -> str:
        return reverse(name, kwargs={parameter: self.ids[parameter] for parameter in parameters})


@pytest.fixture
def world(tmp_path: Any, settings: Any) -> World:
    settings.MEDIA_ROOT = tmp_path
    return World()


def is_shut(status: int) -> bool:
    """Tell whether the answer keeps the visitor out: sign-in page, forbidden, not found, not that way."""
    return status in (302, 403, 404, 405)


def test_nobody_gets_in_without_signing_in(world: World, client: Client) -> None:
    for name, parameters in STAFF:
        url = world.address(name, parameters)
        for answer in (client.get(url), client.post(url)):
            assert is_shut(answer.status_code), f"{name}: {answer.status_code}"
            if answer.status_code == 302:
                assert answer["Location"].startswith(reverse("account_login")), name


def test_a_customer_sees_no_page_of_the_staff(world: World, client: Client) -> None:
    client.force_login(world.cast.petra)
    for name, parameters in STAFF:
        if name.startswith("portal:"):
            continue
        url = world.address(name, parameters)
        for answer in (client.get(url), client.post(url)):
            assert answer.status_code in (403, 404, 405), f"{name}: {answer.status_code}"


def test_a_customer_reaches_nothing_of_another_customer(world: World, client: Client) -> None:
    other = Customer.objects.create(number="C2", name="Somebody else")
    client.force_login(
        User.objects.create(email="o@example.com", name="Otto", roles=["PORTAL"], language="en", portal_customer=other)
    )
    for name, parameters in STAFF:
        if not name.startswith("portal:"):
            continue
        url = world.address(name, parameters)
        shown = client.get(url)
        assert not any(hint in shown.content.decode() for hint in HINTS), name
        if parameters:
            assert shown.status_code in (404, 405), name
            assert client.post(url).status_code == 404, name


# Lists and forms that a stranger may open, and that must then say nothing of Arvor.
HINTS = ("SECRET-1", "Durand", "secret note", "Arvor")


def test_a_stranger_learns_nothing_of_another_company(world: World, client: Client) -> None:
    client.force_login(world.cast.charlie)
    for name, parameters in STAFF:
        url = world.address(name, parameters)
        answer = client.get(url)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert answer.status_code < 500, name
        if name.startswith("ui"):  # the living page of components speaks of made-up customers only
            continue
        for hint in HINTS:
            assert hint not in body.decode(errors="replace"), f"{name} tells {hint}"
        if parameters and not SHARED & set(parameters):
            assert is_shut(answer.status_code), f"{name}: {answer.status_code}"


def test_a_stranger_changes_nothing_of_another_company(world: World, client: Client) -> None:
    client.force_login(world.cast.charlie)
    for name, parameters in STAFF:
        if not parameters or "code" in parameters:
            continue
        answer = client.post(world.address(name, parameters), {"next": "/"})
        assert answer.status_code in (403, 404, 405), f"{name}: {answer.status_code}"


def test_every_post_needs_the_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.manager)
    for name, parameters in STAFF:
        assert client.post(world.address(name, parameters)).status_code in (403, 405), name


def test_an_administrator_may_open_every_page(world: World, client: Client) -> None:
    client.force_login(world.cast.adam)
    for name, parameters in STAFF:
        if name.startswith("portal:") or name.endswith("_restore"):
            continue
        answer = client.get(world.address(name, parameters))
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            for close in answer._resource_closers:  # type: ignore[attr-defined]  # the file, not the connection
                close()
        assert answer.status_code in (200, 302, 404, 405, 409, 422), f"{name}: {answer.status_code}"


def test_a_saved_view_of_another_person_stays(world: World, client: Client) -> None:
    client.force_login(world.cast.bob)
    client.post(world.address("saved_view_delete", ("view_id",)))
    assert SavedView.objects.filter(pk=world.ids["view_id"]).exists()


def test_answers_carry_a_strict_policy(world: World, client: Client) -> None:
    client.force_login(world.cast.alice)
    policy = client.get(reverse("item_list"))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
