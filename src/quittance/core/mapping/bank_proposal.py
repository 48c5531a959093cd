"""From the headings and some rows of a bank's table to a proposed profile, each choice with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from quittance.core.dates import DateOrder, guess_date_order
from quittance.core.mapping.bank_headings import AMOUNT_FIELDS, BANK_FIELDS, BANK_HEADINGS, DAY_FIELDS
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.mapping.bank_records import sign_of_mark
from quittance.core.mapping.cells import Cell, cell_text, is_day, is_number, read_currency
from quittance.core.mapping.columns import FieldChoice, choose_surest, match_contained, rank_headings, texts_of
from quittance.core.mapping.profile import SignRule
from quittance.core.mapping.text import fold_heading, heading_key, words_of
from quittance.core.money import guess_decimal_mark, is_known_currency
from quittance.core.reasons import MappingCode, Reason, because

CONFIDENCE_MIN: Final = 55
_VALUES_RIGHT_MIN_PCT: Final = 60
_KNOWN_VALUES_RIGHT_MIN_PCT: Final = 25  # a column that bears a known name may hold many bad values
_KNOWN_SCORE_MIN: Final = 80
_RANK_MAX: Final = 40
_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
_MARK: Final = re.compile(r"\s*(?:CR|DR|[CDHS])\.?$", re.IGNORECASE)
_BESIDE: Final = words_of("eur euro in en operation transaction bank banque du of d c the account compte")
_RANKS: Final = rank_headings(BANK_HEADINGS)
_KNOWN: Final = frozenset(key for ranks in _RANKS.values() for key in ranks)
_ENGLISH: Final = frozenset({"date", "amount", "description", "balance"})
_NOT_ENGLISH: Final = frozenset({"montant", "libelle", "solde", "betrag", "importe", "saldo", "fecha"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BankProposal:
    """A profile to be confirmed. `missing` names what a person must still choose; `warnings` what to look at."""

    profile: BankProfile
    choices: tuple[FieldChoice, ...]
    unmapped_headings: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[Reason, ...]


def propose_bank_mapping(headings: Sequence[str], sample_rows: Sequence[Sequence[Cell]]) -> BankProposal:
    """Propose which column fills which field of a movement, and how values are written.

    >>> rows = [["02/04/2026", "VIR DURAND", "", "1 200,50"], ["14/04/2026", "FRAIS", "12,00", ""]]
    >>> proposal = propose_bank_mapping(["Date opération", "Libellé", "Débit", "Crédit"], rows)
    >>> [choice.name for choice in proposal.choices]
    ['booking_date', 'debit', 'credit', 'text']
    >>> proposal.profile.sign_rule.value, proposal.profile.decimal_mark, proposal.profile.date_order
    ('TWO_COLUMNS', ',', 'DMY')
    """
    columns = [[row[index] for row in sample_rows if index < len(row)] for index in range(len(headings))]
    chosen = _choose(headings, columns)
    values = {name: columns[choice.column] for name, choice in chosen.items()}
    warnings: list[Reason] = []
    rule = _sign_rule(values)
    used = {"amount", "side"} if rule is SignRule.TWO_COLUMNS else {"debit", "credit"}
    chosen = {name: choice for name, choice in chosen.items() if name not in used}
    profile = BankProfile(
        columns=tuple((name, chosen[name].heading) for name in BANK_FIELDS if name in chosen),
        sign_rule=rule,
        is_debit_signed=rule is SignRule.TWO_COLUMNS and _is_signed(values["debit"]),
        decimal_mark=guess_decimal_mark(
            _MARK.sub("", text) for name in AMOUNT_FIELDS for text in texts_of(values.get(name, ()))
        ),
        date_order=_date_order(
            headings, [text for name in DAY_FIELDS for text in texts_of(values.get(name, ()))], warnings
        ),
        currency_default=_currency_default(headings, values, warnings),
    )
    taken = {choice.column for choice in chosen.values()}
    return BankProposal(
        profile=profile,
        choices=tuple(chosen[name] for name in BANK_FIELDS if name in chosen),
        unmapped_headings=tuple(heading for index, heading in enumerate(headings) if index not in taken and heading),
        missing=profile.missing_fields(),
        warnings=tuple(warnings),
    )


def count_bank_headings(cells: Sequence[Cell]) -> int:
    """Count the cells that are a known heading of a bank's table.

    >>> count_bank_headings(["Date", "Libellé", "Montant", "X99"]), count_bank_headings(["2026-04-02", "FRAIS", "4,50"])
    (3, 0)
    """
    return sum(isinstance(cell, str) and heading_key(fold_heading(cell)) in _KNOWN for cell in cells)


@lru_cache(maxsize=4096)
def match_bank_heading(name: str, heading: str) -> tuple[int, Reason | None]:
    """Say how well a heading names a field (0 to 100) and why.

    >>> match_bank_heading("value_date", "Date de valeur")[0] > match_bank_heading("booking_date", "Date de valeur")[0]
    True
    """
    folded = re.sub(r"(?<=[a-z]) \d+$", "", fold_heading(heading))
    key = heading_key(folded)
    rank = _RANKS[name].get(key)
    if rank is not None:
        return 100 - min(rank, _RANK_MAX) // 4, because(MappingCode.HEADING_KNOWN, heading=folded)
    return match_contained(key, known=_RANKS[name], beside=_BESIDE)


def _choose(headings: Sequence[str], columns: Sequence[Sequence[Cell]]) -> dict[str, FieldChoice]:
    """Give each field at most one column and each column at most one field, the surest first."""
    candidates = []
    is_party_named = any(match_bank_heading("counterparty_name", heading)[0] >= 80 for heading in headings)
    for name in BANK_FIELDS:
        for index, heading in enumerate(headings):
            choice = _candidate(name, heading, index, columns[index], is_party_named=is_party_named)
            if choice is not None:
                candidates.append(choice)
    chosen = choose_surest(candidates, fields=BANK_FIELDS)
    if "additional_text" in chosen and "text" not in chosen:
        more = chosen.pop("additional_text")
        chosen["text"] = FieldChoice(
            name="text", heading=more.heading, column=more.column, confidence_pct=more.confidence_pct, why=more.why
        )
    return chosen


def _candidate(
    name: str, heading: str, index: int, cells: Sequence[Cell], *, is_party_named: bool
) -> FieldChoice | None:
    score, match = match_bank_heading(name, heading)
    if match is None:
        return None
    filled = [cell for cell in cells if cell_text(cell)]
    right_pct = 100 * sum(_fits(name, cell) for cell in filled) // len(filled) if filled else 100
    if right_pct < (_KNOWN_VALUES_RIGHT_MIN_PCT if score >= _KNOWN_SCORE_MIN else _VALUES_RIGHT_MIN_PCT):
        return None
    if name in {"own_account", "counterparty_account"} and _is_other_account(
        name, heading, cells, filled, is_party_named=is_party_named
    ):
        return None
    why: tuple[Reason, ...] = (match,)
    if not filled:
        score, why = score - 10, (match, because(MappingCode.SAMPLE_BLANK))
    elif right_pct < 100:
        why = (match, because(MappingCode.VALUES_FIT, share=right_pct))
    floor = CONFIDENCE_MIN if score >= _KNOWN_SCORE_MIN else 0
    confidence_pct = max(floor, score * right_pct // 100)
    if confidence_pct < CONFIDENCE_MIN:
        return None
    return FieldChoice(name=name, heading=heading, column=index, confidence_pct=confidence_pct, why=why)


def _is_other_account(
    name: str, heading: str, cells: Sequence[Cell], filled: Sequence[Cell], *, is_party_named: bool
) -> bool:
    """Tell whose account a bare heading (IBAN, account) names: one value on all lines is ours, several are others'."""
    key = heading_key(fold_heading(heading))
    if key not in _RANKS["own_account"] or key not in _RANKS["counterparty_account"]:
        return False
    is_same = bool(filled) and len(filled) == len(cells) and len({cell_text(cell) for cell in filled}) == 1
    is_ours = is_same and (len(filled) > 1 or not is_party_named)
    return is_ours != (name == "own_account")


