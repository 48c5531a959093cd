"""Write down what a run decides: accounts in chunks, each chunk whole, so that a run goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email.utils import formataddr
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Count, F, Q

from quittance.core.dunning import DunningDecision as Decision
from quittance.core.dunning import DunningLevel, DunningMedium, DunningReason, Validation
from quittance.dunning import chosen, events
from quittance.dunning.deciding import DecisionFigures, decide, figures_of, is_kept
from quittance.dunning.facts import GatheredAccount, gather, list_candidates
from quittance.dunning.media import media_ready
from quittance.dunning.models import ChosenAccount, DunningDecision, DunningNotice, DunningRun
from quittance.dunning.policies import PolicyBook, read_policies
from quittance.foundation import clock, notify
from quittance.foundation.copying import NULL, copy_rows, escape, take_ids
from quittance.foundation.events import record
from quittance.foundation.permissions import Actor

ACCOUNTS_PER_CHUNK = 2000
ACCOUNTS_FOR_THREADS = 10_000
FILLING_THREADS = 2
_DECISIONS_PER_WRITE = 200
_DECISION_COLUMNS = (
    "id", "run_id", "account_id", "outcome", "reason_code", "policy_id", "level_id", "amounts", "amount_company",
    "company_currency", "item_count", "overdue_days_max", "is_excluded", "recipient_name",
    "recipient_email", "language", "medium", "validated_by",
)  # fmt: skip
_ITEM_COLUMNS = (
    "decision_id", "item_id", "is_included", "reason_code", "level_rank", "currency", "overdue_days", "amount",
    "amount_held", "amount_disputed", "amount_covered", "detail",
)  # fmt: skip
_CODES = {reason: reason.value for reason in DunningReason}
Row = TypeVar("Row")


def chunks(*, rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Go through rows in lists of at most `size`."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def mailbox(*, name: str, address: str) -> str:
    """Return an address with its name, as it stands in a message."""
    return formataddr((" ".join(name.split()), address))


def fill_run(*, run_id: int) -> None:
    """Decide for every account of the run and make it ready for review; goes on where it was stopped.

    Does nothing when the run is no longer being prepared (cancelled, or filled by another worker).
    """
    run = DunningRun.objects.get(pk=run_id)
    if run.state != DunningRun.State.PREPARING:
        return
    book = read_policies(as_of=run.as_of)
    everyone = _list_everyone(run, book)
    decided = set(DunningDecision.objects.filter(run_id=run_id).values_list("account_id", flat=True))
    waiting = [account_id for account_id in everyone if account_id not in decided]
    DunningRun.objects.filter(pk=run_id).update(
        progress_done=len(everyone) - len(waiting), progress_total=len(everyone)
    )
    if _fill_all(run, waiting, book):
        _make_ready(run_id)


def _list_everyone(run: DunningRun, book: PolicyBook) -> list[int]:
    """Return the accounts that the run decides about, by id: those chosen, else those with something due."""
    if run.origin == DunningRun.Origin.MASS:
        chosen_ids = ChosenAccount.objects.filter(run=run).order_by("account_id")
        return list(chosen_ids.values_list("account_id", flat=True))
    return list_candidates(as_of=run.as_of, horizon=book.horizon(run.as_of), company_id=run.company_id)


def _fill_all(run: DunningRun, account_ids: Sequence[int], book: PolicyBook) -> bool:
    """Decide about accounts chunk by chunk, a large run in threads; say whether the run is still being prepared.

    One thread decides while the server reads or writes for another. Inside a transaction there is no other thread:
    it would not see what that transaction has written.
    """
    waiting: SimpleQueue[list[int]] = SimpleQueue()
    for chunk in chunks(rows=account_ids, size=ACCOUNTS_PER_CHUNK):
        waiting.put(chunk)
    if len(account_ids) < ACCOUNTS_FOR_THREADS or connection.in_atomic_block:
        return _fill_chunks(run, waiting, book)
    with ThreadPoolExecutor(FILLING_THREADS, thread_name_prefix="dunning-fill") as pool:
        threads = [pool.submit(_fill_in_thread, run, waiting, book) for _ in range(FILLING_THREADS)]
    return all(thread.result() for thread in threads)


def _fill_in_thread(run: DunningRun, waiting: SimpleQueue[list[int]], book: PolicyBook) -> bool:
    try:
        return _fill_chunks(run, waiting, book)
    finally:
        connection.close()  # each thread has its own


def _fill_chunks(run: DunningRun, waiting: SimpleQueue[list[int]], book: PolicyBook) -> bool:
    while True:
        try:
            account_ids = waiting.get_nowait()
        except Empty:
            return True
        if not _fill_chunk(run, account_ids, book):
            return False


def _fill_chunk(run: DunningRun, account_ids: Sequence[int], book: PolicyBook) -> bool:
    """Decide first and lock the run then, so that one chunk is written while the next is decided."""
    figures = _decide_all(run, account_ids, book)
    with transaction.atomic():
        run = DunningRun.objects.select_for_update().get(pk=run.pk)
        if run.state != DunningRun.State.PREPARING:
            return False
        # A worker that was thought dead may have written some of them.
        decided = DunningDecision.objects.filter(run_id=run.pk, account_id__in=account_ids)
        written = set(decided.values_list("account_id", flat=True))
        _write_decisions(run.pk, [one for one in figures if one.account.account_id not in written])
        DunningRun.objects.filter(pk=run.pk).update(progress_done=F("progress_done") + len(account_ids))
        notify.publish(f"run.{run.pk}")
    return True


def _decide_all(run: DunningRun, account_ids: Sequence[int], book: PolicyBook) -> list[DecisionFigures]:
    """Decide about some accounts; what is not worth writing down is left out."""
    level = _chosen_level(run)
    figures, media = [], media_ready()
    is_sms = level is not None and level.medium is DunningMedium.SMS
    for account in gather(account_ids=account_ids, as_of=run.as_of, book=book, reads_numbers=is_sms):
        decision = _decide(account, run.as_of, media, level)
        if level is not None or is_kept(decision):
            figures.append(figures_of(account=account, decision=decision))
    return figures


def _chosen_level(run: DunningRun) -> DunningLevel | None:
    """Return the message of a run to chosen accounts, None for a run by the policies."""
    if run.origin != DunningRun.Origin.MASS:
        return None
    return chosen.level_of_text(message_code=run.message_code, medium=DunningMedium(run.medium))


def _decide(
    account: GatheredAccount, as_of: date, media: frozenset[DunningMedium], level: DunningLevel | None
) -> Decision:
    """Decide about an account by its policy, or about the message that a person chose."""
    if level is None:
        return decide(account=account, as_of=as_of, media=media)
    return chosen.decide_text(account=account, level=level, as_of=as_of, media=media)


def _write_decisions(run_id: int, figures: Sequence[DecisionFigures]) -> None:
    """Write decisions and their items by COPY, their ids taken from the sequence first."""
    ids = take_ids(table="dunning_dunningdecision", count=len(figures))
    copy_rows(
        table="dunning_dunningdecision",
        columns=_DECISION_COLUMNS,
        rows=(_decision_row(pk, run_id, one) for pk, one in zip(ids, figures, strict=True)),
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY dunning_dunningdecisionitem ({', '.join(_ITEM_COLUMNS)}) FROM STDIN") as copy,
    ):
        for some in chunks(rows=zip(ids, figures, strict=True), size=_DECISIONS_PER_WRITE):
            copy.write("".join([line for pk, one in some for line in _item_lines(pk, one)]))


def _decision_row(decision_id: int, run_id: int, one: DecisionFigures) -> tuple[Any, ...]:
    decision = one.decision
    account = one.account.addressed_to(decision)
    contact = account.contact
    return (
        decision_id,
        run_id,
        account.account_id,
        decision.outcome.value,
        decision.reason.value,
        account.policy.id,
        account.policy.level_ids[one.level.rank] if one.level and not chosen.is_chosen(decision) else None,
        [[currency, str(amount)] for currency, amount in one.amounts],
        one.amount_company,
        account.company_currency,
        one.item_count,
        one.overdue_days_max,
        False,
        contact.name if contact else "",
        account.address_for(decision.medium),
        account.message_language,
        decision.medium.value,
        _validation_of(one).value if one.level else "",
    )


def _validation_of(one: DecisionFigures) -> Validation:
    policy = one.account.policy
    if one.level is not None and chosen.is_chosen(one.decision):
        return chosen.validation_of(policy, one.level)
    return policy.validation_of(one.level)


def _item_lines(decision_id: int, one: DecisionFigures) -> Iterator[str]:
    """Yield the items as lines of COPY: a run writes millions, and row by row this was a sixth of its time."""
    for item_id, currency, days, included, reason, amount, held, disputed, covered, level, detail in one.items:
        yield (
            f"{decision_id}\t{item_id}\t{'t' if included else 'f'}\t{_CODES[reason]}"
            f"\t{level.rank if level else NULL}\t{currency}\t{days}\t{amount or 0!s}"
            f"\t{held or 0!s}\t{disputed or 0!s}\t{covered or 0!s}\t{escape(detail[:200]) if detail else ''}\n"
        )


def _make_ready(run_id: int) -> None:
    with transaction.atomic():
        run = DunningRun.objects.select_for_update().get(pk=run_id)
        if run.state != DunningRun.State.PREPARING:
            return
        found = DunningDecision.objects.filter(run_id=run_id).values("outcome").annotate(count=Count("id"))
        counts = {row["outcome"]: row["count"] for row in found}
        DunningRun.objects.filter(pk=run_id).update(
            state=DunningRun.State.READY,
            send_count=counts.get("SEND", 0),
            hold_count=counts.get("HOLD", 0),
            person_count=counts.get("PERSON", 0),
        )
        notify.publish(f"run.{run_id}")
        record(
            events.run_event(
                kind=events.RUN_PREPARED,
                run_id=run_id,
                company_id=run.company_id,
                actor=Actor(user_id=run.created_by_id, label=run.created_by_label),
                payload={"as_of": run.as_of.isoformat(), **counts, **_said_by(run)},
            )
        )


def _said_by(run: DunningRun) -> dict[str, str]:
    """Return what an event says of a message to chosen accounts."""
    return {"text": run.message_code, "medium": run.medium} if run.origin == DunningRun.Origin.MASS else {}


def count_notices(*, run_id: int) -> None:
    """Bring the run's counts of what left up to date, and finish it when nothing waits any more."""
    with transaction.atomic():
        run = DunningRun.objects.select_for_update().get(pk=run_id)  # first the lock, then the count
        counts = DunningNotice.objects.filter(decision__run_id=run_id).aggregate(
            waiting=Count("id", filter=Q(state="QUEUED")),
            sent=Count("id", filter=Q(state__in=("SENT", "TASK_OPEN", "DONE"))),
            held=Count("id", filter=Q(state="HELD")),
            failed=Count("id", filter=Q(state__in=("FAILED", "UNCERTAIN"))),
        )
        is_done = run.state == DunningRun.State.RELEASED and counts["waiting"] == 0
        DunningRun.objects.filter(pk=run_id).update(
            sent_count=counts["sent"],
            held_at_sending_count=counts["held"],
            failed_count=counts["failed"],
            state=DunningRun.State.DONE if is_done else run.state,
            finished_at=clock.now() if is_done else run.finished_at,
        )
        notify.publish(f"run.{run_id}")
