"""Under which accounts and journals the ERP keeps what we send: shipped with the French plan, changed by a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.core.writeback import ErpAccount, Journal, JournalPlan, Role
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.writeback.errors import PlanRefused
from quittance.writeback.models import WriteBackSettings

SHIPPED_ACCOUNTS: Final[Mapping[Role, str]] = {
    Role.RECEIVABLE: "411000",
    Role.BANK: "512000",
    Role.LOSS: "658000",
    Role.GAIN: "758000",
    Role.BANK_FEE: "627000",
    Role.EXCHANGE_LOSS: "666000",
    Role.EXCHANGE_GAIN: "766000",
    Role.DISCOUNT: "665000",
}
SHIPPED_JOURNALS: Final[Mapping[Journal, str]] = {
    Journal.BANK: "BQ",
    Journal.OTHER: "OD",
    Journal.LETTERING: "LET",
    Journal.UNLETTERING: "DEL",
}
ROLE_NAMES: Final[Mapping[Role, Any]] = {
    Role.RECEIVABLE: pgettext_lazy("ledger account", "Customers"),
    Role.BANK: pgettext_lazy("ledger account", "Bank"),
    Role.LOSS: pgettext_lazy("ledger account", "Small differences, against us"),
    Role.GAIN: pgettext_lazy("ledger account", "Small differences, in our favour"),
    Role.BANK_FEE: pgettext_lazy("ledger account", "Fees of banks"),
    Role.EXCHANGE_LOSS: pgettext_lazy("ledger account", "Exchange losses"),
    Role.EXCHANGE_GAIN: pgettext_lazy("ledger account", "Exchange gains"),
    Role.DISCOUNT: pgettext_lazy("ledger account", "Discounts granted"),
}
JOURNAL_NAMES: Final[Mapping[Journal, Any]] = {
    Journal.BANK: pgettext_lazy("journal", "Bank"),
    Journal.OTHER: pgettext_lazy("journal", "Other entries"),
    Journal.LETTERING: _("Lettering"),
    Journal.UNLETTERING: _("Lettering undone"),
}
_FITS: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """What a company has set, blanks filled with what is shipped."""

    company_id: int
    account_numbers: dict[Role, str]
    journal_codes: dict[Journal, str]
    bank_numbers: dict[int, str]


def get_plan(*, company_id: int) -> PlanRow:
    """Return the accounts and journals of a company. One query."""
    found = WriteBackSettings.objects.filter(pk=company_id).first()
    accounts = found.account_numbers if found else {}
    journals = found.journal_codes if found else {}
    return PlanRow(
        company_id=company_id,
        account_numbers={role: accounts.get(role) or number for role, number in SHIPPED_ACCOUNTS.items()},
        journal_codes={journal: journals.get(journal) or code for journal, code in SHIPPED_JOURNALS.items()},
        bank_numbers={int(key): number for key, number in (found.bank_numbers if found else {}).items()},
    )


@transaction.atomic
def set_plan(
    *,
    company_id: int,
    account_numbers: Mapping[Role, str],
    journal_codes: Mapping[Journal, str],
    bank_numbers: Mapping[int, str],
    actor: Actor,
) -> bool:
    """Keep the accounts and journals of a company; return whether anything changed. A bank account may be blank.

    The four journals differ: a line is known for what it is by its journal alone.

    :raises PlanRefused: a number or code that no file takes, or a journal twice
    """
    for role in Role:
        if not _FITS.fullmatch(account_numbers.get(role, "")):
            raise PlanRefused(role)
    for journal in Journal:
        codes = [journal_codes.get(one, "") for one in Journal]
        if not _FITS.fullmatch(journal_codes.get(journal, "")) or codes.count(journal_codes[journal]) > 1:
            raise PlanRefused(f"{journal}_JOURNAL")
    for bank_id, number in bank_numbers.items():
        if number and not _FITS.fullmatch(number):
            raise PlanRefused(f"bank_{bank_id}")
    before = get_plan(company_id=company_id)
    after = PlanRow(
        company_id=company_id,
        account_numbers={role: account_numbers[role] for role in Role},
        journal_codes={journal: journal_codes[journal] for journal in Journal},
        bank_numbers={bank_id: number for bank_id, number in bank_numbers.items() if number},
    )
    if before == after:
        return False
    WriteBackSettings.objects.update_or_create(
        company_id=company_id,
        defaults={
            "account_numbers": after.account_numbers,
            "journal_codes": after.journal_codes,
            "bank_numbers": {str(key): number for key, number in after.bank_numbers.items()},
        },
    )
    events.record(
        events.NewEvent(
            kind="writeback_settings.changed",
            actor=actor,
            company_id=company_id,
            subject_kind="company",
            subject_id=str(company_id),
            payload={"before": _told(before), "after": _told(after)},
        )
    )
    return True


def journal_plan(*, company_id: int, language: str) -> JournalPlan:
    """Return the plan as files need it, with names in a language. One query."""
    row = get_plan(company_id=company_id)
    with translation.override(language):
        return JournalPlan(
            accounts={role: ErpAccount(number=row.account_numbers[role], name=str(ROLE_NAMES[role])) for role in Role},
            journals={journal: (row.journal_codes[journal], str(JOURNAL_NAMES[journal])) for journal in Journal},
            bank_numbers=row.bank_numbers,
        )


def _told(row: PlanRow) -> dict[str, str]:
    return {
        **{str(role): number for role, number in row.account_numbers.items()},
        **{f"{journal}_JOURNAL": code for journal, code in row.journal_codes.items()},
        **{f"bank_{key}": number for key, number in sorted(row.bank_numbers.items())},
    }