def _fits(name: str, cell: Cell) -> bool:
    if name in DAY_FIELDS:
        return is_day(cell)
    if name in AMOUNT_FIELDS:
        return is_number(_MARK.sub("", cell) if isinstance(cell, str) else cell)
    if name == "currency":
        return read_currency(cell) is not None
    if name == "side":
        return sign_of_mark(cell) is not None
    if name in {"own_account", "counterparty_account"}:
        return any(character.isdigit() for character in cell_text(cell))
    if name == "counterparty_name":
        return any(character.isalpha() for character in cell_text(cell))
    return True


def _sign_rule(values: Mapping[str, Sequence[Cell]]) -> SignRule:
    if {"debit", "credit"} <= values.keys():
        return SignRule.TWO_COLUMNS
    if "side" not in values:
        return SignRule.SIGNED
    has_sign = any(_is_negative(cell) for cell in values.get("amount", ()))
    return SignRule.SIGNED if has_sign else SignRule.SIDE


def _is_negative(cell: Cell) -> bool:
    text = cell_text(cell)
    return text.startswith(("-", "−", "(")) or text.endswith("-")


def _is_signed(cells: Sequence[Cell]) -> bool:
    """Say whether debits are written with a minus, all of them."""
    amounts = [cell for cell in cells if any(figure in cell_text(cell) for figure in "123456789")]
    return bool(amounts) and all(_is_negative(cell) for cell in amounts)


def _date_order(headings: Sequence[str], samples: Sequence[str], warnings: list[Reason]) -> DateOrder | None:
    order = guess_date_order(samples)
    if order is not None or all(
        is_day(sample, "DMY") == is_day(sample, "MDY") == is_day(sample, "YMD") for sample in samples
    ):
        return order
    words = {word for heading in headings for word in fold_heading(heading).split()}
    if words & _ENGLISH and not words & _NOT_ENGLISH:
        warnings.append(because(MappingCode.DAY_ORDER_UNKNOWN))
        return None
    warnings.append(because(MappingCode.DAY_FIRST_ASSUMED))
    return "DMY"


def _currency_default(
    headings: Sequence[str], values: Mapping[str, Sequence[Cell]], warnings: list[Reason]
) -> str | None:
    cells = values.get("currency", ())
    if any(cell_text(cell) for cell in cells):
        return None
    words = [str(word) for heading in headings for word in _CODE.findall(heading)]
    codes = {word for word in words if is_known_currency(word)}
    codes |= {"EUR" for heading in headings if "€" in heading or "euro" in fold_heading(heading)}
    if len(codes) == 1:
        return codes.pop()
    warnings.append(because(MappingCode.CURRENCY_ASSUMED, currency="EUR"))
    return "EUR"
