"""A small customer whose ledger, money, word and people change day by day, and what must therefore never be asked for.

What must not be asked for is written down here as it happens, by rules of its own: nothing of it asks dunning.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum

from quittance.cases import services as cases
from quittance.cash import services as cash
from quittance.cash.models import BankTransaction
from quittance.cli.demo.intake import write_extract
from quittance.core.payment_plans import Rhythm
from quittance.core.ports.intake import LedgerLine
from quittance.delivery import services as delivery
from quittance.dunning import services as dunning
from quittance.foundation.models import ImportBatch
from quittance.ledger import services as ledger
from quittance.ledger.intake.proposing import propose
from quittance.ledger.models import Allocation, OpenItem
from quittance.litigation import services as litigation
from quittance.parties import editing
from quittance.parties.models import CustomerAccount
from quittance.promises import plans
from quittance.promises import services as promises
from tests.adapters.statements.samples import balance, detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast
from tests.integration.delivery.mails import FakeMailbox, postfix
from tests.integration.dunning.desk import ALICE, KeepingChannel, late
from tests.integration.ledger.fec_files import line, write

TERMS_DAYS = 30
TOLERANCE_DAYS = 3
IBAN = "FR7630004000031234567890143"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An invoice or a payment as the ERP has it; `letter` ties those that settle each other."""

    number: str
    day: date
    amount: Decimal
    is_payment: bool = False
    letter: str = ""
    letter_day: date | None = None

    def extracted(self, account: CustomerAccount) -> LedgerLine:
        """Return the line of an extract."""
        return LedgerLine(
            position=1,
            receivable_account="411000",
            external_id=self.number,
            company_code=account.company.code,
            department_code=account.department.code,
            account_number=account.number,
            customer_name=account.customer.name,
            kind="PAYMENT" if self.is_payment else "INVOICE",
            document_number=self.number,
            document_date=self.day,
            posting_date=self.day,
            due_date=None if self.is_payment else self.day + timedelta(days=TERMS_DAYS),
            amount=-self.amount if self.is_payment else self.amount,
            currency="EUR",
            amount_company=-self.amount if self.is_payment else self.amount,
            letter_code=self.letter or None,
            letter_date=self.letter_day,
            label=f"Piece {self.number}",
        )

    def written(self, auxiliary: str) -> str:
        """Return the line of the FEC file."""
        side = {"credit" if self.is_payment else "debit": f"{self.amount:.2f}".replace(".", ",")}
        day = f"{self.letter_day:%Y%m%d}" if self.letter_day else ""
        return line(self.number, f"{self.day:%Y%m%d}", auxiliary, letter=self.letter, letter_day=day, **side)


