"""Who may do what: one table of permissions by role, and the companies a person may see.

A permission is checked on every view (`quittance.web.access.requires`); the companies in a `Scope` narrow every query.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """Things a person may be allowed to do; code as stored in audit rows."""

    SEE_TODAY = "SEE_TODAY"
    SEE_CUSTOMERS = "SEE_CUSTOMERS"
    EDIT_CUSTOMERS = "EDIT_CUSTOMERS"
    WRITE_NOTES = "WRITE_NOTES"
    SEE_ITEMS = "SEE_ITEMS"
    SEE_IMPORTS = "SEE_IMPORTS"
    IMPORT_LEDGER = "IMPORT_LEDGER"
    SEE_CASH = "SEE_CASH"
    MATCH_CASH = "MATCH_CASH"
    IMPORT_STATEMENTS = "IMPORT_STATEMENTS"
    SEE_RUNS = "SEE_RUNS"
    PREPARE_RUNS = "PREPARE_RUNS"
    RELEASE_RUNS = "RELEASE_RUNS"
    COLLECT = "COLLECT"
    MANAGE_WORK = "MANAGE_WORK"
    DECIDE_INTEREST = "DECIDE_INTEREST"
    SEE_INSIGHT = "SEE_INSIGHT"
    SEE_SETTINGS = "SEE_SETTINGS"
    EDIT_SETTINGS = "EDIT_SETTINGS"
    EDIT_SEGMENTS = "EDIT_SEGMENTS"
    EDIT_POLICIES = "EDIT_POLICIES"
    SEE_AUDIT = "SEE_AUDIT"
    SEE_MAILBOX = "SEE_MAILBOX"
    USE_PORTAL = "USE_PORTAL"


P = Permission
_READ = frozenset({P.SEE_CUSTOMERS, P.SEE_ITEMS, P.SEE_CASH, P.SEE_RUNS, P.SEE_IMPORTS, P.SEE_INSIGHT, P.SEE_TODAY})
_DESK = _READ | {P.WRITE_NOTES, P.SEE_MAILBOX}

PERMISSIONS_BY_ROLE: dict[str, frozenset[Permission]] = {
    "COLLECTOR": _DESK | {P.COLLECT, P.PREPARE_RUNS, P.RELEASE_RUNS, P.EDIT_CUSTOMERS},
    "CREDIT_MANAGER": _DESK
    | {
        P.COLLECT,
        P.MANAGE_WORK,
        P.DECIDE_INTEREST,
        P.PREPARE_RUNS,
        P.RELEASE_RUNS,
        P.EDIT_CUSTOMERS,
        P.IMPORT_LEDGER,
        P.SEE_SETTINGS,
        P.EDIT_SEGMENTS,
        P.EDIT_POLICIES,
        P.SEE_AUDIT,
    }
    | {P.MATCH_CASH, P.IMPORT_STATEMENTS},
    "CASH_CLERK": _DESK | {P.MATCH_CASH, P.IMPORT_STATEMENTS, P.IMPORT_LEDGER},
    "CFO": _READ | {P.WRITE_NOTES, P.SEE_AUDIT, P.SEE_SETTINGS},
    "ADMINISTRATOR": frozenset(P) - {P.USE_PORTAL},
    "PORTAL": frozenset({P.USE_PORTAL}),
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return everything that the roles allow together; an unknown role allows nothing."""
    return frozenset().union(*(PERMISSIONS_BY_ROLE.get(role, frozenset()) for role in roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something: written into events; `user_id` None for jobs and the command line."""

    label: str
    user_id: int | None = None


SYSTEM = Actor(label="Quittance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a reader may see and has chosen to see.

    `company_ids` None means every company; `department_id` narrows further; both come from the session's choice
    crossed with the person's rights, never from the address alone.
    """

    company_ids: frozenset[int] | None = None
    department_id: int | None = None
    user_id: int | None = None

    def allows_company(self, company_id: int) -> bool:
        """Return whether rows of `company_id` may be shown."""
        return self.company_ids is None or company_id in self.company_ids


EVERYTHING = Scope()
