"""What became of a bank file as one object, for programs: the command and the API tell the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quittance.cash.services.importing import StatementImport
from quittance.cash.services.matching import MatchRun
from quittance.foundation.reason_words import english_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What matching did over all companies that a file was for."""

    applied: int
    proposed: int
    unexplained: int


def add_runs(runs: Iterable[MatchRun]) -> Matched:
    """Return the sums of runs."""
    found = list(runs)
    return Matched(
        applied=sum(run.applied for run in found),
        proposed=sum(run.proposed for run in found),
        unexplained=sum(run.unexplained for run in found),
    )


def import_object(result: StatementImport, matched: Matched | None) -> dict[str, Any]:
    """Return the result of an import as plain values; amounts are texts, reasons have their English words."""
    found: dict[str, Any] = {
        "format": result.format,
        "status": result.status,
        "transactions_read": result.transactions_read,
        "transactions_new": result.transactions_new,
        "duplicates": result.duplicates,
        "pending": result.pending,
        "rejected": result.rejected,
        "opening": amount_text(result.opening),
        "closing": amount_text(result.closing),
        "sum": amount_text(result.sum),
        "balanced": result.balanced,
        "statements": len(result.statement_ids),
        "gaps": result.gap_count,
        "doubtful": result.doubtful,
        "rejected_lines": [
            {
                "position": line.position,
                "reason_code": line.reason_code,
                "reason_params": dict(line.reason.params),
                "reason": words(line.reason),
            }
            for line in result.rejected_lines
        ],
        "message": words(result.reason, position=result.position),
        "reason_code": result.reason.code.value if result.reason else "",
        "reason_params": dict(result.reason.params) if result.reason else {},
    }
    if matched is not None:
        found["matched"] = matched.applied
        found["proposed"] = matched.proposed
        found["unexplained"] = matched.unexplained
    return found


def amount_text(amount: Decimal | None) -> str | None:
    """Return an amount as a text; None stays None."""
    return None if amount is None else f"{amount:f}"


def words(reason: Any, *, position: int | None = None) -> str:
    """Return a reason in English, with the line of the file where it is known."""
    if reason is None:
        return ""
    params = dict(reason.params) | ({"line": str(position)} if position else {})
    return english_words(code=reason.code, params=params)
