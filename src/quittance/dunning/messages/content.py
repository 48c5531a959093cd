"""What a notice says, before it is written in a language: lines, sums, who writes, how to pay."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from quittance.core.dunning import DunningDecision, DunningLevel, DunningMedium, DunningReason
from quittance.core.dunning_facts import totals_by_currency
from quittance.core.epc_qr import InvalidReference, creditor_reference
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages.shared import shared
from quittance.interest import queries as interest
from quittance.parties.virtual_ibans import bic_of, find_virtual_iban

DEADLINE_DAYS = 8
_interest_shown_in = shared(interest.shown_in_notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One document of the list; `amount` is what is asked for, `amount_open` what is open on it.

    On a statement of account `amount` is what is open, below zero for a credit, and `held_code` says what the
    customer knows of it already: the word for disputed, promised and the like; "" when nothing holds it.
    """

    document_number: str
    document_date: date
    due_date: date
    overdue_days: int
    currency: str
    amount: Decimal
    amount_open: Decimal
    held_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Our company as it signs."""

    name: str
    country: str
    address: str
    legal_identifier: str
    vat_number: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """Where to pay."""

    iban: str
    bic: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContent:
    """Everything a notice says; `totals` are what is asked for.

    `asked` are the lines they are the sum of; `balances` are the sums of all lines where those differ: on a statement
    of account, which lists everything that is open.
    """

    level: DunningLevel
    language: str
    customer_name: str
    account_number: str
    contact_name: str
    contact_email: str
    signatory: str
    sender: Sender
    lines: tuple[Line, ...]
    asked: tuple[Line, ...]
    totals: tuple[tuple[str, Decimal], ...]
    bank_account: BankAccount | None
    reference: str
    is_french_law: bool
    today: date
    is_french_public: bool = False
    is_statement: bool = False
    balances: tuple[tuple[str, Decimal], ...] = ()
    # Late-payment interest and indemnities by currency: beside the total, never in it.
    beside: tuple[interest.OwedBeside, ...] = ()
    # The documents whose copies go with it.
    copies: tuple[str, ...] = ()

    @property
    def deadline(self) -> date:
        """Return the last day for paying that a formal notice sets."""
        return self.today + timedelta(days=DEADLINE_DAYS)

    def lines_by_currency(self) -> list[tuple[str, list[Line], Decimal]]:
        """Return the lines of each currency with their sum, in the order of the codes."""
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            found[line.currency].append(line)
        return [(currency, found[currency], total) for currency, total in self.balances or self.totals]


def content_of(*, account: GatheredAccount, decision: DunningDecision, as_of: date) -> NoticeContent:
    """Put together what the message of a SEND decision says on a day.

    Two queries, one more after the due date, one more where the company gives customers accounts of their own, and
    four more where interest is shown.
    """
    account = account.addressed_to(decision)
    contact = account.contact
    if decision.level is None or (contact is None and decision.medium is not DunningMedium.LETTER):
        raise ValueError(f"decision about account {account.account_id} is no message to send")
    sender = _sender(account.company_id)
    is_statement = account.policy.is_statement and not decision.level.is_courtesy and decision.level.tone != "FORMAL"
    asked = tuple(_line(account, item.item_id, item.amount, as_of) for item in decision.items_included)
    lines = _lines_of_statement(account, decision, as_of) if is_statement else asked
    currencies = tuple(currency for currency, _ in decision.amounts)
    is_french = sender.country == "FR" and account.customer_country in ("FR", "")
    return NoticeContent(
        level=decision.level,
        language=account.message_language,
        customer_name=account.customer_name,
        account_number=account.account_number,
        contact_name=contact.name if contact else "",
        contact_email=contact.email if contact else "",
        signatory=account.collector_name,
        sender=sender,
        lines=lines,
        asked=asked,
        totals=decision.amounts,
        # A message that asks for nothing says nothing of how to pay.
        bank_account=_pay_to(account, currencies) if lines else None,
        reference=payment_reference(account, lines),
        is_french_law=is_french and account.customer_kind != "PUBLIC",
        is_french_public=is_french and account.customer_kind == "PUBLIC",
        is_statement=is_statement,
        balances=totals_by_currency((line.currency, line.amount) for line in lines) if is_statement else (),
        today=as_of,
        beside=_beside(account, decision, as_of),
    )


def _beside(account: GatheredAccount, decision: DunningDecision, as_of: date) -> tuple[interest.OwedBeside, ...]:
    """Return interest and indemnities of the items asked for in full, where the company shows them.

    Of an item that is disputed or promised in part, interest would speak of that part too: it is left out.
    """
    level = decision.level
    if level is None or level.is_courtesy:
        return ()
    shown_in = _interest_shown_in(company_id=account.company_id)
    if shown_in == interest.NEVER or (shown_in == interest.FORMAL and level.tone != "FORMAL"):
        return ()
    whole = [
        item.item_id for item in decision.items_included if item.amount == account.items[item.item_id].fact.amount_open
    ]
    return tuple(interest.list_owed_beside(item_ids=whole, as_of=as_of))


_HELD_CODES = {
    DunningReason.DISPUTED: "held_disputed",
    DunningReason.PROMISED: "held_promised",
    DunningReason.PAYMENT_ANNOUNCED: "held_promised",
    DunningReason.IN_PAYMENT_PLAN: "held_planned",
    DunningReason.CREDIT: "held_credit",
}


def _lines_of_statement(account: GatheredAccount, decision: DunningDecision, as_of: date) -> tuple[Line, ...]:
    """Return everything that is open on the account, oldest due date first; what a factor or a lawyer has is theirs."""
    codes = {item.item_id: _HELD_CODES.get(item.reason, "") for item in decision.items}
    items = sorted(account.items.values(), key=lambda item: (item.fact.due_date, item.fact.item_id))
    return tuple(
        replace(
            _line(account, item.fact.item_id, item.fact.amount_open, as_of),
            held_code=codes.get(item.fact.item_id, ""),
        )
        for item in items
        if item.fact.kind not in account.facts.excluded_kinds and not item.fact.is_handed_over
    )


def _line(account: GatheredAccount, item_id: int, amount: Decimal, as_of: date) -> Line:
    item = account.items[item_id]
    return Line(
        document_number=item.document_number,
        document_date=item.document_date,
        due_date=item.fact.due_date,
        overdue_days=(as_of - item.fact.due_date).days,
        currency=item.fact.currency,
        amount=amount,
        amount_open=item.fact.amount_open,
    )


def payment_reference(account: GatheredAccount, lines: tuple[Line, ...]) -> str:
    """Return the ISO 11649 reference to quote: of the one document, else of the account.

    A number too long for it is replaced by `Q` and the account's id.
    """
    documents = {line.document_number for line in lines}
    number = documents.pop() if len(documents) == 1 else account.account_number
    try:
        return creditor_reference(number)
    except InvalidReference:
        return creditor_reference(f"Q{account.account_id}")


@shared
def _sender(company_id: int) -> Sender:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, country, street, postcode, town, legal_identifier, vat_number, phone, sender_email"
            " FROM parties_company WHERE id = %s",
            [company_id],
        )
        name, country, street, postcode, town, legal_identifier, vat_number, phone, email = cursor.fetchone()
    place = " ".join(part for part in (postcode, town) if part)
    return Sender(
        name=name,
        country=country,
        address=", ".join(part for part in (street, place) if part),
        legal_identifier=legal_identifier,
        vat_number=vat_number,
        phone=phone,
        email=email,
    )


def _pay_to(account: GatheredAccount, currencies: tuple[str, ...]) -> BankAccount | None:
    """Return the account to pay to: the one that this customer alone is told, else the company's."""
    shown, has_virtual = _bank_account(account.company_id, currencies)
    if not has_virtual:
        return shown
    iban = find_virtual_iban(customer_id=account.customer_id, company_id=account.company_id)
    if iban is None:
        return shown
    if shown is None:
        return BankAccount(iban=iban, bic="", currency="EUR")
    return replace(shown, iban=iban, bic=bic_of(virtual_iban=iban, iban=shown.iban, bic=shown.bic))


@shared
def _bank_account(company_id: int, currencies: tuple[str, ...]) -> tuple[BankAccount | None, bool]:
    """Return the account to pay to, and whether any customer of the company has one of its own.

    The first in the currency of the message when there is one, else in euro, else any.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.iban, b.bic, b.currency, EXISTS (SELECT FROM parties_virtualiban v WHERE v.company_id = c.id)"
            " FROM parties_company c LEFT JOIN parties_companybankaccount b ON b.company_id = c.id"
            " AND b.is_shown_on_notices WHERE c.id = %s"
            " ORDER BY b.currency = ANY(%s) DESC NULLS LAST, b.currency = 'EUR' DESC NULLS LAST, b.id LIMIT 1",
            [company_id, list(currencies)],
        )
        iban, bic, currency, has_virtual = cursor.fetchone() or ("", "", "", False)
    shown = BankAccount(iban=iban, bic=bic, currency=currency) if iban else None
    return shown, bool(has_virtual)
