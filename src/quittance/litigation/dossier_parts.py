"""What a dossier is made of: each part a path in the archive, its kind, a title, and its bytes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from quittance.cases.queries import list_disputes_of_item, reason_choices
from quittance.foundation.queries import list_events
from quittance.interest.queries import list_accrued_items, list_claims
from quittance.ledger.queries.allocations import list_allocations
from quittance.litigation.limitation import ItemClock
from quittance.litigation.models import LimitationEvent
from quittance.parties.attachments import list_attachments, open_attachment
from quittance.promises import plan_queries
from quittance.promises import queries as promises

EVENTS_MAX: Final = 2000
_UNSAFE: Final = re.compile(r"[^\w.\-]+")

# Messages that left, with what is known of their way; the tables are delivery's, read by name as facts are elsewhere.
_MESSAGES: Final = """
SELECT id, medium, purpose, state, sender, recipient, recipient_name, subject, body_text, message_id,
    provider_reference, attempts, failure, queued_at, sent_at, delivered_at, bounced_at
FROM delivery_transmission
WHERE account_id = %s AND sent_at IS NOT NULL AND sent_at >= %s
ORDER BY sent_at, id
"""
_ENCLOSED: Final = "SELECT filename, content FROM delivery_attachment WHERE transmission_id = %s ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of the archive; `read` returns its bytes when it is written."""

    path: str
    kind: str
    title: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the dossier is about: the hand-over, its items with their clocks, and the day."""

    handover: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]
    clocks: Mapping[int, ItemClock]
    as_of: date

    @property
    def item_ids(self) -> list[int]:
        """Return the ids of the items."""
        return [row["item_id"] for row in self.items]


def list_parts(subject: Subject) -> list[Part]:
    """Return all parts but the summary and the manifest, in the order of the archive."""
    return [*_tables(subject), *_messages(subject), *_files(subject)]


def _tables(subject: Subject) -> Iterator[Part]:
    builders: tuple[tuple[str, str, Callable[[Subject], Iterable[Sequence[Any]]]], ...] = (
        ("invoices", _("What is owed"), _invoice_rows),
        ("payments", _("What was applied"), _payment_rows),
        ("limitation", _("Limitation"), _limitation_rows),
        ("disputes", _("Disputes"), _dispute_rows),
        ("promises", _("Promises"), _promise_rows),
        ("plans", _("Payment plans"), _plan_rows),
        ("interest", _("Late-payment interest"), _interest_rows),
        ("history", _("History"), _history_rows),
    )
    for name, title, build in builders:
        rows = list(build(subject))
        if len(rows) > 1:
            yield Part(path=f"{name}.csv", kind=name.upper(), title=title, read=lambda rows=rows: csv_bytes(rows))  # type: ignore[misc]


def _invoice_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield (
        _("Document"), _("Date"), _("Due"), _("Currency"), _("Amount"), _("Owed at hand-over"), _("Open now"),
        _("Reference"), _("Label"), _("Lapses on"),
    )  # fmt: skip
    for row in subject.items:
        clock = subject.clocks.get(row["item_id"])
        yield (
            row["document_number"], row["document_date"], row["due_date"], row["currency"], row["amount_original"],
            row["amount_then"], row["amount_open"], row["reference"], row["label"], clock.end_date if clock else None,
        )  # fmt: skip


def _payment_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield _("Document"), _("Day"), _("Applied"), _("Currency"), _("From"), _("Undone on"), _("Why")
    for row in subject.items:
        for one in list_allocations(item_id=row["item_id"]):
            yield (
                row["document_number"], one["effective_date"], one["amount"], one["currency"],
                one["other_document_number"], one["reversed_date"], one["reversal_reason"],
            )  # fmt: skip


def _limitation_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield _("Document"), _("Event"), _("From"), _("Until"), _("Effect"), _("Lapses on"), _("Source")
    words: dict[str, Any] = dict(LimitationEvent.Kind.choices)
    for clock in subject.clocks.values():
        if clock.clock is None or clock.rule is None:
            yield clock.document_number, _("No period is known"), None, None, "", None, clock.country
            continue
        start, source = clock.clock.start_date, clock.rule.source
        yield clock.document_number, _("Begins"), start, None, "", clock.end_date, source
        for move in clock.clock.moves:
            event = move.event
            yield (
                clock.document_number, words.get(event.kind.value, _("Payment")), event.event_date, event.end_date,
                move.effect.value, move.end_after, event.reference,
            )  # fmt: skip


def _dispute_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield _("Document"), _("Reason"), _("Disputed"), _("Opened"), _("Closed"), _("Outcome"), _("Comment")
    reasons = dict(reason_choices())
    for row in subject.items:
        for one in list_disputes_of_item(item_id=row["item_id"], as_of=subject.as_of):
            yield (
                row["document_number"], reasons.get(one["reason_code"], one["reason_code"]), one["amount_disputed"],
                one["opened_date"], one["closed_date"], one.get("outcome", ""), one["comment"],
            )  # fmt: skip


def _promise_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield _("Made on"), _("For"), _("Amount"), _("Currency"), _("State"), _("Kept"), _("By"), _("Comment")
    found = {
        one["id"]: one
        for item_id in subject.item_ids
        for one in promises.list_promises_of_item(item_id=item_id, as_of=subject.as_of)
    }
    for one in found.values():
        yield (
            one["made_on"], one["promised_date"], one["amount"], one["currency"], one["state"], one["amount_kept"],
            one["made_by_contact"], one["comment"],
        )  # fmt: skip


def _plan_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield (
        _("Plan"), _("State"), _("Accepted on"), _("By"), _("Instalment"), _("Due"), _("Amount"), _("Currency"),
        _("Paid"), _("State"),
    )  # fmt: skip
    found = {
        one["id"]: one
        for item_id in subject.item_ids
        for one in plan_queries.list_plans(as_of=subject.as_of, item_id=item_id)
    }
    for plan in found.values():
        decision, rows = plan_queries.list_instalments(plan_id=plan["id"], as_of=subject.as_of)
        for row in rows:
            yield (
                plan["id"], decision.state.value, plan["accepted_on"], plan["accepted_by"], row["position"],
                row["due_date"], row["amount"], plan["currency"], row["amount_paid"], row["state"],
            )  # fmt: skip


def _interest_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield (
        _("Document"), _("State"), _("From"), _("Until"), _("Interest"), _("Currency"), _("Indemnity"), _("Currency"),
        _("Reason"),
    )  # fmt: skip
    for one in list_accrued_items(item_ids=subject.item_ids, as_of=subject.as_of):
        yield (
            one.document_number, "ACCRUED", one.first_day, subject.as_of, one.interest, one.currency, one.indemnity,
            one.indemnity_currency, "",
        )  # fmt: skip
    wanted = set(subject.item_ids)
    for row in list_claims(as_of=subject.as_of, account_ids=[subject.handover["account_id"]]):
        if row["item_id"] in wanted:
            yield (
                row["document_number"], row["state"], row["first_date"], row["last_date"], row["interest"],
                row["currency"], row["indemnity"], row["indemnity_currency"], row["reason"],
            )  # fmt: skip


def _history_rows(subject: Subject) -> Iterator[Sequence[Any]]:
    yield _("When"), _("Who"), _("What"), _("About"), _("Details")
    numbers = {row["item_id"]: row["document_number"] for row in subject.items}
    found = list_events(account_id=subject.handover["account_id"], limit=EVENTS_MAX)
    for event in reversed(found):
        if event["item_id"] is not None and event["item_id"] not in numbers:
            continue
        about = numbers.get(event["item_id"]) or f"{event['subject_kind']} {event['subject_id']}".strip()
        details = json.dumps(event["payload"], ensure_ascii=False, sort_keys=True, default=str)
        yield event["occurred_at"], event["actor_label"], event["kind"], about, details


def _messages(subject: Subject) -> Iterator[Part]:
    since = min(row["document_date"] for row in subject.items)
    names = (
        "id", "medium", "purpose", "state", "sender", "recipient", "recipient_name", "subject", "body_text",
        "message_id", "provider_reference", "attempts", "failure", "queued_at", "sent_at", "delivered_at", "bounced_at",
    )  # fmt: skip
    for row in _select(_MESSAGES, [subject.handover["account_id"], since]):
        found = dict(zip(names, row, strict=True))
        base = f"messages/{found['sent_at']:%Y-%m-%d}-{found['id']}"
        title = found["subject"] or found["purpose"]
        yield Part(
            path=f"{base}.txt",
            kind="MESSAGE",
            title=title,
            read=lambda found=found: _message_text(found).encode(),  # type: ignore[misc]
        )
        for number, (filename, content) in enumerate(_select(_ENCLOSED, [found["id"]]), 1):
            yield Part(
                path=f"{base}-{number}-{safe_name(filename)}", kind="ENCLOSURE", title=f"{title}: {filename}",
                read=lambda content=content: bytes(content),  # type: ignore[misc]
            )  # fmt: skip


def _message_text(found: Mapping[str, Any]) -> str:
    """Return a message with the proofs of its sending above it."""
    lines = [
        (_("Sent by"), found["sender"]),
        (_("Sent to"), f"{found['recipient_name']} <{found['recipient']}>".strip()),
        (_("Medium"), found["medium"]),
        (_("Subject"), found["subject"]),
        (_("Message-ID"), found["message_id"]),
        (_("Reference of the provider"), found["provider_reference"]),
        (_("Queued"), _moment(found["queued_at"])),
        (_("Taken by the server"), _moment(found["sent_at"])),
        (_("Delivered"), _moment(found["delivered_at"])),
        (_("Came back"), _moment(found["bounced_at"])),
        (_("State"), found["state"]),
        (_("What the server said"), found["failure"]),
    ]
    head = "\n".join(f"{label}: {value}" for label, value in lines if value)
    return f"{head}\n\n{'-' * 72}\n\n{found['body_text']}\n"


def _files(subject: Subject) -> Iterator[Part]:
    wanted = set(subject.item_ids)
    rows = list_attachments(customer_id=subject.handover["customer_id"])
    for row in reversed(rows):
        is_ours = row["account_id"] in (None, subject.handover["account_id"])
        if is_ours and (row["item_id"] is None or row["item_id"] in wanted):
            yield Part(
                path=f"files/{row['id']}-{safe_name(row['filename'])}", kind="FILE", title=row["filename"],
                read=lambda file_id=row["id"]: _file_bytes(file_id),  # type: ignore[misc]
            )  # fmt: skip


def _file_bytes(attachment_id: int) -> bytes:
    with open_attachment(attachment_id=attachment_id) as file:
        content: bytes = file.read()
        return content


def csv_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as a file that spreadsheets open: UTF-8 with a mark, semicolons, days in ISO."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def _cell(value: Any) -> str:
    """Write a value; what a spreadsheet would run is quoted."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.isoformat(timespec="seconds")


def safe_name(name: str) -> str:
    """Return a file's name without what could lead out of the archive.

    >>> safe_name("../../contrat signé.pdf")
    'contrat_signé.pdf'
    """
    return _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")[:100] or "file"


def _select(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
