"""Two years of invoices, credit notes and payments for one account, by its manners.

What the ERP has booked comes out as ledger lines (with its lettrage); payments of the last banking days come out
as transfers that only the bank statements know.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from quittance.cli.demo.world import SEED, DemoAccount, DemoCustomer
from quittance.core.ports.intake import LedgerLine

RATES = {"EUR": Decimal(1), "GBP": Decimal("1.1520"), "USD": Decimal("0.9210")}
VAT_FACTOR = Decimal("1.20")
PART_PAID_DAYS_MAX = 120  # older rests have been paid since
UNPAID_DAYS_MAX = 300  # older bad debts have been written off in the ERP


@dataclass(slots=True, kw_only=True)
class Invoice:
    """One invoice of the story and what has become of it; `rest` is what the customer still means to pay."""

    number: str
    issued: date
    due: date
    amount: Decimal
    credited: Decimal = Decimal(0)
    credit_note: str = ""
    paid_on: date | None = None
    letter: str = ""
    is_part_paid: bool = False
    is_disputed: bool = False

    @property
    def rest(self) -> Decimal:
        return self.amount - self.credited


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money that arrived, for these invoices."""

    day: date
    amount: Decimal
    invoices: tuple[str, ...]
    letter: str = ""
    is_part: bool = False
    is_double: bool = False


@dataclass(slots=True, kw_only=True)
class AccountHistory:
    """Everything that happened on one account."""

    customer: DemoCustomer
    account: DemoAccount
    invoices: list[Invoice] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)

    def in_bank_only(self, booked_until: date) -> list[Transfer]:
        """Return the transfers that the ERP has not booked yet."""
        return [t for t in self.transfers if t.day > booked_until]


def letter_code(number: int) -> str:
    """Return AA, AB … ZZ, AAA … for 0, 1, 2 …"""
    letters = ""
    number += 26
    while number >= 0:
        letters = chr(65 + number % 26) + letters
        number = number // 26 - 1
    return letters


def make_history(customer: DemoCustomer, account: DemoAccount, *, today: date, months: int = 24) -> AccountHistory:
    """Return the history of an account over the `months` before `today`."""
    rng = Random(f"{SEED}:{customer.number}:{account.company}:{account.department}")
    history = AccountHistory(customer=customer, account=account)
    for issued in _issue_days(rng, account, today, months):
        history.invoices.append(_invoice(rng, customer, account, issued, today, len(history.invoices) + 1))
    _pay(rng, history, today)
    return history


def _issue_days(rng: Random, account: DemoAccount, today: date, months: int) -> Iterator[date]:
    first = (today.replace(day=1) - timedelta(days=months * 30)).replace(day=1)
    day = first
    while day <= today:
        length = monthrange(day.year, day.month)[1]
        number = max(0, round(rng.gauss(account.manners.invoices_per_month, 0.7)))
        for place in sorted(rng.randint(1, length) for _ in range(number)):
            issued = day.replace(day=place)
            if issued <= today and issued.weekday() < 6:
                yield issued
        day = day.replace(day=length) + timedelta(days=1)


def _invoice(
    rng: Random, customer: DemoCustomer, account: DemoAccount, issued: date, today: date, serial: int
) -> Invoice:
    manners = account.manners
    cents = round(manners.typical_amount * 100 * min(6.0, rng.lognormvariate(0, 0.6)))
    prefix = "AD" if account.company == "ARD" else "AS"
    invoice = Invoice(
        number=f"{prefix}{issued:%y%m}-{customer.number[1:]}{account.department[0]}{serial:03d}",
        issued=issued,
        due=due_date(issued, account),
        amount=(Decimal(cents) / 100 * VAT_FACTOR).quantize(Decimal("0.01")),
    )
    if rng.random() < 0.03 and issued + timedelta(days=12) < today:
        invoice.credited = (invoice.amount * rng.choice((10, 15, 25)) / 100).quantize(Decimal("0.01"))
        invoice.credit_note = f"{invoice.number}A"
    invoice.is_disputed = rng.random() * 100 < manners.disputes
    return invoice


def due_date(issued: date, account: DemoAccount) -> date:
    """Return the due date of the account's terms (days, then end of month where agreed)."""
    due = issued + timedelta(days=account.terms_days)
    return due.replace(day=monthrange(due.year, due.month)[1]) if account.end_of_month else due


