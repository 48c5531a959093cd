"""From the headings and some rows of a table of payments to a proposed profile, each choice with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from quittance.core.dates import guess_date_order
from quittance.core.mapping.cells import Cell, cell_text, is_day, is_number, read_currency
from quittance.core.mapping.columns import FieldChoice, choose_surest, match_contained, rank_headings, texts_of
from quittance.core.mapping.remittance_headings import (
    REMITTANCE_AMOUNT_FIELDS,
    REMITTANCE_DAY_FIELDS,
    REMITTANCE_FIELDS,
    REMITTANCE_HEADINGS,
)
from quittance.core.mapping.remittance_profile import RemittanceProfile
from quittance.core.mapping.text import fold_heading, heading_key
from quittance.core.money import guess_decimal_mark, is_known_currency
from quittance.core.reasons import MappingCode, Reason, because

CONFIDENCE_MIN: Final = 55
_VALUES_RIGHT_MIN_PCT: Final = 25
_BESIDE: Final = frozenset({"eur", "euro", "in", "en", "currency", "supplier", "vendor", "payment", "account"})
_RANKS: Final = rank_headings(REMITTANCE_HEADINGS)
_KNOWN: Final = frozenset(key for ranks in _RANKS.values() for key in ranks)
_REFERENCES: Final = frozenset(_RANKS["reference"])
_AMOUNTS: Final = frozenset(key for name in REMITTANCE_AMOUNT_FIELDS for key in _RANKS[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceProposal:
    """A profile to be confirmed. `missing` names what a person must still choose; `warnings` what to look at."""

    profile: RemittanceProfile
    choices: tuple[FieldChoice, ...]
    unmapped_headings: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[Reason, ...]


def propose_remittance_mapping(headings: Sequence[str], sample_rows: Sequence[Sequence[Cell]]) -> RemittanceProposal:
    """Propose which column fills which field of a line, and how values are written.

    >>> rows = [["FA-1", "02/04/2026", "1 200,50", "24,01", "1 176,49"]]
    >>> proposal = propose_remittance_mapping(["N° facture", "Date", "Montant brut", "Escompte", "Montant net"], rows)
    >>> [choice.name for choice in proposal.choices]
    ['reference', 'document_date', 'amount_gross', 'amount_paid', 'amount_discount']
    >>> proposal.profile.decimal_mark, proposal.missing
    (',', ())
    """
    columns = [[row[index] for row in sample_rows if index < len(row)] for index in range(len(headings))]
    chosen = _choose(headings, columns)
    values = {name: columns[choice.column] for name, choice in chosen.items()}
    warnings: list[Reason] = []
    days = [text for name in sorted(REMITTANCE_DAY_FIELDS) for text in texts_of(values.get(name, ()))]
    order = guess_date_order(days) if days else None
    if days and order is None and any(not is_day(day, "YMD") or not is_day(day, "DMY") for day in days):
        order = "DMY"
        warnings.append(because(MappingCode.DAY_FIRST_ASSUMED))
    profile = RemittanceProfile(
        columns=tuple((name, chosen[name].heading) for name in REMITTANCE_FIELDS if name in chosen),
        decimal_mark=guess_decimal_mark(
            text for name in sorted(REMITTANCE_AMOUNT_FIELDS) for text in texts_of(values.get(name, ()))
        ),
        date_order=order,
        currency_default=_currency_of(headings),
    )
    taken = {choice.column for choice in chosen.values()}
    return RemittanceProposal(
        profile=profile,
        choices=tuple(chosen[name] for name in REMITTANCE_FIELDS if name in chosen),
        unmapped_headings=tuple(heading for index, heading in enumerate(headings) if index not in taken and heading),
        missing=profile.missing_fields(),
        warnings=tuple(warnings),
    )


def count_remittance_headings(cells: Sequence[Cell]) -> int:
    """Count the cells that are a known heading; 0 unless one names a document and another one an amount.

    >>> count_remittance_headings(["Invoice", "Date", "Net"]), count_remittance_headings(["Date", "Text", "Amount"])
    (3, 0)
    """
    keys = [heading_key(fold_heading(cell)) for cell in cells if isinstance(cell, str) and cell.strip()]
    if not any(key in _REFERENCES for key in keys) or not any(key in _AMOUNTS for key in keys):
        return 0
    return sum(key in _KNOWN for key in keys)


def field_of_heading(text: str) -> str | None:
    """Return the field that a heading names best, None for no known heading.

    >>> field_of_heading("Montant brut"), field_of_heading("Escompte"), field_of_heading("Bonjour")
    ('amount_gross', 'amount_discount', None)
    """
    key = heading_key(fold_heading(text))
    ranked = [(ranks[key], name) for name, ranks in _RANKS.items() if key in ranks]
    return min(ranked)[1] if ranked else None


@lru_cache(maxsize=4096)
def match_remittance_heading(name: str, heading: str) -> tuple[int, Reason | None]:
    """Say how well a heading names a field (0 to 100) and why."""
    folded = fold_heading(heading)
    key = heading_key(folded)
    rank = _RANKS[name].get(key)
    if rank is not None:
        return 100 - min(rank, 40) // 2, because(MappingCode.HEADING_KNOWN, heading=folded)
    return match_contained(key, known=_RANKS[name], beside=_BESIDE)


def _choose(headings: Sequence[str], columns: Sequence[Sequence[Cell]]) -> dict[str, FieldChoice]:
    """Give each field at most one column and each column at most one field, the surest first."""
    candidates = []
    for name in REMITTANCE_FIELDS:
        for index, heading in enumerate(headings):
            choice = _candidate(name, heading, index, columns[index])
            if choice is not None:
                candidates.append(choice)
    chosen = choose_surest(candidates, fields=REMITTANCE_FIELDS)
    if "amount_gross" in chosen and "amount_paid" not in chosen:
        only = chosen.pop("amount_gross")
        chosen["amount_paid"] = FieldChoice(
            name="amount_paid",
            heading=only.heading,
            column=only.column,
            confidence_pct=only.confidence_pct,
            why=(*only.why, because(MappingCode.ONLY_AMOUNT)),
        )
    return chosen


def _candidate(name: str, heading: str, index: int, cells: Sequence[Cell]) -> FieldChoice | None:
    score, match = match_remittance_heading(name, heading)
    if match is None:
        return None
    filled = [cell for cell in cells if cell_text(cell)]
    right_pct = 100 * sum(_fits(name, cell) for cell in filled) // len(filled) if filled else 100
    if right_pct < _VALUES_RIGHT_MIN_PCT:
        return None
    why: tuple[Reason, ...] = (match,)
    if not filled:
        score, why = score - 10, (match, because(MappingCode.SAMPLE_BLANK))
    elif right_pct < 100:
        why = (match, because(MappingCode.VALUES_FIT, share=right_pct))
    confidence_pct = max(CONFIDENCE_MIN, score * right_pct // 100)
    return FieldChoice(name=name, heading=heading, column=index, confidence_pct=confidence_pct, why=why)


def _fits(name: str, cell: Cell) -> bool:
    if name in REMITTANCE_DAY_FIELDS:
        return is_day(cell)
    if name in REMITTANCE_AMOUNT_FIELDS:
        return is_number(cell)
    if name == "currency":
        return read_currency(cell) is not None
    if name in {"reference", "counterparty_account", "payment_reference"}:
        return any(character.isdigit() for character in cell_text(cell))
    if name == "counterparty_name":
        return any(character.isalpha() for character in cell_text(cell))
    return True


def _currency_of(headings: Sequence[str]) -> str | None:
    """Return the one currency that the headings name, if any."""
    words = {word for heading in headings for word in heading.replace("(", " ").replace(")", " ").split()}
    codes = {word for word in words if len(word) == 3 and word.isupper() and is_known_currency(word)}
    codes |= {"EUR" for heading in headings if "€" in heading}
    return codes.pop() if len(codes) == 1 else None
