"""From headings and some rows of an unknown table to a proposed mapping, each choice with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from quittance.core.dates import DateOrder, guess_date_order
from quittance.core.mapping.cells import Cell, cell_text, is_day, is_number, read_currency, read_side
from quittance.core.mapping.kinds import is_credit_type
from quittance.core.mapping.profile import MappingProfile, SignRule
from quittance.core.mapping.targets import TARGET_FIELDS, TARGETS_BY_NAME, TargetField, ValueType
from quittance.core.mapping.text import fold_heading
from quittance.core.money import guess_decimal_mark, is_known_currency
from quittance.core.ports.intake import FileKind
from quittance.core.reasons import MappingCode, Reason, because

CONFIDENCE_MIN: Final = 45
_VALUES_RIGHT_MIN_PCT: Final = 60
_KNOWN_SCORE_MIN: Final = 80
_KNOWN_VALUES_RIGHT_MIN_PCT: Final = 25  # a column that bears a known name may hold many bad values
_ALIKE_MIN: Final = 0.86
_ENGLISH: Final = frozenset({"due", "invoice", "customer", "amount", "posting", "issue", "settled", "paid"})
_ISO_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
_KNOWN_HEADINGS: Final = frozenset(heading for target in TARGET_FIELDS for heading in target.headings)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """A field, the column proposed for it, how sure (0 to 100) and why."""

    name: str
    heading: str
    column: int
    confidence_pct: int
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingProposal:
    """A profile to be confirmed. `missing` names what a person must still choose; `warnings` what to look at."""

    profile: MappingProfile
    choices: tuple[FieldChoice, ...]
    unmapped_headings: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[Reason, ...]


def propose_mapping(
    headings: Sequence[str], sample_rows: Sequence[Sequence[Cell]], *, kind: FileKind | None = None
) -> MappingProposal:
    """Propose which column fills which field, and how values are written.

    Headings must differ from each other. `kind` given: the person says what the file holds.

    >>> rows = [["C1", "F1", "31/01/2026", "1 200,50"], ["C2", "F2", "02/02/2026", "-10,00"]]
    >>> proposal = propose_mapping(["Code client", "N° facture", "Date", "Montant TTC"], rows)
    >>> [(choice.name, choice.heading) for choice in proposal.choices][:2]
    [('account_number', 'Code client'), ('document_number', 'N° facture')]
    >>> proposal.profile.decimal_mark, proposal.profile.date_order, proposal.profile.kind.value
    (',', 'DMY', 'OPEN_ITEMS')
    """
    columns = [[row[index] for row in sample_rows if index < len(row)] for index in range(len(headings))]
    if kind is None:
        kind = find_kind({each: _choose(headings, columns, each) for each in FileKind})
    choices = _choose(headings, columns, kind)
    values: dict[str, Sequence[Cell]] = {choice.name: columns[choice.column] for choice in choices}
    warnings: list[Reason] = []
    currency_default = None
    if kind is FileKind.OPEN_ITEMS and "currency" not in values:
        currency_default = _currency_in_headings(choices)
        if currency_default is None:
            currency_default = "EUR"
            warnings.append(because(MappingCode.CURRENCY_ASSUMED, currency="EUR"))
    profile = MappingProfile(
        kind=kind,
        columns=tuple((choice.name, choice.heading) for choice in choices),
        sign_rule=_sign_rule(values),
        decimal_mark=guess_decimal_mark(_texts(values, ValueType.AMOUNT)),
        date_order=_date_order(headings, values, warnings),
        currency_default=currency_default,
        receivable_prefixes=_receivable_prefixes(values, warnings),
    )
    used = {choice.column for choice in choices}
    return MappingProposal(
        profile=profile,
        choices=choices,
        unmapped_headings=tuple(heading for index, heading in enumerate(headings) if index not in used and heading),
        missing=profile.missing_fields(),
        warnings=tuple(warnings),
    )


def find_kind(choices: dict[FileKind, tuple[FieldChoice, ...]]) -> FileKind:
    """Tell what a file holds from the fields that its columns could fill as each kind."""
    items = {choice.name for choice in choices[FileKind.OPEN_ITEMS]}
    if items & {"amount", "amount_open", "debit", "credit"} and items & {
        "document_number",
        "document_date",
        "posting_date",
        "due_date",
    }:
        return FileKind.OPEN_ITEMS
    customers = {choice.name for choice in choices[FileKind.CUSTOMERS]}
    contacts = {choice.name for choice in choices[FileKind.CONTACTS]}
    if contacts & {"contact_name", "contact_first_name", "contact_last_name", "role", "mobile"} and contacts & {
        "email",
        "phone",
        "mobile",
    }:
        address = customers & {"street", "postcode", "city", "siren", "vat_number", "credit_limit"}
        return FileKind.CUSTOMERS if len(address) > 1 else FileKind.CONTACTS
    if len(customers) > 1:
        return FileKind.CUSTOMERS
    return FileKind.OPEN_ITEMS


def _choose(headings: Sequence[str], columns: Sequence[Sequence[Cell]], kind: FileKind) -> tuple[FieldChoice, ...]:
    """Give each field of a kind at most one column and each column at most one field, the surest first."""
    candidates: list[tuple[int, int, FieldChoice]] = []
    for order, target in enumerate(TARGET_FIELDS):
        if kind not in target.kinds:
            continue
        for index, heading in enumerate(headings):
            choice = _candidate(target, heading, index, columns[index])
            if choice is not None:
                candidates.append((-choice.confidence_pct, order, choice))
    chosen: dict[str, FieldChoice] = {}
    taken: set[int] = set()
    for _, _, choice in sorted(candidates, key=lambda each: (each[0], each[1], each[2].column)):
        if choice.name not in chosen and choice.column not in taken:
            chosen[choice.name] = choice
            taken.add(choice.column)
    if "account_number" not in chosen and "customer_name" in chosen:
        name = chosen["customer_name"]
        chosen["account_number"] = FieldChoice(
            name="account_number",
            heading=name.heading,
            column=name.column,
            confidence_pct=50,
            why=(because(MappingCode.NAME_FOR_NUMBER),),
        )
    only = chosen.get("amount_company")
    if only is not None and not chosen.keys() & {"amount", "amount_open", "debit", "credit"}:
        chosen["amount"] = replace(
            chosen.pop("amount_company"), name="amount", why=(*only.why, because(MappingCode.ONLY_AMOUNT))
        )
    return tuple(chosen[target.name] for target in TARGET_FIELDS if target.name in chosen)


def count_known_headings(cells: Sequence[Cell]) -> int:
    """Count the cells that are a known heading as they stand; tells the row of headings from others."""
    return sum(isinstance(cell, str) and fold_heading(cell) in _KNOWN_HEADINGS for cell in cells)


def _candidate(target: TargetField, heading: str, index: int, cells: Sequence[Cell]) -> FieldChoice | None:
    score, match = match_heading(target.name, fold_heading(heading))
    if match is None:
        return None
    filled = [cell for cell in cells if cell_text(cell)]
    right_pct = 100 * sum(_fits(target.value_type, cell) for cell in filled) // len(filled) if filled else 100
    if right_pct < (_KNOWN_VALUES_RIGHT_MIN_PCT if score >= _KNOWN_SCORE_MIN else _VALUES_RIGHT_MIN_PCT):
        return None
    why: tuple[Reason, ...] = (match,)
    if not filled:
        score, why = score - 10, (match, because(MappingCode.SAMPLE_BLANK))
    elif right_pct < 100:
        why = (match, because(MappingCode.VALUES_FIT, share=right_pct))
    confidence_pct = max(CONFIDENCE_MIN, score * right_pct // 100)
    return FieldChoice(name=target.name, heading=heading, column=index, confidence_pct=confidence_pct, why=why)


@lru_cache(maxsize=8192)
def match_heading(name: str, folded: str) -> tuple[int, Reason | None]:
    """Say how well a folded heading names a field (0 to 100) and why.

    >>> match_heading("document_number", "belnr")[0] > match_heading("document_number", "invoice id")[0]
    True
    >>> print(*match_heading("fiscal_year", "buisness year"))
    70 HEADING_ALIKE heading='business year'
    >>> match_heading("due_date", "siren")
    (0, None)
    """
    if not folded:
        return 0, None
    known = TARGETS_BY_NAME[name].headings
    plain = re.sub(r"(?<=[a-z]) \d+$", "", folded)
    for candidate, penalty in ((folded, 0), (plain, 15)):
        if candidate in known:
            score = 100 - penalty - min(known.index(candidate), 40) // 4
            return score, because(MappingCode.HEADING_KNOWN, heading=candidate)
    words = set(folded.split())
    best = max((each for each in known if len(each) > 4 and set(each.split()) <= words), key=len, default=None)
    if best is not None:
        return 62 + min(len(best.split()), 3) * 4, because(MappingCode.HEADING_CONTAINS, heading=best)
    if len(folded) > 5:
        alike = get_close_matches(folded, known, n=1, cutoff=_ALIKE_MIN)
        if alike:
            return 70, because(MappingCode.HEADING_ALIKE, heading=alike[0])
    return 0, None


def _fits(value_type: ValueType, cell: Cell) -> bool:
    text = cell_text(cell)
    match value_type:
        case ValueType.DATE:
            return is_day(cell) or (len(text) == 6 and text.isdigit())
        case ValueType.AMOUNT:
            return is_number(cell)
        case ValueType.CURRENCY:
            return read_currency(cell) is not None or (len(text) == 3 and text.isalpha())
        case ValueType.SIDE:
            return read_side(cell) is not None
        case ValueType.INTEGER:
            return re.fullmatch(r"\d+(\.0+)?", text) is not None
        case ValueType.EMAIL:
            return _EMAIL.search(text) is not None
        case ValueType.COUNTRY | ValueType.LANGUAGE:
            return not any(char.isdigit() for char in text)
        case ValueType.IDENTIFIER:
            return len(text) <= 100
        case _:
            return True


def _texts(values: dict[str, Sequence[Cell]], value_type: ValueType) -> list[str]:
    return [
        cell.strip()
        for name, cells in values.items()
        if TARGETS_BY_NAME[name].value_type is value_type
        for cell in cells
        if isinstance(cell, str) and cell.strip()
    ]


def _date_order(headings: Sequence[str], values: dict[str, Sequence[Cell]], warnings: list[Reason]) -> DateOrder | None:
    samples = _texts(values, ValueType.DATE)
    order = guess_date_order(samples)
    if order is not None or all(is_day(sample) and _tells_itself(sample) for sample in samples):
        return order
    words = {word for heading in headings for word in fold_heading(heading).split()}
    if words & _ENGLISH:
        warnings.append(because(MappingCode.DAY_ORDER_UNKNOWN))
        return None
    warnings.append(because(MappingCode.DAY_FIRST_ASSUMED))
    return "DMY"


def _tells_itself(sample: str) -> bool:
    return is_day(sample, "DMY") == is_day(sample, "MDY") == is_day(sample, "YMD")


def _sign_rule(values: dict[str, Sequence[Cell]]) -> SignRule:
    amounts = values.get("amount_open") or values.get("amount")
    if amounts is None:
        return SignRule.TWO_COLUMNS if {"debit", "credit"} <= values.keys() else SignRule.SIGNED
    has_negative = any(_is_negative(cell) for cell in amounts)
    if "side" in values:
        signs = [read_side(cell) for cell in values["side"]]
        agrees = has_negative and all(
            (sign == -1) == _is_negative(cell) for sign, cell in zip(signs, amounts, strict=False)
        )
        return SignRule.SIGNED if agrees else SignRule.SIDE
    if not has_negative and any(is_credit_type(cell_text(cell)) for cell in values.get("kind", ())):
        return SignRule.BY_KIND
    return SignRule.SIGNED


def _receivable_prefixes(values: dict[str, Sequence[Cell]], warnings: list[Reason]) -> tuple[str, ...]:
    """Take only 411 accounts of a file that holds the whole ledger."""
    accounts = {cell_text(cell) for cell in values.get("receivable_account", ())}
    if any(each.startswith("411") for each in accounts) and any(not each.startswith("41") for each in accounts if each):
        warnings.append(because(MappingCode.OTHER_ACCOUNTS_LEFT_OUT, prefix="411"))
        return ("411",)
    return ()


def _is_negative(cell: Cell) -> bool:
    text = cell_text(cell)
    return is_number(cell) and (text.startswith(("-", "(", "\u2212")) or text.endswith(("-", ")", "CR")))


def _currency_in_headings(choices: Sequence[FieldChoice]) -> str | None:
    for choice in choices:
        if choice.name in {"amount_open", "amount", "debit", "credit"}:
            if "€" in choice.heading:
                return "EUR"
            for code in _ISO_CODE.findall(choice.heading):
                if is_known_currency(code):
                    return str(code)
    return None