def _pay(rng: Random, history: AccountHistory, today: date) -> None:
    manners = history.account.manners
    letters = count()
    by_day: dict[date, list[Invoice]] = {}
    for invoice in history.invoices:
        if rng.random() * 100 < manners.unpaid and (today - invoice.issued).days < UNPAID_DAYS_MAX:
            continue
        extra = 60 if invoice.is_disputed else 0
        paid_on = invoice.due + timedelta(days=round(rng.gauss(manners.delay_days, manners.spread_days)) + extra)
        if manners.pays_monthly:
            paid_on = _next_run_day(paid_on)
        paid_on = _weekday(max(paid_on, invoice.issued + timedelta(days=4)))
        if paid_on <= today:
            by_day.setdefault(paid_on, []).append(invoice)
    for day, invoices in sorted(by_day.items()):
        may_be_part = (today - day).days < PART_PAID_DAYS_MAX
        for group in [invoices] if manners.pays_monthly else [[i] for i in invoices]:
            _pay_group(rng, history, day, group, letters, may_be_part)


def _pay_group(
    rng: Random,
    history: AccountHistory,
    day: date,
    group: list[Invoice],
    letters: Iterator[int],
    may_be_part: bool,
) -> None:
    """Write one transfer for the group: whole and lettered, or in part and left open in the ERP."""
    manners = history.account.manners
    total = sum((i.rest for i in group), Decimal(0))
    numbers = tuple(i.number for i in group)
    if may_be_part and len(group) == 1 and rng.random() * 100 < manners.part_payments:
        part = (total * rng.choice((40, 50, 60, 75)) / 100).quantize(Decimal("0.01"))
        group[0].is_part_paid = True
        history.transfers.append(Transfer(day=day, amount=part, invoices=numbers, is_part=True))
        return
    code = letter_code(next(letters))
    for invoice in group:
        invoice.paid_on, invoice.letter = day, code
    history.transfers.append(Transfer(day=day, amount=total, invoices=numbers, letter=code))
    if history.customer.number == "C00010" and len(history.transfers) % 17 == 5:
        history.transfers.append(
            Transfer(day=_weekday(day + timedelta(days=2)), amount=total, invoices=numbers, is_double=True)
        )


def _next_run_day(day: date) -> date:
    """Return the next 10th or 25th: the days on which a monthly payer pays."""
    for place in (10, 25):
        if day.day <= place:
            return day.replace(day=place)
    following = day.replace(day=28) + timedelta(days=7)
    return following.replace(day=10)


def _weekday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def ledger_lines(history: AccountHistory, *, booked_until: date, start: int = 1) -> Iterator[LedgerLine]:
    """Yield what the ERP has booked on the account until a day, positions from `start`."""
    positions = count(start)
    for invoice in history.invoices:
        letter = invoice.letter if invoice.paid_on and invoice.paid_on <= booked_until else ""
        letter_date = invoice.paid_on if letter else None
        yield _line(history, next(positions), invoice.number, "INVOICE", invoice.issued, invoice.due, invoice.amount,
                    letter, letter_date, journal="VE")  # fmt: skip
        if invoice.credit_note:
            yield _line(history, next(positions), invoice.credit_note, "CREDIT_NOTE", invoice.issued + timedelta(days=9),
                        invoice.due, -invoice.credited, letter, letter_date, journal="VE")  # fmt: skip
    for place, transfer in enumerate(history.transfers):
        if transfer.day > booked_until:
            continue
        number = f"VIR{transfer.day:%y%m%d}-{history.customer.number[1:]}{history.account.department[0]}{place:03d}"
        yield _line(history, next(positions), number, "PAYMENT", transfer.day, transfer.day, -transfer.amount,
                    transfer.letter, transfer.day if transfer.letter else None, journal="BQ")  # fmt: skip


def _line(
    history: AccountHistory, position: int, number: str, kind: str, day: date, due: date, amount: Decimal, letter: str,
    letter_date: date | None, *, journal: str,
) -> LedgerLine:  # fmt: skip
    customer, account = history.customer, history.account
    rate = RATES[customer.currency]
    return LedgerLine(
        position=position,
        external_id=f"{account.company}|{number}",
        account_number=customer.number,
        customer_name=customer.name,
        receivable_account="411000",
        company_code=account.company,
        department_code=account.department,
        kind=kind,
        document_number=number,
        document_date=day,
        posting_date=day,
        due_date=due,
        amount=amount,
        currency=customer.currency,
        amount_company=(amount * rate).quantize(Decimal("0.01")),
        label=f"{number} {customer.name}"[:120],
        journal_code=journal,
        entry_number=number,
        letter_code=letter or None,
        letter_date=letter_date,
        reference="",
    )
