"""Send the customer the link to its payment plan, as a message of ours like any other."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from quittance.delivery import services as delivery
from quittance.delivery.queries import list_refused_addresses
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.dunning.media import EMAIL_CHANNEL
from quittance.dunning.services.recording import mailbox
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.queries import get_accounts, list_contacts
from quittance.promises import plan_queries

PURPOSE_PLAN = "PLAN"
ROLES = ("ACCOUNTS_PAYABLE", "FINANCE", "MANAGEMENT", "LEGAL", "BUYER", "LOGISTICS")


class NobodyToWriteTo(Exception):
    """No contact has an e-mail address that works and may be written to."""


class PlanNotProposed(Exception):
    """There is no such plan, or it does not wait for an answer."""


@transaction.atomic
def send_plan_link(*, plan_id: int, url: str, actor: Actor) -> int:
    """Queue the e-mail that carries a plan's link, in the customer's language; return its transmission.

    :raises PlanNotProposed: :raises NobodyToWriteTo:
    """
    plan = plan_queries.find_plan(plan_id=plan_id, as_of=clock.today())
    if plan is None or plan["state"] != "PROPOSED":
        raise PlanNotProposed(f"plan {plan_id}")
    contact = find_recipient(customer_id=plan["customer_id"], account_id=plan["account_id"])
    if contact is None:
        raise NobodyToWriteTo(f"account {plan['account_id']}")
    language = contact["language"] or plan["language"]
    sender, reply_to, company_name = _sender(plan["account_id"])
    transmission_id = delivery.send_written(
        draft=NewTransmission(
            account_id=plan["account_id"],
            purpose=PURPOSE_PLAN,
            sender=sender,
            reply_to=reply_to,
            recipient=contact["email"],
            recipient_name=contact["name"],
            language=language,
            channel=EMAIL_CHANNEL,
        ),
        content=_content(contact, language, company_name, url),
    )
    account = get_accounts(account_ids=[plan["account_id"]])[plan["account_id"]]
    events.record(
        events.NewEvent(
            kind="plan.link_sent",
            actor=actor,
            company_id=account.company_id,
            customer_id=account.customer_id,
            account_id=account.id,
            subject_kind="plan",
            subject_id=str(plan_id),
            payload={"recipient": contact["email"], "transmission": transmission_id},
        )
    )
    return transmission_id


def find_recipient(*, customer_id: int, account_id: int) -> dict[str, Any] | None:
    """Return the first contact, by role, whose address works and who refuses no e-mail. Three queries."""
    contacts = list_contacts(customer_id=customer_id, account_id=account_id)
    bounced = list_refused_addresses(account_ids=[account_id])
    refused = delivery.list_refused_media(contact_ids=[one["id"] for one in contacts])
    fit = [
        one
        for one in contacts
        if one["email"]
        and not one["is_opted_out"]
        and one["email"] not in bounced
        and "EMAIL" not in refused.get(one["id"], ())
    ]
    fit.sort(key=lambda one: (ROLES.index(one["role"]) if one["role"] in ROLES else len(ROLES), one["id"]))
    return fit[0] if fit else None


def _content(contact: dict[str, Any], language: str, company_name: str, url: str) -> MessageContent:
    with override(language):
        subject = _("Your payment plan with %(company)s") % {"company": company_name}
        greeting = _("Dear %(name)s,") % {"name": contact["name"]} if contact["name"] else _("Dear Sir or Madam,")
        ask = _("Please look at the payment plan that we propose, and accept or decline it here:")
        body = f"{greeting}\n\n{ask}\n{url}\n\n{company_name}\n"
    return MessageContent(
        recipient=contact["email"],
        recipient_name=contact["name"],
        language=language,
        subject=subject,
        body_text=body,
    )


def _sender(account_id: int) -> tuple[str, str, str]:
    """Return who an account is written to by, where answers go, and the name that signs. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT co.sender_name, co.sender_email, co.name, coalesce(u.email, '') FROM parties_customeraccount a"
            " JOIN parties_company co ON co.id = a.company_id"
            " LEFT JOIN parties_user u ON u.id = a.collector_id AND u.is_active WHERE a.id = %s",
            [account_id],
        )
        sender_name, sender_email, name, collector_email = cursor.fetchone()
    address = sender_email or settings.DEFAULT_FROM_EMAIL
    return mailbox(name=sender_name or name, address=address), collector_email or address, sender_name or name
