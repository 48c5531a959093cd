"""Send letters: the message that carries one, and the statement of account that a person sends by post."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from quittance.core.ports.channels import OutgoingAttachment
from quittance.delivery import services as delivery
from quittance.delivery.queries import get_standing
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation import events, jobs
from quittance.foundation.permissions import Actor
from quittance.letters.documents import Letter, Letterhead
from quittance.letters.queries import get_letterheads
from quittance.letters.rendering import render_letter
from quittance.letters.statements import statement_of
from quittance.letters.typesetting import LetterNotWritten
from quittance.parties.queries import get_accounts

MEDIUM = "LETTER"
SEND_TASK = "letters.send_statement"
PURPOSE_STATEMENT = "STATEMENT"


class NoPostalAddress(ValueError):
    """The customer has no address that the post could deliver to."""


def letter_channel() -> str:
    """Return the identifier of the channel of letters: the print batch, or the provider of `QUITTANCE_PRINT_URL`."""
    return str(settings.QUITTANCE_LETTER_CHANNEL)


def content_of(*, letter: Letter) -> MessageContent:
    """Typeset a letter and return the message that carries it; its text is what the letter says around the list.

    :raises NoPostalAddress: :raises LetterNotWritten:
    """
    if not letter.head.is_complete:
        raise NoPostalAddress(f"account {letter.head.account_number} has no postal address")
    file = OutgoingAttachment(
        filename=f"{letter.head.account_number}-{letter.letter_date.isoformat()}.pdf",
        media_type="application/pdf",
        content=render_letter(letter),
    )
    return MessageContent(
        medium=MEDIUM,
        recipient=letter.head.customer_name[:200],
        recipient_name=letter.head.customer_name[:150],
        language=letter.language,
        subject=" ".join(letter.subject.split())[:250],
        body_text="\n\n".join([*letter.before, *letter.after]),
        attachments=(file,),
        postal_lines=letter.head.recipient_lines,
        is_registered=letter.is_registered,
    )


def draft_of(*, head: Letterhead, purpose: str, language: str) -> NewTransmission:
    """Return the transmission of a letter that is yet to be written."""
    return NewTransmission(
        account_id=head.account_id,
        purpose=purpose,
        medium=MEDIUM,
        channel=letter_channel(),
        sender=f"{head.sender.name} <{head.sender.email}>" if head.sender.email else head.sender.name,
        recipient=head.customer_name[:200],
        recipient_name=head.customer_name[:150],
        language=language,
    )


@transaction.atomic
def post_statement(*, account_id: int, as_of: date, actor: Actor, language: str = "") -> int:
    """Send the statement of an account by post, in a job; return the id of its transmission.

    :raises LookupError: no such account. :raises NoPostalAddress:
    """
    head = get_letterheads(account_ids=[account_id]).get(account_id)
    if head is None:
        raise LookupError(f"no account {account_id}")
    if not head.is_complete:
        raise NoPostalAddress(f"account {head.account_number} has no postal address")
    used = language or head.language
    (transmission_id,) = delivery.queue_transmissions(
        drafts=[draft_of(head=head, purpose=PURPOSE_STATEMENT, language=used)]
    )
    account = get_accounts(account_ids=[account_id])[account_id]
    events.record(
        events.NewEvent(
            kind="letter.ordered",
            actor=actor,
            company_id=account.company_id,
            customer_id=account.customer_id,
            account_id=account_id,
            subject_kind="transmission",
            subject_id=str(transmission_id),
            payload={"as_of_date": as_of.isoformat(), "language": used},
        )
    )
    _defer(transmission_id, account_id, as_of, used)
    return transmission_id


def send_statement(*, transmission_id: int, account_id: int, as_of: date, language: str) -> str:
    """Write and hand over a statement that waits; return the state it has then. Safe to run twice."""
    try:
        content = content_of(letter=statement_of(account_id=account_id, as_of=as_of, language=language))
    except (LetterNotWritten, NoPostalAddress) as error:
        delivery.fail_unwritten(transmission_id=transmission_id, failure=str(error))
        return get_standing(transmission_id=transmission_id).state
    lease = delivery.claim(transmission_id=transmission_id, content=content)
    if lease is None:
        return get_standing(transmission_id=transmission_id).state
    with delivery.open_channel(identifier=letter_channel()) as channel:
        try:
            result = delivery.send_claimed(lease=lease, channel=channel)
        except delivery.LeaseLost:
            return get_standing(transmission_id=transmission_id).state
    if result.retry_at is not None and result.is_written:
        moment = result.retry_at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        task = jobs.app.configure_task(SEND_TASK, schedule_at=moment)
        task.defer(**_arguments(transmission_id, account_id, as_of, language))
    return result.state


def _defer(transmission_id: int, account_id: int, as_of: date, language: str) -> None:
    jobs.app.configure_task(SEND_TASK).defer(**_arguments(transmission_id, account_id, as_of, language))


def _arguments(transmission_id: int, account_id: int, as_of: date, language: str) -> dict[str, int | str]:
    return {
        "transmission_id": transmission_id,
        "account_id": account_id,
        "as_of": as_of.isoformat(),
        "language": language,
    }
