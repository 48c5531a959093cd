"""What came of an import, in sentences with its counts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quittance.foundation.queries import CASH_KINDS
from quittance.web.formats import number_text


def count_sentences(batch: dict[str, Any]) -> list[str]:
    """Return the sentences; none while nothing was read."""
    if not batch["lines_read"] or batch["kind"] in CASH_KINDS:
        return []
    return [text for text in (_lines(batch), _outcome(batch), _created(batch), _letters(batch)) if text]


def _n(value: int) -> str:
    return number_text(value) if value else "0"


def _lines(batch: dict[str, Any]) -> str:
    read = batch["lines_read"]
    parts = [
        ngettext("%(n)s is in", "%(n)s are in", batch["lines_accepted"]) % {"n": _n(batch["lines_accepted"])},
        ngettext("%(n)s was rejected", "%(n)s were rejected", batch["lines_rejected"])
        % {"n": _n(batch["lines_rejected"])},
    ]
    if other := int(batch["report"].get("lines_other") or 0):
        parts.append(ngettext("%(n)s holds nothing owed", "%(n)s hold nothing owed", other) % {"n": _n(other)})
    first = ngettext("%(n)s line was read", "%(n)s lines were read", read) % {"n": _n(read)}
    return _("%(read)s: %(outcomes)s.") % {"read": first, "outcomes": ", ".join(parts)}


def _outcome(batch: dict[str, Any]) -> str:
    if batch["status"] == "UNCHANGED":
        return ""
    new, changed, unchanged = (batch[f"lines_{name}"] for name in ("new", "changed", "unchanged"))
    if not batch["lines_accepted"]:
        return _("No line could be taken.")
    returned = int(batch["report"].get("lines_returned") or 0)
    if not new + changed + batch["lines_closed"] + returned:
        return _("Nothing was changed: every line that was taken was in already.")
    text = _("%(new)s new, %(changed)s changed, %(unchanged)s as before.") % {
        "new": _n(new),
        "changed": _n(changed),
        "unchanged": _n(unchanged),
    }
    if returned:
        ours = ngettext(
            "%(n)s line is one that was sent to the ERP from here and came back; it was not posted again.",
            "%(n)s lines were sent to the ERP from here and came back; they were not posted again.",
            returned,
        )
        text += " " + ours % {"n": _n(returned)}
    if closed := batch["lines_closed"]:
        left = ngettext(
            "%(n)s open item is no longer in the file and was closed.",
            "%(n)s open items are no longer in the file and were closed.",
            closed,
        )
        text += " " + left % {"n": _n(closed)}
    if reopened := int(batch["report"].get("lines_reopened") or 0):
        back = ngettext(
            "%(n)s item came back and is open again.", "%(n)s items came back and are open again.", reopened
        )
        text += " " + back % {"n": _n(reopened)}
    return text


def _created(batch: dict[str, Any]) -> str:
    created = batch["report"].get("created") or {}
    customers, accounts = int(created.get("customer_count") or 0), int(created.get("account_count") or 0)
    parts = []
    if customers:
        parts.append(ngettext("%(n)s customer", "%(n)s customers", customers) % {"n": _n(customers)})
    if accounts:
        parts.append(ngettext("%(n)s account", "%(n)s accounts", accounts) % {"n": _n(accounts)})
    parts += [_("department %(code)s") % {"code": code} for code in created.get("departments") or ()]
    parts += [_("company %(code)s") % {"code": code} for code in created.get("companies") or ()]
    return _("Created: %(what)s.") % {"what": ", ".join(parts)} if parts else ""


def _letters(batch: dict[str, Any]) -> str:
    groups = int(batch["report"].get("letter_groups") or 0)
    if not groups:
        return ""
    applied = int(batch["report"].get("letter_groups_applied") or 0)
    text = ngettext("%(n)s letter group", "%(n)s letter groups", groups) % {"n": _n(groups)}
    if applied == groups:
        return _("%(groups)s: all applied exactly.") % {"groups": text}
    return _("%(groups)s: %(applied)s applied exactly, %(left)s kept open because they do not balance.") % {
        "groups": text,
        "applied": _n(applied),
        "left": _n(groups - applied),
    }
