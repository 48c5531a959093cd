"""Read mandates, collections and debits; and for cash: which items a credit of the bank pays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from quittance.debits.models import (
    DebitCollection,
    DebitedItem,
    DebitInstruction,
    DebitSettings,
    LeftOutItem,
    Mandate,
    StatusFile,
)
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.queries import account_filter

State = DebitInstruction.State
_ON_ITS_WAY = (State.SENT, State.SETTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsRow:
    """How a company collects."""

    company_id: int
    creditor_identifier: str
    bank_account_id: int
    lead_days: int
    notice_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitedPart:
    """What a debit takes of an item: signed as the item is, so that a credit which is netted is negative."""

    item_id: int
    account_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionRow:
    """One debit as cash has to know it; `amount` is the sum of its parts."""

    id: int
    collection_id: int
    company_id: int
    account_id: int
    customer_id: int
    end_to_end_id: str
    payment_information_id: str
    mandate_reference: str
    debtor_name: str
    debtor_iban: str
    amount: Decimal
    state: str
    collection_date: date
    parts: tuple[DebitedPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """Debits that the bank pays in one sum: a group of a file, or the whole file."""

    collection_id: int
    company_id: int
    message_id: str
    payment_information_id: str
    collection_date: date
    amount: Decimal
    instructions: tuple[InstructionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkSum:
    """What the bank may pay in one sum, without its debits; `is_on_its_way` when none of them is known to be paid.

    `payment_information_id` is blank for a whole file.
    """

    message_id: str
    payment_information_id: str
    collection_number: int
    collection_date: date
    amount: Decimal
    count: int
    is_on_its_way: bool


def find_settings(*, company_id: int) -> SettingsRow | None:
    """Return how a company collects, None when it has not said. One query."""
    names = tuple(SettingsRow.__dataclass_fields__)
    row = DebitSettings.objects.filter(company_id=company_id).values(*names).first()
    return SettingsRow(**row) if row else None


def list_settings(*, company_ids: Collection[int]) -> dict[int, SettingsRow]:
    """Return the same for many companies; those that have not said are left out. One query."""
    names = tuple(SettingsRow.__dataclass_fields__)
    rows = DebitSettings.objects.filter(company_id__in=list(company_ids)).order_by("company_id").values(*names)
    return {row["company_id"]: SettingsRow(**row) for row in rows}


def find_instructions(*, end_to_end_ids: Collection[str], company_id: int | None = None) -> dict[str, InstructionRow]:
    """Return the debits of these references that are on their way, paid or came back, by reference. Two queries."""
    found = DebitInstruction.objects.filter(
        end_to_end_id__in=list(end_to_end_ids), state__in=[*_ON_ITS_WAY, State.RETURNED]
    )
    if company_id is not None:
        found = found.filter(collection__company_id=company_id)
    return {row.end_to_end_id: row for row in _instruction_rows(found)}


def find_collection(
    *,
    message_id: str = "",
    payment_information_id: str = "",
    total: Decimal | None = None,
    company_id: int | None = None,
) -> BulkRow | None:
    """Return the debits that one credit of the bank pays: those of a group, else of a whole file. Three queries.

    Rejected debits are not in it. With `total` the sum must be that; without the name of file or group, the only group
    or file on its way with that sum is meant, and None when there are two.
    """
    if payment_information_id:
        bulks = _bulks(payment_information_id=payment_information_id, company_id=company_id)
    elif message_id:
        bulks = _whole_files(_bulks(collection__message_id=message_id, company_id=company_id))
    elif total is not None:
        groups = _bulks(state=State.SENT, company_id=company_id)
        bulks = [one for one in [*groups, *_whole_files(groups)] if one.amount == total]
        bulks = list({tuple(i.id for i in one.instructions): one for one in reversed(bulks)}.values())
    else:
        return None
    if total is not None:
        bulks = [one for one in bulks if one.amount == total]
    return bulks[0] if len(bulks) == 1 else None


def list_bulk_sums(*, company_id: int, since: date) -> list[BulkSum]:
    """Return the groups of collections from a day on, and the files of several, whose money may come. One query.

    Rejected debits are not in it.
    """
    found = DebitInstruction.objects.filter(
        state__in=_ON_ITS_WAY, collection__company_id=company_id, collection__collection_date__gte=since
    )
    names = ("collection__message_id", "collection__number", "collection__collection_date", "payment_information_id")
    rows = found.values(*names).annotate(
        total=Sum("amount"), debits=Count("id"), paid=Count("id", filter=Q(state=State.SETTLED))
    )
    groups = [
        BulkSum(
            message_id=row["collection__message_id"],
            payment_information_id=row["payment_information_id"],
            collection_number=row["collection__number"],
            collection_date=row["collection__collection_date"],
            amount=row["total"],
            count=row["debits"],
            is_on_its_way=not row["paid"],
        )
        for row in rows.order_by("collection__message_id", "payment_information_id")
    ]
    by_file: dict[str, list[BulkSum]] = {}
    for group in groups:
        by_file.setdefault(group.message_id, []).append(group)
    return groups + [_sum_of_file(parts) for parts in by_file.values()]


def _sum_of_file(parts: list[BulkSum]) -> BulkSum:
    return replace(
        parts[0],
        payment_information_id="",
        amount=sum((one.amount for one in parts), Decimal(0)),
        count=sum(one.count for one in parts),
        is_on_its_way=all(one.is_on_its_way for one in parts),
    )


def known_messages(*, company_id: int, message_ids: Collection[str]) -> set[str]:
    """Return those names of files that are collections of a company. One query, none for no names."""
    if not message_ids:
        return set()
    found = DebitCollection.objects.filter(company_id=company_id, message_id__in=list(message_ids))
    return set(found.values_list("message_id", flat=True))


def list_mandate_references(*, company_id: int, references: Collection[str]) -> list[tuple[str, int]]:
    """Return (reference, customer) of those mandates of a company that are among these, ended ones too. One query."""
    found = Mandate.objects.filter(company_id=company_id, reference__in=list(references)).order_by("id")
    return list(found.values_list("reference", "account__customer_id"))


def _bulks(*, company_id: int | None, **named: Any) -> list[BulkRow]:
    """Return groups of debits on their way or paid."""
    found = DebitInstruction.objects.filter(state__in=_ON_ITS_WAY).filter(**named)
    if company_id is not None:
        found = found.filter(collection__company_id=company_id)
    messages = dict(found.values_list("collection_id", "collection__message_id"))
    groups: dict[str, list[InstructionRow]] = {}
    for row in _instruction_rows(found):
        groups.setdefault(row.payment_information_id, []).append(row)
    return [_bulk(rows, messages[rows[0].collection_id], name) for name, rows in groups.items()]


def _whole_files(groups: Iterable[BulkRow]) -> list[BulkRow]:
    by_file: dict[str, list[InstructionRow]] = {}
    for group in groups:
        by_file.setdefault(group.message_id, []).extend(group.instructions)
    return [_bulk(rows, message_id, "") for message_id, rows in by_file.items()]


def _bulk(rows: list[InstructionRow], message_id: str, name: str) -> BulkRow:
    return BulkRow(
        collection_id=rows[0].collection_id,
        company_id=rows[0].company_id,
        message_id=message_id,
        payment_information_id=name,
        collection_date=rows[0].collection_date,
        amount=sum((row.amount for row in rows), Decimal(0)),
        instructions=tuple(rows),
    )


def _instruction_rows(found: QuerySet[DebitInstruction]) -> list[InstructionRow]:
    parts: dict[int, list[DebitedPart]] = {}
    rows = list(
        found.order_by("collection_id", "position", "id").values(
            "id", "collection_id", "account_id", "end_to_end_id", "payment_information_id", "amount", "state",
            company_id=F("collection__company_id"), customer_id=F("account__customer_id"),
            mandate_reference=F("mandate__reference"), debtor_name=F("mandate__debtor_name"),
            debtor_iban=F("mandate__iban"), collection_date=F("collection__collection_date"),
        )
    )  # fmt: skip
    items = DebitedItem.objects.filter(instruction_id__in=[row["id"] for row in rows]).order_by(
        "item__due_date", "item_id"
    )
    for instruction_id, account_id, item_id, amount in items.values_list(
        "instruction_id", "instruction__account_id", "item_id", "amount"
    ):
        parts.setdefault(instruction_id, []).append(DebitedPart(item_id=item_id, account_id=account_id, amount=amount))
    return [InstructionRow(**row, parts=tuple(parts.get(row["id"], ()))) for row in rows]


def list_mandates(*, scope: Scope = EVERYTHING, customer_id: int | None = None) -> QuerySet[Mandate, Any]:
    """Return mandates as `.values()` rows, latest first; filter and slice it. One query."""
    found = Mandate.objects.filter(account_filter(scope=scope, prefix="account__"))
    if customer_id is not None:
        found = found.filter(account__customer_id=customer_id)
    rows: QuerySet[Mandate, Any] = found.order_by("-signed_on", "-id").values(
        "id", "account_id", "company_id", "reference", "scheme", "is_one_off", "signed_on", "debtor_name",
        "iban", "bic", "street", "postcode", "town", "country", "state", "state_reason", "ended_on",
        "last_used_on", "is_next_last", "amended_from", "recorded_by_name", "recorded_at",
        customer_id=F("account__customer_id"), customer_name=F("account__customer__name"),
        account_number=F("account__number"), company_name=F("company__name"),
        payment_method=F("account__payment_method"),
    )  # fmt: skip
    return rows


def find_mandate(*, mandate_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one mandate, None when there is none to see. One query."""
    row = list_mandates(scope=scope).filter(id=mandate_id).first()
    return dict(row) if row else None


