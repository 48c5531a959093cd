"""Match the waiting bank lines of a company: apply what is certain, propose what is likely, say why the rest waits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db import transaction as db_transaction

from quittance.cash.errors import ProposalOutdated
from quittance.cash.models import BankTransaction, MatchProposal, MatchProposalLine
from quittance.cash.services import dividing
from quittance.cash.services.applying import (
    Part,
    learn_payer,
    main_account,
    outdate_proposals,
    save_decision,
)
from quittance.cash.services.batches import Certain, Planned, apply_batches
from quittance.cash.services.bulk import NOTHING_IN_BULK, apply_bulks
from quittance.cash.services.candidates import Workload, load_workload, widen_workload
from quittance.cash.services.overlaps import MAY_BE_DUPLICATE
from quittance.cash.services.planned import apply_planned, planned_facts
from quittance.cash.services.remembering import keep_inputs
from quittance.cash.services.returning import match_returns
from quittance.core import matching as core
from quittance.core.money import from_minor_units
from quittance.foundation import clock
from quittance.foundation.copying import copy_rows, take_ids
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.services import LedgerError, RateMissing
from quittance.remittances.services import close_remittances, join_remittance

PROPOSALS_MAX = 9
CHUNK = 2000
BATCH = 1000
UNDONE = "UNDONE"
PAYER_KNOWN = "PAYER_KNOWN"
ITEM_TAKEN = "ITEM_TAKEN"
RATE_MISSING = "RATE_MISSING"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRun:
    """What one run did: receipts looked at, matched by itself, left with proposals, without any; returns."""

    considered: int = 0
    applied: int = 0
    proposed: int = 0
    unexplained: int = 0
    returned: int = 0


_ProposalKey = tuple[int, str, tuple[tuple[int, Decimal], ...]]


def match_transactions(
    *,
    company_id: int,
    as_of: date,
    actor: Actor = SYSTEM,
    transaction_ids: Collection[int] | None = None,
    may_apply: bool = True,
) -> MatchRun:
    """Decide on the waiting receipts of a company booked up to a day, all or some of them.

    Up to a thousand matches are one transaction, under the locks of the ledger, so that two workers never spend one
    item twice; whoever comes second finds less open and leaves the line waiting. Returns that name the payment they
    undo are matched after the receipts. With `may_apply` False everything is only proposed. A line that a person has
    undone, or that may be in twice, is never matched by itself.
    """
    ids = _waiting_ids(company_id=company_id, as_of=as_of, transaction_ids=transaction_ids)
    order: dict[str, Any] = {"company_id": company_id, "as_of": as_of, "actor": actor, "may_apply": may_apply}
    if dividing.is_worth_dividing(count=len(ids)):
        run = MatchRun(**dividing.match_divided(ids=ids, **order))
    else:
        run = decide_receipts(ids=ids, **order).carry_out()
    if not may_apply:
        return run
    # A statement may bring a payment and its return: the payment comes first.
    returned = match_returns(company_id=company_id, as_of=as_of, actor=actor, transaction_ids=transaction_ids)
    return replace(run, returned=returned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What matching decided on some receipts, before anything is written but what came in bulk."""

    in_bulk: MatchRun
    rows: Sequence[BankTransaction]
    decisions: Sequence[core.MatchDecision]
    workload: Workload | None
    actor: Actor
    may_apply: bool

    def wanted(self) -> list[tuple[int, tuple[int, ...]]]:
        """Return each line that would be applied with the items that it would settle."""
        return [pair for pair in map(core.items_wanted, self.decisions) if pair[1]]

    def carry_out(self, *, rivals: Collection[int] = ()) -> MatchRun:
        """Apply what is certain and leave the rest with its proposals.

        `rivals` are lines that want an item of a line that is not among these.
        """
        if self.workload is None:
            return self.in_bulk
        decisions = core.leave_rivals(decisions=self.decisions, rivals=rivals)
        keep_inputs(decisions=decisions, workload=self.workload)
        kept = {
            row.id: UNDONE if row.undo_count else MAY_BE_DUPLICATE
            for row in self.rows
            if row.undo_count or row.waiting_reason == MAY_BE_DUPLICATE
        }
        certain: list[core.MatchDecision] = []
        left: list[tuple[core.MatchDecision, str]] = []
        for decision in decisions:
            if decision.proposal is None or not self.may_apply or decision.line_id in kept:
                left.append((decision, kept.get(decision.line_id, decision.reason.value)))
            else:
                certain.append(decision)
        applied, problems = _apply_all(certain, self.workload, self.actor)
        left += problems
        proposed = 0
        for start in range(0, len(left), CHUNK):
            proposed += _leave_waiting(left[start : start + CHUNK], self.workload)
        return replace(
            self.in_bulk,
            applied=self.in_bulk.applied + applied,
            proposed=proposed,
            unexplained=self.in_bulk.unexplained + len(left) - proposed,
        )


