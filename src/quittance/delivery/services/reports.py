"""What providers tell later of the messages that they took: delivered, or not (delivery receipts of SMS)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction

from quittance.core.ports.channels import Callback, DeliveryOutcome, DeliveryReport
from quittance.delivery import tokens
from quittance.delivery.models import EarlyReport, Transmission
from quittance.delivery.services.channels import open_channel, sms_channel
from quittance.foundation import clock, events
from quittance.foundation.permissions import SYSTEM
from quittance.parties.queries import get_accounts

PATH = "receipts/"
KEPT_DAYS = 7
TEXT_MAX = 500
CODE_MAX = 12
State = Transmission.State
# A later word of the provider settles what was uncertain: the message has left after all.
_OPEN = (State.SENT, State.UNCERTAIN)


class ReportRefused(Exception):
    """The address that was called is none of ours."""


def report_url(*, channel: str, message_id: str = "") -> str:
    """Return the address that the provider of a channel calls; "" when `QUITTANCE_PUBLIC_URL` is not set."""
    base = settings.QUITTANCE_PUBLIC_URL
    if not base or not channel:
        return ""
    url = f"{base.rstrip('/')}/{PATH}{channel}/{tokens.report_token(channel=channel)}/"
    return f"{url}?{urlencode({'m': message_id})}" if message_id else url


def take_report(*, channel: str, token: str, callback: Callback) -> bool:
    """Write what a provider says of a message; False when it says nothing that changes one. Safe twice.

    :raises ReportRefused: wrong secret, or a channel that is not set up. :raises ReportNotGenuine: wrong signature.
    """
    if channel != sms_channel() or not tokens.is_report_token(channel=channel, token=token):
        raise ReportRefused(channel)
    with open_channel(identifier=channel) as opened:
        reader = getattr(opened, "read_report", None)
        report: DeliveryReport | None = reader(callback) if reader is not None else None
    if report is None or report.outcome is DeliveryOutcome.WAITING:
        return False
    with transaction.atomic():
        _lock(channel, report.reference)
        transmission_id = _find(channel, report)
        if transmission_id is None:
            _keep(channel, report)
            return False
        return _apply(transmission_id, report)


def take_early_report(*, transmission_id: int, channel: str, reference: str) -> None:
    """Write what the provider said of a message before it was known what it calls it. Two queries at least."""
    if not reference:
        return
    with transaction.atomic():
        _lock(channel, reference)
        found = EarlyReport.objects.filter(channel=channel, reference=reference).first()
        if found is None:
            return
        report = DeliveryReport(
            reference=reference,
            outcome=DeliveryOutcome.DELIVERED if found.is_delivered else DeliveryOutcome.FAILED,
            code=found.code,
            text=found.text,
            is_recipient_bad=found.is_recipient_bad,
        )
        _apply(transmission_id, report)
        found.delete()


def _lock(channel: str, reference: str) -> None:
    """Let a report and the worker that learns the name of its message go one after the other: neither misses it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sms-report {channel} {reference}"])


def _find(channel: str, report: DeliveryReport) -> int | None:
    """Return the message that a report is about, None while we do not know yet what it is called."""
    found = Transmission.objects.filter(channel=channel).exclude(state=State.SENDING).select_for_update()
    if report.message_id:
        own = found.filter(message_id=report.message_id).first()
        if own is not None:
            return own.pk
    row = found.filter(provider_reference=report.reference[:200]).order_by("-id").first()
    return None if row is None else row.pk


def _keep(channel: str, report: DeliveryReport) -> None:
    EarlyReport.objects.filter(received_at__lt=clock.now() - timedelta(days=KEPT_DAYS)).delete()
    EarlyReport.objects.update_or_create(
        channel=channel,
        reference=report.reference[:200],
        defaults={
            "is_delivered": report.outcome is DeliveryOutcome.DELIVERED,
            "code": report.code[:CODE_MAX],
            "text": _plain(report.text),
            "is_recipient_bad": report.is_recipient_bad,
            "received_at": clock.now(),
        },
    )


def _apply(transmission_id: int, report: DeliveryReport) -> bool:
    """Write the outcome on a message that has none yet, and tell it."""
    found = Transmission.objects.filter(pk=transmission_id, state__in=_OPEN)
    is_delivered = report.outcome is DeliveryOutcome.DELIVERED
    if is_delivered:
        changed = found.update(state=State.DELIVERED, delivered_at=clock.now(), failure="", failure_code="")
    else:
        changed = found.update(
            state=State.BOUNCED,
            bounced_at=clock.now(),
            bounce_code=report.code[:CODE_MAX],
            failure_code=Transmission.FailureCode.CAME_BACK,
            failure=" ".join(filter(None, (report.code, _plain(report.text)))),
            is_failure_permanent=report.is_recipient_bad,
        )
    if changed:
        _tell(transmission_id, report, is_delivered=is_delivered)
    return bool(changed)


def _tell(transmission_id: int, report: DeliveryReport, *, is_delivered: bool) -> None:
    row = Transmission.objects.values("account_id", "recipient").get(pk=transmission_id)
    account = get_accounts(account_ids=[row["account_id"]])[row["account_id"]]
    events.record(
        events.NewEvent(
            kind="transmission.delivered" if is_delivered else "transmission.bounced",
            actor=SYSTEM,
            company_id=account.company_id,
            customer_id=account.customer_id,
            account_id=account.id,
            subject_kind="transmission",
            subject_id=str(transmission_id),
            payload={
                "recipient": row["recipient"],
                "code": report.code,
                "text": _plain(report.text),
                "is_permanent": report.is_recipient_bad,
            },
        )
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:TEXT_MAX]
