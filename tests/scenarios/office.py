"""The office of the month: its people at their desks, the files of the morning, the post of the evening.

Alice collects, the credit manager releases what is serious, Clara has the cash desk. What each of them sees is told in
short lines, and each message that leaves is held against the books of that moment.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum

from quittance.cases.models import Dispute
from quittance.cash import services as cash
from quittance.core.ports.channels import Channel
from quittance.delivery import services as delivery
from quittance.dunning import queries, services
from quittance.dunning.models import DunningNotice, DunningNoticeItem
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.letters.channel import PrintBatchChannel
from quittance.parties.models import Contact, Customer, CustomerAccount, User
from quittance.promises import plans
from quittance.promises import services as promises
from quittance.worklist.queries import list_tasks, worker_of
from quittance.worklist.services import refresh_tasks
from tests.adapters.statements.samples import balance, detail, document, entry, statement
from tests.cast import Cast, make_account, make_cast
from tests.integration.delivery.mails import FakeMailbox, postfix
from tests.integration.dunning.desk import KeepingChannel
from tests.integration.ledger.fec_files import line, write

TERMS_DAYS = 30
WAITS = "HOLD LEVEL_NOT_REACHED"


def march(day: int) -> date:
    return date(2026, 3, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money on the morning's bank statement."""

    payer: str
    amount: str
    text: str