def decide_receipts(*, company_id: int, as_of: date, actor: Actor, may_apply: bool, ids: Collection[int]) -> Decided:
    """Decide on waiting receipts; collections and payouts among them are split and applied at once."""
    rows = _waiting(ids)
    order: dict[str, Any] = {"actor": actor, "may_apply": may_apply}
    if not rows:
        return Decided(in_bulk=MatchRun(), rows=(), decisions=(), workload=None, **order)
    bulk = apply_bulks(company_id=company_id, lines=rows, as_of=as_of, actor=actor) if may_apply else NOTHING_IN_BULK
    in_bulk = MatchRun(considered=len(rows), applied=bulk.applied, unexplained=len(bulk.decided) - bulk.applied)
    rows = [row for row in rows if row.id not in bulk.decided]
    if not rows:
        return Decided(in_bulk=in_bulk, rows=(), decisions=(), workload=None, **order)
    decisions, workload = _decide(load_workload(company_id=company_id, transactions=rows, as_of=as_of))
    return Decided(in_bulk=in_bulk, rows=rows, decisions=decisions, workload=workload, **order)


def _decide(workload: Workload) -> tuple[list[core.MatchDecision], Workload]:
    """Decide most lines by what they name, the others by all that their payers owe; return the workload with that."""
    named = {
        line.id: core.decide_named_line(
            line=line, payers=workload.payers[line.id], pool=workload.pool, rules=workload.rules
        )
        for line in workload.lines.values()
    }
    left = [id_ for id_, decision in named.items() if decision is None]
    if left:
        workload = widen_workload(workload=workload, line_ids=left)
    rest = [
        core.decide_line(
            line=workload.lines[id_], payers=workload.payers[id_], pool=workload.pool, rules=workload.rules
        )
        for id_ in left
    ]
    return [*(one for one in named.values() if one), *rest], workload


def _waiting_ids(*, company_id: int, as_of: date, transaction_ids: Collection[int] | None) -> list[int]:
    found = BankTransaction.objects.filter(
        state=BankTransaction.State.WAITING,
        amount__gt=0,
        bank_account__company_id=company_id,
        booking_date__lte=as_of,
    )
    if transaction_ids is not None:
        found = found.filter(id__any=transaction_ids)
    # Those of one payer together, as a part of a run takes them.
    return list(found.order_by("counterparty_iban", "counterparty_name", "id").values_list("id", flat=True))


def _waiting(ids: Collection[int]) -> list[BankTransaction]:
    return list(BankTransaction.objects.filter(id__any=ids, state=BankTransaction.State.WAITING).order_by("id"))


