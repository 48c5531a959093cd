"""The reasons of delay as a reader's language calls them; the list itself is the company's."""

from __future__ import annotations

from django.utils.translation import get_language

from quittance.cases.delay_reasons import list_delay_reasons


def delay_reason_names() -> dict[str, str]:
    """Return the name of every reason by its code, retired ones too. One query."""
    language = _language()
    return {row.code: row.name(language) for row in list_delay_reasons()}


def delay_reason_choices() -> list[tuple[str, str]]:
    """Return code and name of every reason, to look for items by: the retired ones last. One query."""
    language = _language()
    rows = sorted(list_delay_reasons(), key=lambda row: not row.is_active)
    return [(row.code, row.name(language)) for row in rows]


def offered_delay_reasons(*, kept: str = "") -> list[tuple[str, str]]:
    """Return code and name of the reasons to choose from, and of `kept` even when it was retired. One query."""
    language = _language()
    return [(row.code, row.name(language)) for row in list_delay_reasons() if row.is_active or row.code == kept]


def _language() -> str:
    return (get_language() or "en")[:2]
