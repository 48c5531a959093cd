"""Gather what the core needs to decide: set-based, a fixed number of statements for any number of accounts.

The statements read the tables of the apps below; none of their models is used. `looks_back` gives the state as it was
on a past day (for a dry run); otherwise everything known now counts, so that nobody who has paid since is chased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from quittance.core.dunning import (
    DunningAccountFacts,
    DunningContact,
    DunningDecision,
    DunningItemFact,
    DunningMedium,
)
from quittance.core.dunning_facts import DEFAULT_ROLES
from quittance.delivery import services as delivery
from quittance.dunning import standing, statements
from quittance.dunning.policies import Policy, PolicyBook
from quittance.dunning.quiet_days import quiet_dates
from quittance.foundation.planned import fetch_planned_once

# Takes a statement and its parameters; returns the names of the columns and the rows.
_Fetch = Callable[[str, Mapping[str, Any]], tuple[list[str], list[tuple[Any, ...]]]]

FACTORED = "FACTORED"
_SMS = DunningMedium.SMS
EXCLUDED_KINDS = frozenset({FACTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChoice:
    """Whom a reminder is written to; `language` is the contact's, else the account's.

    `refused_numbers` could not be reached by an SMS for good.
    """

    name: str
    email: str
    language: str
    is_opted_out: bool
    role: str = ""
    phone: str = ""
    refuses_courtesy: bool = False
    refuses_email: bool = False
    refuses_sms: bool = False
    refused_numbers: frozenset[str] = frozenset()

    def sms_number(self, *, country: str) -> str:
        """Return the number as E.164 when it takes text messages, else ""; `country` is that of national numbers."""
        number = delivery.find_phone(text=self.phone, country=country) if self.phone else None
        if not number or number in self.refused_numbers:
            return ""
        return number if delivery.can_take_sms(number=number) else ""


class GatheredItem(NamedTuple):
    """An open item as the message and the sums need it, beside its fact for the decision."""

    fact: DunningItemFact
    document_number: str
    document_date: date
    reference: str
    amount_company_open: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredAccount:
    """Everything known of one account: who it is, its policy, its contacts, the facts.

    `contact` is whom an e-mail goes to by default; a decision says whom its own message goes to.
    """

    account_id: int
    account_number: str
    customer_id: int
    customer_name: str
    customer_kind: str
    customer_country: str
    company_id: int
    company_currency: str
    language: str
    collector_name: str
    collector_email: str
    policy: Policy
    contact: ContactChoice | None
    facts: DunningAccountFacts
    items: dict[int, GatheredItem]
    contacts: tuple[ContactChoice, ...] = ()

    @property
    def message_language(self) -> str:
        """Return the language to write in."""
        return (self.contact.language if self.contact else "") or self.language

    def address_for(self, medium: DunningMedium) -> str:
        """Return where a message by this medium goes: a number, else the address of e-mail; "" for nobody."""
        if self.contact is None:
            return ""
        return (
            self.contact.sms_number(country=self.customer_country)
            if medium is DunningMedium.SMS
            else self.contact.email
        )

    def addressed_to(self, decision: DunningDecision) -> GatheredAccount:
        """Return the account with the contact that a decision has chosen."""
        if decision.contact_index is None or self.contacts[decision.contact_index] is self.contact:
            return self
        return replace(self, contact=self.contacts[decision.contact_index])


def list_candidates(*, as_of: date, horizon: date, company_id: int | None, looks_back: bool = False) -> list[int]:
    """Return the accounts that have something due by `horizon`, by id. One query."""
    statement = statements.CANDIDATES_BACK if looks_back else statements.CANDIDATES
    with connection.cursor() as cursor:
        cursor.execute(statement, {"as_of": as_of, "horizon": horizon, "company": company_id})
        return [row[0] for row in cursor.fetchall()]


def gather(
    *,
    account_ids: Sequence[int],
    as_of: date,
    book: PolicyBook,
    looks_back: bool = False,
    reads_numbers: bool = False,
    is_one_of_many: bool = False,
) -> list[GatheredAccount]:
    """Return the facts of each account, by id; three queries, and one for each further source of credit.

    Telephone numbers are read where a policy has an SMS, or where `reads_numbers`. `is_one_of_many` tells, inside a
    transaction, that this connection asks the same of account after account: the server plans it once.
    """
    parameters: dict[str, Any] = {
        "accounts": statements.ids_text(account_ids),
        "as_of": as_of,
        "back": looks_back,
        "touches": book.touches_days,
        "zone": settings.TIME_ZONE,
    }
    fetch = fetch_planned_once if is_one_of_many else _fetch
    items = _items_by_account(parameters, fetch)
    further = _further_credits(account_ids, parameters, fetch)
    names, found_rows = fetch(statements.ACCOUNTS, parameters)
    rows = [dict(zip(names, row, strict=True)) for row in found_rows]
    found = [
        _account(row, items.get(row["account_id"], []), further.get(row["account_id"], {}), book, as_of, reads_numbers)
        for row in rows
    ]
    moved = {one.account_id: one.policy.moved_ranks for one in found if one.policy.moved_ranks}
    ranks = standing.last_ranks(moved=moved, parameters=parameters)
    return [_ranked(one, ranks) if one.account_id in moved else one for one in found]


def _ranked(account: GatheredAccount, ranks: dict[int, int | None]) -> GatheredAccount:
    """Return an account with the last step of each item as its policy of today ranks it."""
    items: dict[int, GatheredItem] = {}
    for item_id, item in account.items.items():
        fact = item.fact._replace(last_level_sent=ranks.get(item_id, item.fact.last_level_sent))
        items[item_id] = item._replace(fact=fact)
    return replace(account, items=items, facts=replace(account.facts, items=tuple(i.fact for i in items.values())))


# Where the fields of the fact begin, and those that only marked items have: the account and the mark come first, then
# what else is gathered of the item.
_FACT = 2 + len(GatheredItem._fields) - 1
_MARKS = _FACT + DunningItemFact._fields.index("kind") + 1
_UNMARKED = tuple(DunningItemFact(0, date.min, Decimal(0), ""))[_MARKS - _FACT :]


def _items_by_account(parameters: dict[str, Any], fetch: _Fetch) -> dict[int, list[GatheredItem]]:
    """Return the items of each account; tuples are made without their classes' own checks, a run makes millions."""
    make_fact, make_item = partial(tuple.__new__, DunningItemFact), partial(tuple.__new__, GatheredItem)
    _names, rows = fetch(statements.ITEMS.format(open=_open(parameters, statements.OWN)), parameters)
    return {
        account_id: [
            make_item((make_fact(row[_FACT:] if row[1] else row[_FACT:_MARKS] + _UNMARKED), *row[2:_FACT]))
            for row in some
        ]
        for account_id, some in groupby(rows, key=itemgetter(0))
    }