def _apply_all(
    certain: Sequence[core.MatchDecision], workload: Workload, actor: Actor
) -> tuple[int, list[tuple[core.MatchDecision, str]]]:
    """Apply decisions up to a thousand at a time; return how many, and what stays waiting with its reason.

    Where the ledger refuses one of them all of its batch are applied one by one, so that the others get through.
    """
    applied = 0
    left: list[tuple[core.MatchDecision, str]] = []
    by_hand = [one for one in certain if _is_by_hand(one)]
    # By account, so that two batches at once seldom lock the same.
    plain = sorted(
        (one for one in certain if not _is_by_hand(one)), key=lambda one: (_first_account(one, workload), one.line_id)
    )
    batches = [plain[start : start + BATCH] for start in range(0, len(plain), BATCH)]
    results = apply_batches(batches=batches, explain=lambda one: _certain(one, workload), actor=actor)
    for batch, result in zip(batches, results, strict=True):
        if result is None:
            by_hand += batch
        else:
            applied += len(result.applied)
            left += [(decision, ITEM_TAKEN) for decision in batch if decision.line_id in result.taken]
    for decision in by_hand:
        problem = _apply(decision, workload, actor)
        applied += problem == ""
        if problem:
            left.append((decision, problem))
    return applied, left


def _is_by_hand(decision: core.MatchDecision) -> bool:
    """Say whether more is written than what a batch writes: an advice is closed."""
    return decision.proposal is not None and decision.proposal.strategy is core.Strategy.REMITTANCE


def _first_account(decision: core.MatchDecision, workload: Workload) -> int:
    return workload.items[decision.proposal.lines[0][0]].account_id if decision.proposal else 0


def _certain(decision: core.MatchDecision, workload: Workload) -> Certain:
    proposal = decision.proposal
    if proposal is None:
        raise ValueError(f"line {decision.line_id} is not to be applied")
    parts = _parts(proposal, workload)
    line = workload.lines[decision.line_id]
    _, payer = workload.find_customer(line=line)
    return Certain(
        line_id=decision.line_id,
        parts=tuple(parts),
        strategy=proposal.strategy.value,
        confidence=proposal.confidence,
        evidence=evidence_facts(evidence=proposal.evidence),
        difference=from_minor_units(proposal.difference_minor, line.currency),
        customer_id=workload.items[parts[0].item_id].customer_id,
        payer_confidence=payer.confidence if payer else 0,
        payer_evidence=evidence_facts(evidence=payer.evidence) if payer else [],
        planned=_planned(proposal, workload, account_id=main_account(parts=parts), currency=line.currency),
    )


def _planned(
    proposal: core.MatchProposal, workload: Workload, *, account_id: int, currency: str
) -> tuple[Planned, ...]:
    """Return what a proposal posts for its differences; what was paid too much is on the account of the payment."""
    found = []
    for one in proposal.differences:
        item = workload.items.get(one.item_id)
        found.append(
            Planned(
                reason=one.kind.value,
                item_id=one.item_id,
                account_id=item.account_id if item else account_id,
                document_number=item.document_number if item else "",
                amount=from_minor_units(one.amount_minor, currency),
            )
        )
    return tuple(found)


def _apply(decision: core.MatchDecision, workload: Workload, actor: Actor) -> str | None:
    """Apply a decision; return "" when done, None when someone else has the line, else why it stays waiting."""
    proposal = decision.proposal
    if proposal is None:
        return decision.reason.value
    parts = _parts(proposal, workload)
    account_id = main_account(parts=parts)
    try:
        with db_transaction.atomic():
            row = (
                BankTransaction.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
                .select_related("statement")
                .filter(pk=decision.line_id, state=BankTransaction.State.WAITING)
                .first()
            )
            if row is None:
                return None
            _identify(row, workload)
            row.customer_id = workload.items[parts[0].item_id].customer_id
            stored = _proposal_row(row.id, proposal, account_id=account_id, currency=row.currency)
            stored.save()
            allocation_ids = apply_planned(row=row, proposal=stored, parts=parts, is_automatic=True, actor=actor)
            outdate_proposals(transaction_id=row.id, but=stored.id)
            _store_applied(stored, parts, allocation_ids, actor)
            learn_payer(transaction=row, customer_id=row.customer_id, seen_date=row.booking_date)
            save_decision(transaction=row)
            if proposal.strategy is core.Strategy.REMITTANCE:
                _close_advice(row.id, workload, actor)
    except RateMissing:
        return RATE_MISSING
    except (LedgerError, ProposalOutdated):
        return ITEM_TAKEN
    return ""


