"""Find the payment that a returned one was, and what was returned of a customer's payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, QuerySet

from quittance.cash.models import BankTransaction, MatchProposal
from quittance.core.matching import fold_iban
from quittance.core.returned_payments import UNPAID_CHEQUE, cheque_numbers
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.queries.allocations import list_allocations

# An unauthorised direct debit may be claimed back for thirteen months.
RETURN_DAYS_MAX = 400
CANDIDATES_MAX = 12
ORIGINALS_MAX = 200
_REFERENCE: Final = "REFERENCE"
_IBAN: Final = "IBAN"
_NAME: Final = "NAME"
_APPLIED = MatchProposal.State.APPLIED
_RANK = {_REFERENCE: 0, _IBAN: 1, _NAME: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCandidate:
    """A payment that a return may undo; `evidence` says what both lines share: REFERENCE, IBAN, NAME."""

    id: int
    booking_date: date
    amount: Decimal
    currency: str
    counterparty_name: str
    text: str
    customer_id: int | None
    customer_name: str
    account_number: str
    evidence: tuple[str, ...]


def is_waiting_return(*, row: BankTransaction) -> bool:
    """Say whether a bank line is money sent back that nobody has decided on."""
    return row.state == BankTransaction.State.WAITING and row.amount < 0


def list_return_candidates(*, transaction_id: int) -> list[ReturnCandidate]:
    """Return the payments of the same amount that a waiting return may undo, those that share most first.

    Three queries at most.
    """
    row = BankTransaction.objects.select_related("bank_account").get(pk=transaction_id)
    if not is_waiting_return(row=row):
        return []
    found = [(original, _shared(row, original)) for original in _originals(row)]
    found.sort(key=lambda pair: (_rank(pair[1]), -pair[0].booking_date.toordinal(), -pair[0].id))
    return [_candidate(original, evidence) for original, evidence in found[:CANDIDATES_MAX]]


def find_original(*, row: BankTransaction) -> int | None:
    """Return the one payment that a return names: by the payer's own reference, else by another reference of both,
    else by the number of the cheque.

    None when no payment has it, or more than one: a person decides then. One query.
    """
    originals = _originals(row)
    for names in (_end_to_end, _references, _cheques):
        wanted = names(row)
        named = [original.id for original in originals if wanted & names(original)]
        if named:
            return named[0] if len(named) == 1 else None
    return None


def list_returns(*, customer_id: int, since: date, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return the payments of a customer that its bank sent back since a day, latest first. One query."""
    found = BankTransaction.objects.filter(
        customer_id=customer_id, returned_transaction__isnull=False, booking_date__gte=since
    )
    if scope.company_ids is not None:
        found = found.filter(bank_account__company_id__in=sorted(scope.company_ids))
    if scope.department_id is not None:
        found = found.filter(account__department_id=scope.department_id)
    rows: QuerySet[BankTransaction, Any] = found.order_by("-booking_date", "-id").values(
        "id", "booking_date", "amount", "currency", "return_reason", account_number=F("account__number")
    )
    return list(rows)


def get_return(*, transaction_id: int) -> dict[str, Any]:
    """Return what a return took back, or by which return a payment was taken back; empty without either.

    `original` or `taken_back_by` is a movement (id, booking_date, counterparty_name), `reopened` the allocations that
    the return undid. Four queries at most.
    """
    row = BankTransaction.objects.select_related("returned_transaction").get(pk=transaction_id)
    original = row.returned_transaction
    if original is not None:
        undone = {
            id_ for ids in row.proposals.filter(state=_APPLIED).values_list("allocation_ids", flat=True) for id_ in ids
        }
        paid = list_reopened(payment_item_id=original.payment_item_id) if original.payment_item_id else []
        reopened = [one for one in paid if one["id"] in undone]
        return {"original": _movement(original), "reopened": reopened}
    back = row.returns.order_by("-id").first() if row.state == BankTransaction.State.RETURNED else None
    return {"taken_back_by": _movement(back)} if back else {}


def _movement(row: BankTransaction) -> dict[str, Any]:
    return {"id": row.id, "booking_date": row.booking_date, "counterparty_name": row.counterparty_name}


def list_reopened(*, payment_item_id: int) -> list[dict[str, Any]]:
    """Return what a payment had paid, as rows of `list_allocations`, undone or not. One query."""
    return [row for row in list_allocations(item_id=payment_item_id) if row["credit_item_id"] == payment_item_id]


def _originals(row: BankTransaction) -> list[BankTransaction]:
    """Return the payments of the return's company, currency and amount that stand on an account."""
    State = BankTransaction.State  # noqa: N806  (a class)
    found = (
        BankTransaction.objects.select_related("customer", "account")
        .filter(
            bank_account__company_id=row.bank_account.company_id,
            currency=row.currency,
            amount=-row.amount,
            state__in=[State.MATCHED, State.UNAPPLIED],
            booking_date__lte=row.booking_date,
            booking_date__gte=row.booking_date - timedelta(days=RETURN_DAYS_MAX),
        )
        .order_by("-booking_date", "-id")
    )
    return list(found[:ORIGINALS_MAX])


def _shared(row: BankTransaction, original: BankTransaction) -> tuple[str, ...]:
    iban = fold_iban(row.counterparty_iban)
    shared = {
        _REFERENCE: bool(_references(row) & _references(original)),
        _IBAN: bool(iban) and iban == fold_iban(original.counterparty_iban),
        _NAME: bool(row.counterparty_name)
        and row.counterparty_name.casefold() == original.counterparty_name.casefold(),
    }
    return tuple(name for name, is_shared in shared.items() if is_shared)


def _rank(evidence: Sequence[str]) -> int:
    return min((_RANK[name] for name in evidence), default=len(_RANK))


def _end_to_end(row: BankTransaction) -> frozenset[str]:
    return frozenset({row.end_to_end_id} - {""})


def _references(row: BankTransaction) -> frozenset[str]:
    """Return everything on a line that names the payment; the mandate is of all payments of a payer and names none."""
    return frozenset({row.end_to_end_id, row.servicer_reference, *row.structured_references} - {""})


def _cheques(row: BankTransaction) -> frozenset[str]:
    """Return what may be the number of a cheque, on a cheque that came back and on what may have been one."""
    is_other = row.amount < 0 and row.return_reason not in (UNPAID_CHEQUE, "CQRV")
    return frozenset() if is_other else cheque_numbers(text=f"{row.text} {row.additional_text}")


def _candidate(row: BankTransaction, evidence: tuple[str, ...]) -> ReturnCandidate:
    return ReturnCandidate(
        id=row.id,
        booking_date=row.booking_date,
        amount=row.amount,
        currency=row.currency,
        counterparty_name=row.counterparty_name,
        text=row.text,
        customer_id=row.customer_id,
        customer_name=row.customer.name if row.customer else "",
        account_number=row.account.number if row.account else "",
        evidence=evidence,
    )
