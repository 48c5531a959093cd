"""Every refusal of the ledger has words for a person."""

from __future__ import annotations

from quittance.ledger import services  # noqa: F401  (defines refusals of its own)
from quittance.ledger.errors import LedgerError, RateMissing
from quittance.web.ledger_words import REFUSALS, refusal_words


def subclasses(error: type[Exception]) -> set[str]:
    return {name for one in error.__subclasses__() for name in (one.__name__, *subclasses(one))}


def test_every_refusal_has_words_and_nothing_else_has() -> None:
    assert set(REFUSALS) == subclasses(LedgerError)
    assert "rate" in refusal_words(RateMissing("no rate from USD to EUR up to 2026-01-05"))
    assert refusal_words(LedgerError("x"))
