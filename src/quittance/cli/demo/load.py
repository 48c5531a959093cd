"""Load the demo company through the product's own services, so that what a visitor sees is what the product does.

The ERP's lines go through the intake, the bank's files through the statement reader, disputes and promises through
their services on the days they happened, reminders through real runs of past days whose messages land in the
mailbox page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password

from quittance.cases import services as cases
from quittance.cash import services as cash
from quittance.cli.demo import people, stories, team
from quittance.cli.demo.advices import send_advices
from quittance.cli.demo.bank import (
    Movement,
    banking_days_before,
    direct_debit,
    noise,
    payer_name,
    sent_back,
    statement_rng,
    statement_xml,
    transfer_text,
)
from quittance.cli.demo.causes import say_why_late
from quittance.cli.demo.debits import collect_by_debit
from quittance.cli.demo.history import AccountHistory, ledger_lines, make_history
from quittance.cli.demo.intake import import_lines
from quittance.cli.demo.mailbox import MailboxChannel
from quittance.cli.demo.world import COMPANIES, SEED, DemoCompany, DemoCustomer, make_customers
from quittance.cli.demo.writeback import send_to_the_erp
from quittance.dunning import services as dunning
from quittance.dunning.queries import list_queued_notices
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger import queries as ledger_queries
from quittance.ledger import services as ledger
from quittance.parties import setup
from quittance.parties.queries import list_companies
from quittance.promises import services as promises
from quittance.segments import services as segments
from quittance.worklist import services as worklist

BANKING_DAYS_WAITING = 4
CALLS_OF_TODAY = 5
PAST_RUNS = ((15, "ARD"), (9, "ARS"))
CLAIRE = Actor(label="Claire Martin")
Say = Callable[[str], None]


def load_demo(*, scale: float = 1.0, say: Say = lambda _: None) -> None:
    """Write the whole demo, ending on today."""
    today = clock.today()
    customers = make_customers(scale)
    histories = [make_history(c, a, today=today) for c in customers for a in c.accounts]
    waiting_days = banking_days_before(today, BANKING_DAYS_WAITING)
    booked_until = waiting_days[0] - timedelta(days=1)
    say("companies, people and customers")
    collectors = team.share_out(customers)
    _set_up(customers, collectors)
    team.form_teams(today=today)
    who = team.by_collector(collectors)
    say("two years of the ledger")
    _import_ledger(histories, booked_until)
    ids = _item_ids()
    say("part payments, disputes and promises")
    _apply_part_payments(histories, ids, booked_until)
    promised = _promise_what_will_come(histories, ids, booked_until, who)
    _dispute_and_promise(histories, {n: i for n, i in ids.items() if i[0] not in promised}, today, who)
    say("calls and reminders of past weeks")
    _log_calls(today, who)
    dunning.ensure_default_policy()
    stories.start_trial(today=today)
    for days, code in PAST_RUNS:
        _run_in_the_past(today - timedelta(days=days), code)
    say("bank statements")
    _import_statements(histories, waiting_days)
    send_advices(today=today, actor=CLAIRE)
    promises.decide_promises(as_of=today)
    ledger.refresh_balances(account_ids=None, as_of=today)
    segments.refresh_memberships(as_of=today)
    say_why_late(today=today, actor=CLAIRE, seed=SEED + 9)
    say("payment plans, hand-overs and a simulation")
    stories.tell_of_debts(today=today, but=promised)
    stories.simulate(today=today, company_id=min(row.id for row in list_companies()))
    say("direct debits")
    collect_by_debit(
        company_id=next(row.id for row in list_companies() if row.code == COMPANIES[0].code),
        ibans={customer.number: customer.iban for customer in customers},
        today=today,
        actor=CLAIRE,
    )
    send_to_the_erp(
        company_id=next(row.id for row in list_companies() if row.code == COMPANIES[0].code), today=today, actor=CLAIRE
    )
    say("today's run and the worklist")
    dunning.prepare_run(company_id=None, as_of=today, actor=CLAIRE)
    worklist.refresh_tasks(as_of=today)


def _set_up(customers: list[DemoCustomer], collectors: Mapping[str, str]) -> None:
    for company in COMPANIES:
        setup.add_company(
            company=setup.NewCompany(
                code=company.code, name=company.name, legal_identifier=company.legal_identifier, street=company.street,
                postcode=company.postcode, town=company.town, sender_email=company.sender_email, phone=company.phone,
                iban=company.iban, bic=company.bic, departments=company.departments,
            )
        )  # fmt: skip
    setup.add_terms(
        terms={
            f"{days}{'E' if eom else 'N'}": (f"{days} jours{' fin de mois' if eom else ''}", days,
                                             "DAYS_THEN_EOM" if eom else "NONE")
            for days in (30, 45, 50, 60) for eom in (False, True)
        }
    )  # fmt: skip
    # The password is everybody's and printed: one hash of it does for all.
    hashed = make_password(people.PASSWORD)
    staff = [p for p in people.PEOPLE if not p.customer]
    for person in staff:
        _add_person(person, hashed)
    setup.add_customers(customers=[_new_customer(c, collectors[c.number]) for c in customers])
    for person in people.PEOPLE:
        if person.customer:
            _add_person(person, hashed)


def _add_person(person: people.DemoPerson, hashed: str) -> None:
    setup.add_person(
        email=person.email, name=person.name, password_hash=hashed, roles=[person.role], language=person.language,
        companies=() if person.customer else None, portal_customer=person.customer,
    )  # fmt: skip


def _new_customer(customer: DemoCustomer, collector: str) -> setup.NewCustomer:
    return setup.NewCustomer(
        number=customer.number, name=customer.name, kind=customer.kind, country=customer.country,
        language=customer.language, parent=customer.parent, is_strategic=customer.is_strategic, siren=customer.siren,
        vat_number=customer.vat_number, street=customer.street, postcode=customer.postcode, town=customer.town,
        industry=customer.industry, credit_limit=Decimal(customer.credit_limit) or None,
        contact_name=customer.contact, contact_email=customer.email, contact_phone=customer.phone,
        accounts=[
            setup.NewAccount(
                company=a.company, department=a.department, number=customer.number, currency=customer.currency,
                terms=f"{a.terms_days}{'E' if a.end_of_month else 'N'}", payment_method=a.payment_method,
                language=customer.language, collector=collector,
            )
            for a in customer.accounts
        ],
    )  # fmt: skip


def _import_ledger(histories: list[AccountHistory], booked_until: date) -> None:
    ids = {row.code: row.id for row in list_companies()}
    for company in COMPANIES:
        position = 1
        lines = []
        for history in histories:
            if history.account.company == company.code:
                lines += list(ledger_lines(history, booked_until=booked_until, start=position))
                position = len(lines) + 1
        import_lines(company.code, ids[company.code], lines)


def _item_ids() -> dict[str, tuple[int, Decimal]]:
    """Return id and open amount of every open item by its number."""
    rows = ledger_queries.list_items(as_of=clock.today())
    return {r["document_number"]: (r["id"], r["open_amount"]) for r in rows.iterator(chunk_size=5000)}


def _apply_part_payments(
    histories: list[AccountHistory], ids: Mapping[str, tuple[int, Decimal]], booked_until: date
) -> None:
    """A clerk applied each part payment to the invoice that the payer named."""
    wanted = []
    for history in histories:
        for place, transfer in enumerate(history.transfers):
            if not transfer.is_part or transfer.day > booked_until:
                continue
            number = f"VIR{transfer.day:%y%m%d}-{history.customer.number[1:]}{history.account.department[0]}{place:03d}"
            if number in ids and transfer.invoices[0] in ids:
                debit_id, open_amount = ids[transfer.invoices[0]]
                wanted.append(
                    ledger.NewAllocation(
                        debit_item_id=debit_id, credit_item_id=ids[number][0],
                        amount=min(transfer.amount, open_amount), effective_date=transfer.day, origin="PERSON",
                    )
                )  # fmt: skip
    ledger.allocate_many(allocations=wanted, actor=Actor(label="Nadia Benali"))


CONTESTED = {
    "PRICE": "Le prix de {number} n'est pas celui du devis, dit le client.",
    "QUANTITY": "Le client dit avoir reçu moins que ce que {number} facture.",
    "QUALITY": "Marchandise de {number} abîmée : le client demande une remise.",
    "DELIVERY": "Le client dit n'avoir pas été livré pour {number}.",
    "REFERENCE": "Il manque le numéro de commande sur {number} ; le client ne peut pas la valider.",
    "CREDIT_NOTE_DUE": "Le client attend l'avoir promis sur {number}.",
}
REASONS = tuple(CONTESTED)


def _dispute_and_promise(
    histories: list[AccountHistory], ids: Mapping[str, tuple[int, Decimal]], today: date, who: Mapping[str, Actor]
) -> None:
    """Open a dispute on the invoices whose story has one, and take promises on some that are late."""
    rng = Random(SEED + 1)
    accounts = _accounts_of_items()
    for history in histories:
        late = [i for i in history.invoices if i.number in ids and i.due < today and ids[i.number][1] > 0]
        disputed = [i for i in late if i.is_disputed]
        for invoice in disputed:
            _dispute(rng, invoice.number, ids[invoice.number], invoice.due, today)
        late = [i for i in late if not i.is_disputed]
        if late and (rng.random() < 0.14 or history.customer.number == "C00001"):
            days_ago = rng.choice((2, 4, 9, 20))
            with clock.frozen(_noon(today - timedelta(days=days_ago))):
                promises.take_promise(
                    account_id=accounts[ids[late[0].number][0]],
                    item_ids=[ids[i.number][0] for i in late[:3]],
                    promised_date=today + timedelta(days=rng.choice((5, 8, 12)) - days_ago),
                    made_on=today - timedelta(days=days_ago),
                    actor=who[history.customer.number],
                    contact_name=history.customer.contact,
                )


def _dispute(rng: Random, number: str, item: tuple[int, Decimal], due: date, today: date) -> None:
    opened = min(max(due + timedelta(days=rng.randint(-6, 12)), today - timedelta(days=60)), today - timedelta(days=1))
    item_id, amount = item
    share = rng.choice((25, 50, 100, 100))
    reason = rng.choice(REASONS)
    with clock.frozen(_noon(opened)):
        cases.open_dispute(
            item_id=item_id, amount=(amount * share / 100).quantize(Decimal("0.01")),
            reason_code=reason, opened_date=opened, actor=CLAIRE,
            comment=CONTESTED[reason].format(number=number), due_date=opened + timedelta(days=15),
        )  # fmt: skip


def _promise_what_will_come(
    histories: list[AccountHistory],
    ids: Mapping[str, tuple[int, Decimal]],
    booked_until: date,
    who: Mapping[str, Actor],
) -> set[int]:
    """Take promises for some of the transfers that the bank statements will bring: these will be kept.

    Return the items promised.
    """
    rng = Random(SEED + 2)
    promised: set[int] = set()
    accounts = _accounts_of_items()
    for history in histories:
        for transfer in history.in_bank_only(booked_until):
            items = [ids[number][0] for number in transfer.invoices if number in ids]
            if transfer.is_part or transfer.is_double or not items or rng.random() > 0.4:
                continue
            made_on = transfer.day - timedelta(days=6)
            with clock.frozen(_noon(made_on)):
                promises.take_promise(
                    account_id=accounts[items[0]], item_ids=items, promised_date=transfer.day, made_on=made_on,
                    actor=who[history.customer.number], contact_name=history.customer.contact,
                )  # fmt: skip
            promised.update(items)
    return promised


def _log_calls(today: date, who: Mapping[str, Actor]) -> None:
    """Log calls of the last two months on accounts that are late; Hugo has called some of Inès's and his own today."""
    rng = Random(SEED + 3)
    rows = ledger_queries.list_items(as_of=today).filter(due_date__lt=today - timedelta(days=20))
    numbers = {row["account_id"]: row["customer_number"] for row in rows.iterator(chunk_size=5000)}
    late = sorted(numbers)
    for account_id in late[: max(1, len(late) // 2)]:
        day = today - timedelta(days=rng.randint(3, 55))
        with clock.frozen(_noon(day)):
            worklist.log_call(
                account_id=account_id, outcome=rng.choice(("INFORMED", "INFORMED", "VOICEMAIL")),
                actor=who[numbers[account_id]], as_of=day, comment=rng.choice(COMMENTS),
            )  # fmt: skip
    hugo = team.actors_by_email()[people.HUGO]
    his = [each for each in reversed(late) if who[numbers[each]].label not in {"Claire Martin"}]
    for account_id in his[:CALLS_OF_TODAY]:
        worklist.log_call(
            account_id=account_id, outcome="INFORMED", actor=hugo, as_of=today, comment=rng.choice(COMMENTS)
        )


COMMENTS = (
    "La facture attend le visa du chef de chantier.", "Va vérifier et répondre par e-mail.",
    "Nouvelle comptable ; relevé de compte envoyé à nouveau.", "Prochaine campagne de paiement le 25.", "",
)  # fmt: skip


def _accounts_of_items() -> dict[int, int]:
    rows = ledger_queries.list_items(as_of=clock.today())
    return {r["id"]: r["account_id"] for r in rows.iterator(chunk_size=5000)}


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(settings.TIME_ZONE))


def _run_in_the_past(day: date, company_code: str) -> None:
    company_id = next(row.id for row in list_companies() if row.code == company_code)
    with clock.frozen(_noon(day)):
        run_id = dunning.prepare_run(company_id=company_id, as_of=day, actor=CLAIRE)
        dunning.release_run(run_id=run_id, actor=CLAIRE)
        notices = list_queued_notices(run_id=run_id)
        dunning.send_notices(notice_ids=notices, channel=MailboxChannel())


def _import_statements(histories: list[AccountHistory], days: list[date]) -> None:
    actor = Actor(label="Nadia Benali")
    ids = {row.code: row.id for row in list_companies()}
    for company in COMPANIES:
        opening = Decimal("184250.40")
        collected: list[Movement] = []
        for place, day in enumerate(days):
            movements = list(_movements(histories, company, day, days))
            if day == days[-1] and collected:
                movements.append(sent_back(collected[0]))
            collected += [movement for movement in movements if movement.is_direct_debit]
            text = statement_xml(company, day=day, sequence=200 + place, opening=opening, movements=movements)
            opening += sum((m.amount for m in movements), Decimal(0))
            with clock.frozen(_noon(day)):
                cash.import_statement(
                    stream=BytesIO(text.encode()), filename=f"{company.code}-{day:%Y%m%d}.camt053.xml", actor=actor
                )
                cash.match_transactions(company_id=ids[company.code], as_of=day)


def _movements(
    histories: list[AccountHistory], company: DemoCompany, day: date, days: list[date]
) -> Iterator[Movement]:
    rng = statement_rng(company.code, day)
    yield from noise(rng, day)
    for history in histories:
        if history.account.company != company.code or history.customer.currency != "EUR":
            continue
        for transfer in history.transfers:
            # What came in on the weekend after the last banking day is on its statement.
            if transfer.day == day or (day == days[-1] and transfer.day > day):
                customer, bad = history.customer, history.account.manners.bad_reference
                if history.account.payment_method == "DIRECT_DEBIT":
                    yield direct_debit(
                        amount=transfer.amount, name=customer.name, iban=customer.iban, invoices=transfer.invoices
                    )
                    continue
                fees = Decimal(15) if rng.random() < 0.06 and transfer.amount > 500 else Decimal(0)
                yield Movement(
                    amount=transfer.amount - fees, name=payer_name(rng, customer.name, customer.contact, bad),
                    iban=customer.iban, text=transfer_text(rng, transfer.invoices, bad),
                )  # fmt: skip
