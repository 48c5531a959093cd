"""From headings and some rows of an unknown table to a proposed mapping, each choice with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from quittance.core.dates import DateOrder, guess_date_order
from quittance.core.mapping.cells import Cell, cell_text, is_day, is_number, read_side
from quittance.core.mapping.columns import FieldChoice, choose_surest
from quittance.core.mapping.kinds import is_credit_type
from quittance.core.mapping.looks import contradicts, fits
from quittance.core.mapping.matching import KNOWN_SCORE_MIN, is_known_heading, match_heading
from quittance.core.mapping.profile import MappingProfile, SignRule
from quittance.core.mapping.targets import TARGET_FIELDS, TARGETS_BY_NAME, TargetField, ValueType
from quittance.core.mapping.text import fold_heading, heading_key, words_of
from quittance.core.money import guess_decimal_mark, is_known_currency
from quittance.core.ports.intake import FileKind
from quittance.core.reasons import MappingCode, Reason, because

CONFIDENCE_MIN: Final = 55  # below it nothing is proposed: a person sees a gap sooner than a mistake
_VALUES_RIGHT_MIN_PCT: Final = 60
_KNOWN_VALUES_RIGHT_MIN_PCT: Final = 25  # a column that bears a known name may hold many bad values
_PAYMENT_WORDS: Final = frozenset({"paiement", "payment", "pago", "cobro", "reglement", "receipt"})
_PAID: Final = frozenset({"montant paye", "montant regle", "amount paid", "paid amount", "importe pagado"})
_RUNNING: Final = frozenset({"solde", "saldo", "balance", "running balance"})
_ENGLISH: Final = frozenset({"due", "invoice", "customer", "amount", "posting", "issue", "settled", "paid"})
_ISO_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
_ITEM_AMOUNTS: Final = frozenset({"amount", "amount_open", "debit", "credit"})
_ITEM_DAYS: Final = frozenset({"document_date", "posting_date"})
_OF_CUSTOMERS: Final = words_of(
    "street postcode city country_code siren vat_number credit_limit terms_code payment_method iban virtual_iban "
    "collector parent_number is_strategic discount_pct discount_days"
)
_OF_CONTACTS: Final = frozenset({"contact_name", "contact_first_name", "contact_last_name", "role", "mobile"})


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
    items, customers, contacts = (
        {choice.name for choice in choices[kind]}
        for kind in (FileKind.OPEN_ITEMS, FileKind.CUSTOMERS, FileKind.CONTACTS)
    )
    has_amount = bool(items & _ITEM_AMOUNTS)
    if has_amount and items & {"document_number", "external_id"} and items & {*_ITEM_DAYS, "due_date"}:
        return FileKind.OPEN_ITEMS
    customer_signs = len(customers & _OF_CUSTOMERS)
    if contacts & _OF_CONTACTS and contacts & {"email", "phone", "mobile"} and "account_number" in contacts:
        is_customer = customer_signs > 1 or (customer_signs == 1 and contacts & _OF_CONTACTS == {"contact_name"})
        return FileKind.CUSTOMERS if is_customer and "customer_name" in customers else FileKind.CONTACTS
    if customer_signs and {"account_number", "customer_name"} <= customers:
        return FileKind.CUSTOMERS
    if has_amount and items & {"document_number", "external_id", "due_date", *_ITEM_DAYS}:
        return FileKind.OPEN_ITEMS
    return FileKind.CUSTOMERS if len(customers) > 1 and not has_amount else FileKind.OPEN_ITEMS


def _choose(headings: Sequence[str], columns: Sequence[Sequence[Cell]], kind: FileKind) -> tuple[FieldChoice, ...]:
    """Give each field of a kind at most one column and each column at most one field, the surest first."""
    candidates: list[FieldChoice] = []
    for target in TARGET_FIELDS:
        if kind not in target.kinds:
            continue
        for index, heading in enumerate(headings):
            choice = _candidate(target, heading, index, columns[index], kind)
            if choice is not None:
                candidates.append(choice)
    chosen = choose_surest(candidates, fields=tuple(TARGETS_BY_NAME))
    for name in _not_believed(chosen):
        del chosen[name]
    if "account_number" not in chosen and "customer_name" in chosen:
        by_name = chosen["customer_name"]
        chosen["account_number"] = FieldChoice(
            name="account_number",
            heading=by_name.heading,
            column=by_name.column,
            confidence_pct=50,
            why=(because(MappingCode.NAME_FOR_NUMBER),),
        )
    _take_payments(chosen, headings, columns)
    only = chosen.get("amount_company")
    if only is not None and not chosen.keys() & {"amount", "amount_open", "debit", "credit"}:
        chosen["amount"] = replace(
            chosen.pop("amount_company"), name="amount", why=(*only.why, because(MappingCode.ONLY_AMOUNT))
        )
    return tuple(chosen[target.name] for target in TARGET_FIELDS if target.name in chosen)


def _take_payments(chosen: dict[str, FieldChoice], headings: Sequence[str], columns: Sequence[Sequence[Cell]]) -> None:
    """In a list of payments, which its numbers tell, what was paid is the amount."""
    number = chosen.get("document_number")
    if number is None or chosen.keys() & _ITEM_AMOUNTS or not set(_key(number.heading).split()) & _PAYMENT_WORDS:
        return
    for index, heading in enumerate(headings):
        filled = [cell for cell in columns[index] if cell_text(cell)]
        if _key(heading) in _PAID and filled and all(is_number(cell) for cell in filled):
            why = (because(MappingCode.HEADING_KNOWN, heading=fold_heading(heading)),)
            chosen["amount"] = FieldChoice(name="amount", heading=heading, column=index, confidence_pct=80, why=why)
            return


def _not_believed(chosen: Mapping[str, FieldChoice]) -> set[str]:
    """Name the fields whose heading means something else beside the other columns of the file."""
    left: set[str] = set()
    balance = chosen.get("amount_open")
    if balance is not None and {"debit", "credit"} <= chosen.keys() and _key(balance.heading) in _RUNNING:
        left.add("amount_open")  # a balance after each line of a ledger, not what is open of it
    return left


def count_known_headings(cells: Sequence[Cell]) -> int:
    """Count the cells that are a known heading as they stand; tells the row of headings from others."""
    return sum(isinstance(cell, str) and is_known_heading(cell) for cell in cells)


def _key(heading: str) -> str:
    return heading_key(fold_heading(heading))


def _candidate(
    target: TargetField, heading: str, index: int, cells: Sequence[Cell], kind: FileKind
) -> FieldChoice | None:
    score, match = match_heading(target.name, fold_heading(heading), kind)
    if match is None:
        return None
    filled = [cell for cell in cells if cell_text(cell)]
    right_pct = 100 * sum(fits(target, cell) for cell in filled) // len(filled) if filled else 100
    if right_pct < (_KNOWN_VALUES_RIGHT_MIN_PCT if score >= KNOWN_SCORE_MIN else _VALUES_RIGHT_MIN_PCT):
        return None
    if contradicts(target, _key(re.sub(r" \(\d+\)$", "", heading)), filled):
        return None
    why: tuple[Reason, ...] = (match,)
    if not filled:
        score, why = score - 10, (match, because(MappingCode.SAMPLE_BLANK))
    elif right_pct < 100:
        why = (match, because(MappingCode.VALUES_FIT, share=right_pct))
    floor = CONFIDENCE_MIN if score >= KNOWN_SCORE_MIN else 0
    confidence_pct = max(floor, score * right_pct // 100)
    if confidence_pct < CONFIDENCE_MIN:
        return None
    return FieldChoice(name=target.name, heading=heading, column=index, confidence_pct=confidence_pct, why=why)


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