@dataclass
class Office:
    """The company for a month; `customers` by their short names."""

    folder: Path
    cast: Cast = field(default_factory=make_cast)
    lines: list[str] = field(default_factory=list)
    customers: dict[str, CustomerAccount] = field(default_factory=dict)
    post: KeepingChannel = field(default_factory=KeepingChannel)
    today: date = field(default_factory=lambda: march(1))

    def __post_init__(self) -> None:
        services.ensure_default_policy()
        self.alice = Actor(label="Alice", user_id=self.cast.alice.pk)
        self.manager = Actor(label="Manager", user_id=self.cast.manager.pk)
        self.clara = Actor(label="Clara", user_id=self.cast.clara.pk)
        self.customers["Durand"] = self.cast.account

    def customer(self, name: str, *, policy: str, email: str = "", phone: str = "") -> CustomerAccount:
        """A customer of Alice's with one contact and an address."""
        customer = Customer.objects.create(
            number=f"C-{name.upper()}", name=name, country="FR", street="1 rue du Port", postcode="29200", town="Brest"
        )
        account = make_account(
            customer, self.cast.company, self.cast.department, number=f"411{name.upper()}", collector=self.cast.alice,
            terms=self.cast.terms,
        )  # fmt: skip
        Contact.objects.create(customer=customer, name=f"{name} compta", email=email, phone=phone, language="fr")
        services.assign_policy(account_id=account.pk, policy_code=policy, actor=self.alice)
        self.customers[name] = account
        return account

    @contextmanager
    def day(self, number: int) -> Iterator[None]:
        """Let it be nine o'clock of a day in March."""
        self.today = march(number)
        with clock.frozen(datetime(2026, 3, number, 9, tzinfo=UTC)):
            yield

    # The morning.

    def invoice(self, name: str, number: str, amount: str, *, due: date) -> None:
        """The ERP has an invoice from this morning's file on."""
        issued = date.fromordinal(due.toordinal() - TERMS_DAYS)
        auxiliary = self.customers[name].number
        self.lines.append(line(number, f"{issued:%Y%m%d}", auxiliary, debit=f"{Decimal(amount):.2f}".replace(".", ",")))

    def opens(self, *transfers: Transfer) -> None:
        """The morning: the ERP's file, the bank's statement, matching, what the night decides, the list of the day."""
        path = write(self.folder / f"ledger-{self.today}.txt", *self.lines)
        ledger.import_file(path=path, actor=self.clara, company_id=self.cast.company.pk, source="ERP")
        total = sum((Decimal(one.amount) for one in transfers), Decimal(0))
        entries = [
            entry(one.amount, booked=f"<Dt>{self.today}</Dt>", reference=f"R{self.today}{place}",
                  details=detail(name=one.payer, text=one.text))
            for place, one in enumerate(transfers)
        ]  # fmt: skip
        balances = [balance("OPBD", "0.00", f"{self.today}"), balance("CLBD", f"{total:.2f}", f"{self.today}")]
        content = document(statement(*balances, *entries, identifier=f"S{self.today}"))
        cash.import_statement(stream=io.BytesIO(content), filename=f"{self.today}.xml", actor=self.clara)
        cash.match_transactions(company_id=self.cast.company.pk, as_of=self.today)
        promises.decide_promises(as_of=self.today)
        plans.decide_plans(as_of=self.today)
        ledger.refresh_balances(account_ids=None, as_of=self.today)
        refresh_tasks(as_of=self.today)

    def sees(self, person: User) -> list[str]:
        """Return what waits for a person about customers and cash, in words and in order of names."""
        refresh_tasks(as_of=self.today)
        rows = list_tasks(worker=worker_of(user_id=person.pk, roles=person.roles, day=self.today))
        return sorted(
            f"{row['kind']} {row['customer_name'].split()[0]}" if row["customer_id"] else row["kind"]
            for row in rows
            if row["customer_id"] or row["kind"] in ("UNMATCHED_CASH", "TO_VALIDATE")
        )

    # Reminders.

    def prepares(self) -> int:
        """Alice prepares the run of the day."""
        return services.prepare_run(company_id=self.cast.company.pk, as_of=self.today, actor=self.alice)

    def decided(self, run_id: int) -> dict[str, str]:
        """Return what a run says of each customer whose time has come."""
        rows = queries.list_decisions(run_id=run_id)
        told = {row["customer_name"].split()[0]: f"{row['status']} {row['why']}" for row in rows}
        return {name: word for name, word in told.items() if word != WAITS}

    def would_say(self) -> dict[str, str]:
        """Return the same for a run that nobody prepares."""
        told = {}
        for one in queries.simulate_run(company_id=self.cast.company.pk, as_of=self.today):
            word = one.level.code if one.level else one.decision.reason
            told[one.account.customer_name.split()[0]] = f"{one.decision.outcome} {word}"
        return {name: word for name, word in told.items() if word != WAITS}

    def sends(self, run_id: int, *, is_manager: bool = False) -> list[str]:
        """Release a run, let the worker send it, and tell what left; each message is held against the books."""
        services.release_run(run_id=run_id, actor=self.manager if is_manager else self.alice, is_manager=is_manager)
        return self.posts()

    def posts(self) -> list[str]:
        """Let the worker do its part; tell what left."""
        before = set(DunningNoticeItem.objects.values_list("id", flat=True))
        waiting = DunningNotice.objects.filter(state="QUEUED").order_by("id").values_list("id", flat=True)
        for channel, ids in services.list_by_channel(notice_ids=list(waiting)).items():
            services.send_notices(notice_ids=ids, channel=self._channel(channel))
        new = DunningNoticeItem.objects.exclude(id__in=before).select_related(
            "notice__level", "item__account__customer"
        )
        for one in new:
            self._check(one)
        left = {one.notice_id: one.notice for one in new}
        return sorted(
            f"{one.medium} {one.account.customer.name.split()[0]} {one.level.code} {one.amount_company:.0f}"
            for one in left.values()
        )

    def _channel(self, identifier: str) -> Channel:
        return PrintBatchChannel() if identifier == "print-batch" else self.post

    def _check(self, one: DunningNoticeItem) -> None:
        """Nothing that left asks for more than is open and not contested."""
        contested = Dispute.objects.filter(item_id=one.item_id, closed_date__isnull=True)
        disputed = contested.aggregate(sum=Sum("amount_disputed"))["sum"] or Decimal(0)
        assert 0 < one.amount <= OpenItem.objects.get(pk=one.item_id).amount_open - disputed

    def comes_back(self) -> None:
        """The last e-mail comes back: nobody has that address."""
        raw = postfix(message_id=self.post.sent[-1].message_id)
        delivery.read_mailbox(mailbox=FakeMailbox(raw, validity=self.today.day))
        services.settle_interrupted()

    def item(self, number: str) -> OpenItem:
        """Return an item by its number."""
        return OpenItem.objects.get(document_number=number)