def _close_advice(line_id: int, workload: Workload, actor: Actor) -> None:
    """The money of an advice has come and is where the advice says."""
    join_remittance(remittance_id=workload.remittances[line_id], bank_transaction_id=line_id, actor=actor)
    close_remittances(bank_transaction_ids=[line_id], actor=actor)


def _parts(proposal: core.MatchProposal, workload: Workload) -> list[Part]:
    parts = []
    for item_id, amount_minor in proposal.lines:
        item = workload.items[item_id]
        amount = from_minor_units(amount_minor, item.currency)
        parts.append(Part(item_id=item_id, account_id=item.account_id, amount=amount))
    return parts


def _store_applied(stored: MatchProposal, parts: Sequence[Part], allocation_ids: Sequence[int], actor: Actor) -> None:
    stored.state = MatchProposal.State.APPLIED
    stored.is_automatic = True
    stored.allocation_ids = list(allocation_ids)
    stored.decided_at = clock.now()
    stored.decided_by_id = actor.user_id
    stored.save()
    MatchProposalLine.objects.bulk_create(
        [MatchProposalLine(proposal=stored, item_id=part.item_id, amount=abs(part.amount)) for part in parts]
    )


def evidence_facts(*, evidence: Sequence[core.Evidence]) -> list[dict[str, Any]]:
    """Return evidence as it is kept: kind, what was read, and where in the line's text."""
    return [{"kind": one.kind.value, "text": one.text, "start": one.start, "end": one.end} for one in evidence]


def _proposal_row(
    transaction_id: int, proposal: core.MatchProposal, *, account_id: int, currency: str
) -> MatchProposal:
    return MatchProposal(
        transaction_id=transaction_id,
        account_id=account_id,
        strategy=proposal.strategy.value,
        confidence=proposal.confidence,
        evidence=evidence_facts(evidence=proposal.evidence),
        difference=from_minor_units(proposal.difference_minor, currency),
        planned_differences=planned_facts(proposal=proposal, currency=currency),
        created_at=clock.now(),
    )


def _identify(row: BankTransaction, workload: Workload) -> bool:
    """Write on the line who seems to pay it; return whether anybody does."""
    customer_id, payer = workload.find_customer(line=workload.lines[row.id])
    row.customer_id = customer_id
    row.payer_confidence = payer.confidence if payer else 0
    row.payer_evidence = evidence_facts(evidence=payer.evidence) if payer else []
    return payer is not None


def _leave_waiting(left: Sequence[tuple[core.MatchDecision, str]], workload: Workload) -> int:
    """Write payer, reason and proposals of lines that wait; return how many have a proposal."""
    by_id = {decision.line_id: (decision, reason) for decision, reason in left}
    with db_transaction.atomic():
        rows = list(
            BankTransaction.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(id__any=by_id, state=BankTransaction.State.WAITING)
            .order_by("id")
        )
        kept = _refresh_proposals([by_id[row.id][0] for row in rows], workload)
        changed = []
        for row in rows:
            _, reason = by_id[row.id]
            before = (row.customer_id, row.payer_confidence, row.payer_evidence, row.waiting_reason)
            is_known = _identify(row, workload) and reason == core.MatchReason.NO_EXPLANATION.value
            row.waiting_reason = PAYER_KNOWN if is_known else reason
            if before != (row.customer_id, row.payer_confidence, row.payer_evidence, row.waiting_reason):
                changed.append(row)
        _save_waiting(changed)
    return sum(1 for row in rows if kept.get(row.id))


_SAVE_WAITING = """
UPDATE cash_banktransaction t
SET customer_id = v.customer_id, payer_confidence = v.confidence, payer_evidence = v.evidence, waiting_reason = v.reason
FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[]::jsonb[], %s::text[])
    AS v(id, customer_id, confidence, evidence, reason)
WHERE t.id = v.id
"""