def _open(parameters: dict[str, Any], which: str) -> str:
    return (statements.OPEN_BACK if parameters["back"] else statements.OPEN_NOW).format(which=which)


def _fetch(statement: str, parameters: Mapping[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [column.name for column in cursor.description or ()], list(cursor.fetchall())


def _further_credits(
    account_ids: Sequence[int], parameters: dict[str, Any], fetch: _Fetch
) -> dict[int, dict[str, Decimal]]:
    """Return credit that is no item of the account: the customer's cash elsewhere, and what other apps know of.

    `QUITTANCE_CREDIT_SOURCES` names functions `(account_ids=..., as_of=...)` that return rows of account id, currency
    and a positive amount; that is how the cash desk tells of bank lines that are identified and not yet matched.
    """
    found: defaultdict[int, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    sisters = statements.SISTER_CASH.format(open=_open(parameters, statements.SISTERS))
    rows: list[Iterable[tuple[Any, ...]]] = [fetch(sisters, parameters)[1]]
    for name in getattr(settings, "QUITTANCE_CREDIT_SOURCES", ()):
        rows.append(import_string(name)(account_ids=list(account_ids), as_of=parameters["as_of"]))
    for source in rows:
        for account_id, currency, amount in source:
            found[account_id][currency] += amount
    return {account_id: dict(amounts) for account_id, amounts in found.items()}


_PLAIN = (
    "account_id", "account_number", "customer_id", "customer_name", "customer_kind", "customer_country", "company_id",
    "company_currency", "language", "collector_name", "collector_email",
)  # fmt: skip


def _account(
    row: dict[str, Any],
    items: list[GatheredItem],
    further: dict[str, Decimal],
    book: PolicyBook,
    as_of: date,
    reads_numbers: bool,
) -> GatheredAccount:
    contacts = read_contacts(written=row["contacts"], refused_numbers=row["refused_numbers"])
    policy = book.policy_for(code=row["policy_code"], payment_method=row["payment_method"])
    # Telephone numbers are read only where a step needs to know.
    has_sms = reads_numbers or any(level.medium is _SMS for level in policy.levels)
    country = row["customer_country"]
    contact = next((one for role in DEFAULT_ROLES for one in contacts if one.role == role and one.email), None)
    statement_date = row["statement_date"]
    facts = DunningAccountFacts(
        account_id=row["account_id"],
        items=tuple(item.fact for item in items),
        unapplied_credits=tuple(sorted(further.items())),
        has_contact=contact is not None,
        opted_out=contact is not None and (contact.is_opted_out or contact.refuses_email),
        last_notice_date=row["notice_date"],
        is_blocked=row["is_blocked"],
        bank_data_age_days=None if statement_date is None else (as_of - statement_date).days,
        excluded_kinds=EXCLUDED_KINDS,
        contacts=contact_facts(contacts=contacts, country=country, reads_numbers=has_sms),
        has_postal_address=row["has_postal_address"],
        touch_dates=(*(row["notice_touches"] or ()), *(row["call_touches"] or ())),
        quiet_dates=quiet_dates(country=row["customer_country"], day=as_of),
        usual_delay_days=row["usual_delay_days"],
        is_last_bounced=bool(row["is_last_bounced"]),
        promise_broken_on=row["broken_on"],
        last_answer_date=row["answer_date"],
    )
    return GatheredAccount(
        **{name: row[name] for name in _PLAIN},
        policy=policy,
        contact=contact,
        facts=facts,
        items={item.fact.item_id: item for item in items},
        contacts=contacts,
    )


def contact_facts(
    *, contacts: Sequence[ContactChoice], country: str, reads_numbers: bool
) -> tuple[DunningContact, ...]:
    """Return contacts as the core takes them; `country` is that of national numbers, read where `reads_numbers`."""
    return tuple(
        DunningContact(
            role=one.role,
            has_email=one.email != "",
            has_phone=one.phone != "",
            takes_sms=reads_numbers and one.sms_number(country=country) != "",
            is_opted_out=one.is_opted_out,
            refuses_courtesy=one.refuses_courtesy,
            refuses_email=one.refuses_email,
            refuses_sms=one.refuses_sms,
        )
        for one in contacts
    )


def read_contacts(
    *, written: Sequence[Sequence[Any]] | None, refused_numbers: Iterable[str] | None
) -> tuple[ContactChoice, ...]:
    """Return the contacts that `statements.CONTACTS` found, with the numbers that no SMS can reach."""
    if not written:
        return ()
    refused = frozenset(refused_numbers or ())
    return tuple(
        ContactChoice(
            role=role,
            name=name,
            email=email,
            phone=phone,
            language=language,
            is_opted_out=is_opted_out,
            refuses_courtesy=refuses_courtesy,
            refuses_email=bool(refuses_email),
            refuses_sms=bool(refuses_sms),
            refused_numbers=refused,
        )
        for role, name, email, phone, language, is_opted_out, refuses_courtesy, refuses_email, refuses_sms in written
    )