def list_debits_of_mandate(*, mandate_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Return the debits under a mandate, latest first. One query."""
    found = DebitInstruction.objects.filter(mandate_id=mandate_id).order_by("-id")
    rows: QuerySet[DebitInstruction, Any] = found.values(
        "id", "collection_id", "amount", "state", "reason_code", "sequence_type", "ended_on",
        number=F("collection__number"), collection_date=F("collection__collection_date"),
    )  # fmt: skip
    return list(rows[:limit])


def list_collections(*, scope: Scope = EVERYTHING) -> QuerySet[DebitCollection, Any]:
    """Return collections as `.values()` rows, latest first; filter and slice it. One query."""
    found = DebitCollection.objects.all()
    if scope.company_ids is not None:
        found = found.filter(company_id__in=sorted(scope.company_ids))
    rows: QuerySet[DebitCollection, Any] = found.order_by("-collection_date", "-id").values(
        "id", "company_id", "number", "message_id", "state", "collection_date", "due_until", "currency", "amount",
        "instruction_count", "proposed_on", "proposed_by_name", "announced_on", "exported_at", "exported_by_name",
        "settled_on", "ended_on", "filename", "sha256", company_name=F("company__name"),
    )  # fmt: skip
    return rows


def find_collection_row(*, collection_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one collection, None when there is none to see. One query."""
    row = list_collections(scope=scope).filter(id=collection_id).first()
    return dict(row) if row else None


def list_instructions(*, collection_id: int) -> list[dict[str, Any]]:
    """Return the debits of a collection, in the order of its file. One query."""
    found = DebitInstruction.objects.filter(collection_id=collection_id).order_by("position")
    rows: QuerySet[DebitInstruction, Any] = found.annotate(item_count=Count("items")).values(
        "id", "account_id", "position", "sequence_type", "end_to_end_id", "amount", "state", "reason_code",
        "reason_text", "ended_on", "may_repeat", "item_count", "transmission_id", "mandate_id",
        transmission_state=F("transmission__state"), scheme=F("mandate__scheme"),
        mandate_reference=F("mandate__reference"), iban=F("mandate__iban"),
        customer_id=F("account__customer_id"), customer_name=F("account__customer__name"),
        account_number=F("account__number"),
    )  # fmt: skip
    return list(rows)


def find_instruction(*, instruction_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one debit with its collection, None when there is none to see. One query."""
    found = DebitInstruction.objects.filter(pk=instruction_id)
    if scope.company_ids is not None:
        found = found.filter(collection__company_id__in=sorted(scope.company_ids))
    row = found.values("id", "collection_id", "state", "end_to_end_id").first()
    return dict(row) if row else None


def list_left_out(*, collection_id: int) -> list[dict[str, Any]]:
    """Return the items that were due and are not in a collection, by reason. One query."""
    found = LeftOutItem.objects.filter(collection_id=collection_id).order_by(
        "reason", "account__customer__name_folded", "item__due_date", "id"
    )
    rows: QuerySet[LeftOutItem, Any] = found.values(
        "id", "item_id", "account_id", "amount_open", "currency", "reason",
        document_number=F("item__document_number"), due_date=F("item__due_date"),
        customer_id=F("account__customer_id"), customer_name=F("account__customer__name"),
        account_number=F("account__number"),
    )  # fmt: skip
    return list(rows)


def list_status_files(*, collection_id: int) -> list[dict[str, Any]]:
    """Return the answers of the bank to a collection, latest first. One query."""
    found = StatusFile.objects.filter(collection_id=collection_id).order_by("-received_at", "-id")
    rows: QuerySet[StatusFile, Any] = found.values(
        "id", "filename", "format", "message_id", "status", "accepted_count", "rejected_count", "amount_rejected",
        "lines", "received_by_name", "received_at",
    )  # fmt: skip
    return list(rows)


def list_failed_debits(
    *, since: date, customer_id: int | None = None, scope: Scope = EVERYTHING
) -> list[dict[str, Any]]:
    """Return the debits that were rejected or came back since a day, latest first. One query."""
    found = DebitInstruction.objects.filter(
        account_filter(scope=scope, prefix="account__"),
        state__in=[State.REJECTED, State.RETURNED],
        ended_on__gte=since,
    )
    if customer_id is not None:
        found = found.filter(account__customer_id=customer_id)
    rows: QuerySet[DebitInstruction, Any] = found.order_by("-ended_on", "-id").values(
        "id", "collection_id", "amount", "state", "reason_code", "reason_text", "ended_on", "may_repeat",
        account_number=F("account__number"), customer_id=F("account__customer_id"),
        number=F("collection__number"),
    )  # fmt: skip
    return list(rows)