def _save_waiting(rows: Sequence[BankTransaction]) -> None:
    """Write payer and reason of locked lines in one statement."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE_WAITING,
            [
                [row.id for row in rows],
                [row.customer_id for row in rows],
                [row.payer_confidence for row in rows],
                [json.dumps(row.payer_evidence) for row in rows],
                [row.waiting_reason for row in rows],
            ],
        )


def _refresh_proposals(decisions: Sequence[core.MatchDecision], workload: Workload) -> dict[int, int]:
    """Store the proposals of lines, best first, and close those that no longer hold; return their number by line.

    What a person has rejected is not proposed again; what has not changed is left as it stands.
    """
    ids = [decision.line_id for decision in decisions]
    open_rows, refused = _stored_proposals(ids)
    wanted: dict[_ProposalKey, tuple[core.MatchProposal, list[Part]]] = {}
    counts: defaultdict[int, int] = defaultdict(int)
    for decision in decisions:
        found = ((decision.proposal,) if decision.proposal else ()) + decision.alternatives
        for proposal in found[:PROPOSALS_MAX]:
            parts = _parts(proposal, workload)
            if not any(part.amount > 0 for part in parts):
                continue
            lines = tuple(sorted((part.item_id, abs(part.amount)) for part in parts))
            if (decision.line_id, lines) in refused:
                continue
            counts[decision.line_id] += 1
            wanted[decision.line_id, f"{proposal.strategy.value} {proposal.confidence}", lines] = (proposal, parts)
    stale = [row_id for key, row_id in open_rows.items() if key not in wanted]
    MatchProposal.objects.filter(id__any=stale).update(state=MatchProposal.State.OUTDATED, decided_at=clock.now())
    fresh = {key: value for key, value in wanted.items() if key not in open_rows}
    _create_proposals(fresh, workload)
    return dict(counts)


def _stored_proposals(
    transaction_ids: Sequence[int],
) -> tuple[dict[_ProposalKey, int], set[tuple[int, tuple[tuple[int, Decimal], ...]]]]:
    """Return the open proposals of these lines by content, and the contents that a person has rejected. Two queries."""
    State = MatchProposal.State  # noqa: N806  (a class)
    found = MatchProposal.objects.filter(
        transaction__any=transaction_ids, state__in=[State.PROPOSED, State.REJECTED]
    ).prefetch_related("lines")
    open_rows: dict[_ProposalKey, int] = {}
    refused = set()
    for row in found:
        lines = tuple(sorted((line.item_id, line.amount) for line in row.lines.all()))
        if row.state == State.REJECTED:
            refused.add((row.transaction_id, lines))
        else:
            open_rows[row.transaction_id, f"{row.strategy} {row.confidence}", lines] = row.id
    return open_rows, refused


_PROPOSAL_COLUMNS = (
    "id", "transaction_id", "account_id", "strategy", "confidence", "evidence", "difference", "planned_differences",
    "state", "is_automatic", "allocation_ids", "created_at",
)  # fmt: skip


def _create_proposals(fresh: Mapping[_ProposalKey, tuple[core.MatchProposal, list[Part]]], workload: Workload) -> None:
    ids = take_ids(table="cash_matchproposal", count=len(fresh))
    now = clock.now()
    rows, lines = [], []
    for id_, (proposal, parts) in zip(ids, fresh.values(), strict=True):
        currency = workload.items[parts[0].item_id].currency
        facts = evidence_facts(evidence=proposal.evidence)
        difference = from_minor_units(proposal.difference_minor, currency)
        planned = planned_facts(proposal=proposal, currency=currency)
        row = (
            id_, proposal.line_id, main_account(parts=parts), proposal.strategy.value, proposal.confidence, facts,
            difference, planned, MatchProposal.State.PROPOSED.value, False, (), now,
        )  # fmt: skip
        rows.append(row)
        lines += [(id_, part.item_id, abs(part.amount)) for part in parts]
    copy_rows(table="cash_matchproposal", columns=_PROPOSAL_COLUMNS, rows=rows)
    copy_rows(table="cash_matchproposalline", columns=("proposal_id", "item_id", "amount"), rows=lines)
