"""Whose list Today is, who is away, and how far the day has come."""

from __future__ import annotations

from datetime import date
from typing import Any

from quittance.worklist import queries
from quittance.worklist.targets import Progress, list_progress


def day_context(worker: queries.Worker, today: date) -> dict[str, Any]:
    """Return what stands above the list: for whom one stands in, who stands in for oneself, the targets. One query."""
    progress = list_progress(user_ids=[worker.user_id], day=today) if worker.user_id else []
    return {
        "stood_in_for": worker.standing.stands_in_for,
        "deputy": worker.standing.deputy,
        "goals": goals_of(progress[0]) if progress else [],
    }


def goals_of(progress: Progress) -> list[dict[str, Any]]:
    """Return each target with how far it is reached; nothing without targets."""
    rows: list[tuple[str, Any, Any, str]] = [
        ("calls", progress.calls, progress.calls_target, ""),
        ("promises", progress.promises, progress.promises_target, ""),
        ("amount", progress.amount, progress.amount_target, progress.currency),
    ]
    return [
        {
            "code": code,
            "done": done,
            "target": target,
            "currency": currency,
            "share": min(int(100 * done / target), 100),
            "is_reached": done >= target,
        }
        for code, done, target, currency in rows
        if target is not None
    ]