@dataclass
class World:
    """What happened so far. Days are those of `late`: 0 is the due date of the first invoices."""

    folder: Path
    cast: Cast = field(default_factory=make_cast)
    channel: KeepingChannel = field(default_factory=KeepingChannel)
    number: int = 7
    is_csv: bool = False
    erp: dict[str, Line] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)
    vanished: set[str] = field(default_factory=set)
    disputed: dict[int, tuple[int, Decimal]] = field(default_factory=dict)
    promised: dict[int, tuple[date, frozenset[int]]] = field(default_factory=dict)
    announced: list[tuple[date, frozenset[int]]] = field(default_factory=list)
    planned: dict[int, tuple[date, frozenset[int]]] = field(default_factory=dict)
    handed_over: dict[int, frozenset[int]] = field(default_factory=dict)
    blocked: dict[int, int | None] = field(default_factory=dict)
    is_contact_gone: bool = False
    is_opted_out: bool = False
    statement_day: date | None = None
    files: int = 0

    def __post_init__(self) -> None:
        self.account = self.cast.account
        self.sister = make_account(self.cast.durand, self.cast.company, self.cast.services, number="411SISTER")
        self.contact = self.cast.durand.contacts.get()

    @property
    def today(self) -> date:
        return late(self.number)

    def count(self) -> int:
        """Return a number that nothing else has."""
        self.files += 1
        return self.files

    def items(self) -> list[OpenItem]:
        """Return the debits that are open, oldest first."""
        return list(OpenItem.objects.filter(account=self.account, amount_open__gt=0).order_by("id"))

    # The ledger of the ERP.

    def invoice(self, amount: Decimal, days_late: int) -> None:
        """The ERP has a new invoice, which is so many days late today."""
        number = f"F{self.count():05d}"
        day = self.today - timedelta(days=TERMS_DAYS + days_late)
        self.erp[number] = Line(number=number, day=day, amount=amount)

    def change(self, number: str, amount: Decimal) -> None:
        """The ERP has another amount for an invoice."""
        self.erp[number] = replace(self.erp[number], amount=amount)

    def letter(self, number: str) -> None:
        """The ERP ties an invoice to a payment of the same amount."""
        invoice = self.erp[number]
        payment = f"P{self.count():05d}"
        letter = f"L{self.files}"
        self.erp[payment] = Line(
            number=payment, day=self.today, amount=invoice.amount, is_payment=True, letter=letter, letter_day=self.today
        )
        self.erp[number] = replace(invoice, letter=letter, letter_day=self.today)

    def unletter(self, number: str) -> None:
        """The ERP takes a letter back; the payment stays, unapplied."""
        letter = self.erp[number].letter
        for one in [one for one in self.erp.values() if one.letter == letter]:
            self.erp[one.number] = replace(one, letter="", letter_day=None)

    def drop(self, number: str) -> None:
        """The ERP's list of what is open leaves an invoice out, with all that is tied to it."""
        letter = self.erp[number].letter
        tied = [one for one in self.erp if one == number or (letter and self.erp[one].letter == letter)]
        self.vanished.update(tied)
        for one in tied:
            del self.erp[one]

    def take_ledger(self, *, is_snapshot: bool = False) -> str:
        """Take the ERP's file in; return what came of it."""
        settings = None
        if self.is_csv:
            path = self.folder / f"ledger-{self.count()}.csv"
            write_extract(path, [one.extracted(self.account) for one in self.erp.values()])
            found = propose(path=path, filename=path.name, company_id=self.cast.company.pk).settings["profile"]
            settings = {"profile": {**found, "is_cleared_taken": True}}
        else:
            lines = [one.written(self.account.number) for one in self.erp.values()]
            path = write(self.folder / f"ledger-{self.count()}.txt", *lines)
        batch_id = ledger.import_file(
            path=path, actor=ALICE, company_id=self.cast.company.pk, source="ERP", is_snapshot=is_snapshot,
            settings=settings,
        )  # fmt: skip
        batch = ImportBatch.objects.get(pk=batch_id)
        return f"{batch.status} {batch.reason_code}"

    # Money.

    def pay(self, amount: Decimal, *, on_sister: bool = False) -> int:
        """Money is posted and applied to nothing yet; return its item."""
        account = self.sister if on_sister else self.account
        return ledger.post_payment(
            account_id=account.pk, amount=amount, currency="EUR", payment_date=self.today, source="LAW",
            external_id=f"pay-{self.count()}", actor=ALICE,
        )  # fmt: skip

    def apply(self, item: OpenItem, credit_id: int, amount: Decimal) -> None:
        """Apply money to an item, as the cash desk does."""
        ledger.allocate(
            debit_item_id=item.pk, credit_item_id=credit_id, amount=amount, effective_date=self.today, actor=ALICE
        )
        self.judge()

    def judge(self) -> None:
        """Judge promises and plans of the account, as after each payment and each night."""
        promises.decide_promises(as_of=self.today, account_ids=[self.account.pk])
        plans.decide_plans(as_of=self.today, account_ids=[self.account.pk])

    def reverse(self, which: int) -> bool:
        """Undo one of the allocations that stand; False when there is none."""
        found = Allocation.objects.filter(reversal__isnull=True).order_by("id")
        ids = list(found.values_list("id", flat=True))
        if not ids:
            return False
        ledger.reverse_allocation(
            allocation_id=ids[which % len(ids)], effective_date=self.today, reason="sent back", actor=ALICE
        )
        self.judge()
        return True

    def take_statement(self, amount: Decimal | None) -> None:
        """The bank statement of the day comes in, with a transfer of Durand or without; the payer is looked for."""
        closing = amount or Decimal(0)
        parts = [balance("OPBD", "0.00", f"{self.today}"), balance("CLBD", f"{closing:.2f}", f"{self.today}")]
        if amount:
            payer = detail(name="Durand & Fils", text="merci", iban=IBAN)
            parts.append(
                entry(f"{amount:.2f}", booked=f"<Dt>{self.today}</Dt>", reference=f"R{self.count()}", details=payer)
            )
        content = document(statement(*parts, identifier=f"S{self.count()}"))
        cash.import_statement(stream=io.BytesIO(content), filename=f"s{self.files}.xml", actor=ALICE)
        cash.match_transactions(company_id=self.cast.company.pk, as_of=self.today)
        self.statement_day = self.today

    # What the customer says, and what people decide.

    def promise(self, items: list[OpenItem], days: int) -> None:
        """Marie promises some items for a day."""
        until = self.today + timedelta(days=days)
        with contextlib.suppress(promises.PromiseRefused):
            promise_id = promises.take_promise(
                account_id=self.account.pk, item_ids=[one.pk for one in items], promised_date=until,
                made_on=self.today, tolerance_days=TOLERANCE_DAYS, actor=ALICE,
            )  # fmt: skip
            self.promised[promise_id] = (until + timedelta(days=TOLERANCE_DAYS), frozenset(one.pk for one in items))

    def take_promise_back(self) -> None:
        """The last promise that stands is withdrawn."""
        promise_id, _word = self.promised.popitem()
        with contextlib.suppress(promises.PromiseRefused):
            promises.withdraw_promise(promise_id=promise_id, withdrawn_date=self.today, actor=ALICE)

    def plan(self, items: list[OpenItem], days: int) -> None:
        """Marie accepts instalments, the first in so many days."""
        ids = frozenset(one.pk for one in items)
        first = self.today + timedelta(days=days)
        choice = plans.PlanChoice(count=2, first_date=first, rhythm=Rhythm.WEEKLY, is_on_working_days=False)
        with contextlib.suppress(plans.PlanRefused):
            plan_id = plans.propose_plan(
                account_id=self.account.pk, item_ids=ids, choice=choice, made_on=self.today, actor=ALICE,
                tolerance_days=TOLERANCE_DAYS,
            )  # fmt: skip
            plans.accept_plan(
                plan_id=plan_id, accepted_on=self.today, accepted_by="Marie Petit", via="COLLECTOR", actor=ALICE
            )
            self.planned[plan_id] = (first + timedelta(days=TOLERANCE_DAYS), ids)
            # The plan takes the place of promises about its items.
            self.promised = {key: word for key, word in self.promised.items() if not word[1] & ids}

    def end_plan(self) -> None:
        """The last plan is cancelled."""
        plan_id, _terms = self.planned.popitem()
        with contextlib.suppress(plans.PlanRefused):
            plans.cancel_plan(plan_id=plan_id, cancelled_on=self.today, actor=ALICE)

    def dispute(self, item: OpenItem, share: int) -> None:
        """Marie contests so many hundredths of an item."""
        amount = (item.amount_open * share / 100).quantize(Decimal("0.01"))
        with contextlib.suppress(cases.DisputeRefused):
            dispute_id = cases.open_dispute(
                item_id=item.pk, amount=amount, reason_code="PRICE", opened_date=self.today, actor=ALICE
            )
            self.disputed[dispute_id] = (item.pk, amount)

    def end_dispute(self) -> None:
        """The last dispute is settled: it is owed after all."""
        dispute_id, _part = self.disputed.popitem()
        cases.close_dispute(dispute_id=dispute_id, outcome="REJECTED", closed_date=self.today, actor=ALICE)

    def hand_over(self, items: list[OpenItem]) -> None:
        """Some items go to a lawyer."""
        ids = frozenset(one.pk for one in items)
        with contextlib.suppress(litigation.HandoverRefused):
            handover_id = litigation.prepare_handover(
                account_id=self.account.pk, item_ids=ids, to_kind="LAWYER", to_name="Me Lenoir", reason="No answer",
                prepared_on=self.today, actor=ALICE,
            )  # fmt: skip
            litigation.hand_over(handover_id=handover_id, on_date=self.today, actor=ALICE)
            self.handed_over[handover_id] = ids

    def take_back(self) -> None:
        """The lawyer gives the last ones back."""
        handover_id, _ids = self.handed_over.popitem()
        litigation.end_handover(
            handover_id=handover_id, state="RETURNED", on_date=self.today, result="NOT_RECOVERED", actor=ALICE
        )

    def announce(self, items: list[OpenItem], days: int) -> None:
        """Marie says that it is paid: some items, or with none all that is due."""
        until = self.today + timedelta(days=days)
        dunning.announce_payment(
            account_id=self.account.pk, item_ids=[one.pk for one in items], announced_on=self.today, until_date=until,
            actor=ALICE,
        )  # fmt: skip
        meant = items or [one for one in self.items() if one.due_date <= self.today]
        self.announced.append((until, frozenset(one.pk for one in meant)))

    def block(self, item: OpenItem | None) -> None:
        """Alice holds the account or an item."""
        block_id = dunning.block_account(
            account_id=self.account.pk, item_id=item and item.pk, reason="Law", from_date=self.today, until_date=None,
            actor=ALICE,
        )  # fmt: skip
        self.blocked[block_id] = item and item.pk

    def lift(self) -> None:
        """Alice takes the last hold off."""
        block_id, _item = self.blocked.popitem()
        dunning.lift_block(block_id=block_id, actor=ALICE)

    def change_contact(self, what: str) -> None:
        """Marie leaves, comes back, wants no messages, or takes them again."""
        if what in ("leaves", "returns"):
            self.is_contact_gone = what == "leaves"
            change = editing.retire_contact if self.is_contact_gone else editing.restore_contact
            change(contact_id=self.contact.pk, actor=ALICE)
            return
        self.is_opted_out = what == "opts out"
        values = editing.find_contact(contact_id=self.contact.pk) or {}
        editing.edit_contact(
            contact_id=self.contact.pk, account_id=None, values={**values, "is_opted_out": self.is_opted_out},
            actor=ALICE,
        )  # fmt: skip

    def bounce(self) -> None:
        """The last message comes back; her mailbox was full."""
        if self.channel.sent:
            raw = postfix(message_id=self.channel.sent[-1].message_id, code="4.2.2")
            delivery.read_mailbox(mailbox=FakeMailbox(raw, validity=self.count()))
            dunning.settle_interrupted()

    # What must not be asked for.

    def held(self, item_id: int) -> str:
        """Say why an item must not be asked for now; "" when it may."""
        today = self.today
        if item_id in {one for one in self.blocked.values() if one} or None in self.blocked.values():
            return "on hold"
        if any(until >= today and item_id in ids for until, ids in self.promised.values()):
            return "promised"
        if any(until >= today and item_id in ids for until, ids in self.announced):
            return "announced as paid"
        if any(until >= today and item_id in ids for until, ids in self.planned.values()):
            return "in a payment plan"
        if any(item_id in ids for ids in self.handed_over.values()):
            return "handed over"
        return ""

    def disputed_of(self, item_id: int) -> Decimal:
        """Return the part of an item that is contested."""
        return sum((amount for one, amount in self.disputed.values() if one == item_id), Decimal(0))

    def credit(self) -> Decimal:
        """Return the money of Durand that is here and covers nothing yet."""
        unapplied = OpenItem.objects.filter(amount_open__lt=0).aggregate(sum=Sum("amount_open"))["sum"] or Decimal(0)
        waiting = BankTransaction.objects.filter(state="WAITING", customer=self.cast.durand, amount__gt=0)
        return -unapplied + (waiting.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
