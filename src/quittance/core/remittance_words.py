"""What one line of free text holds: references, amounts with the word before them, days, and what is neither.

Telephone numbers, IBANs, SIRETs, percentages, addresses of mail and pages are blanked first, so that nothing of
them is taken for an amount or a reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from quittance.core.dates import DateOrder, InvalidDate, parse_date
from quittance.core.mapping.text import fold_words
from quittance.core.money import DecimalMark, UnreadableAmount, is_known_currency, parse_amount

_SIGNS: Final = {"€": "EUR", "£": "GBP", "$": "USD"}
_CURRENCY: Final = r"(?:€|£|\$|US\$|EUR|USD|GBP|CHF|CAD|AUD|PLN|SEK|NOK|DKK|CZK|JPY|MXN|BRL|[Ee]uros?)"
_SPACE: Final = "[ \u00a0\u202f]"
_NUMBER: Final = (
    rf"\d{{1,3}}(?:(?P<group>{_SPACE}|[.,'’])\d{{3}})(?:(?P=group)\d{{3}})*(?:[.,]\d{{2}})?|\d+[.,]\d{{2}}|\d+"
)
AMOUNT: Final = re.compile(
    rf"(?<![\w.,/:#-])(?P<before>{_CURRENCY}{_SPACE}?)?(?P<sign>[-−–(]{_SPACE}?)?(?P<middle>{_CURRENCY}{_SPACE}?)?"
    rf"(?P<number>{_NUMBER})(?P<close>[)]|-(?![\w]))?(?P<after>{_SPACE}{{0,2}}{_CURRENCY}(?!\w))?"
    rf"(?P<side>{_SPACE}?(?:CR|DR)\b)?(?![\w%/:]|[.,]\d|-\d)"
)
_DATE: Final = re.compile(
    r"(?<![\w.,/-])(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2}|"
    r"\d{1,2}(?:st|nd|rd|th|er)? (?:de )?[A-Za-zéûàáíóú]{3,10}\.?,? (?:de )?(?:19|20)\d\d)(?![\w/-])"
)
_BLANKED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\S+@\S+",
        r"(?:https?://|www\.)\S+",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b",
        r"(?<!\w)\+\d{1,3}[ .()-]*(?:\d[ .()/-]*){6,12}(?!\w)",
        r"(?<!\w)\(?0\d\)?(?:[ .-]\d{2}){4}(?!\w)",
        r"\b\d{1,2} ?[h:] ?\d{2}(?::\d{2})?\b(?! ?(?:€|EUR))",
        r"(?<![\w.,])\d+(?:[.,]\d+)? ?%",
        r"\b(?:siret|siren|rcs|tva|vat|nif|cif|bic|swift|tel|tél|phone|fax|mob|ape|naf)\b[^,;|]*",
        r"\bcapital (?:social )?(?:de |of )?[\d .,]+(?:€|eur\w*)?",
    )
)
_TOKEN: Final = re.compile(r"(?<![\w@/.-])(?:[A-Za-z]{1,6}[ _])?[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?(?![\w@])")
_CUE: Final = re.compile(
    r"(?:\b(?:invoices?|inv|factures?|fact|fac|facturas?|fra|credit (?:notes?|memos?)|avoirs?|abonos?|"
    r"note de cr[ée]dit|nota de (?:cr[ée]dito|abono)|documents?|docs?|pi[èe]ces?|rechnung|bill|debit notes?|"
    r"r[ée]f(?:[ée]rences?)?|referencia)\b|\bn[°ºo]\.?)\s*(?:n[°ºo]\.?|nos?\.?|number|nr\.?|num[ée]ro|n[úu]mero|#|:|\.)*"
    r"\s*(?P<token>[A-Za-z0-9][\w./-]*)",
    re.IGNORECASE,
)
CREDIT: Final = re.compile(
    r"\b(?:avoirs?|credit (?:notes?|memos?)|abonos?|nota de (?:credito|abono)|note de credit|gutschrift|cn)\b"
)
DISCOUNT: Final = re.compile(r"\b(?:discount|escompte|descuento|skonto|remise|pronto pago)\b")
DEDUCTION: Final = re.compile(
    r"\b(?:deductions?|retenue|deduccion|retencion|withheld|claim|penalites?|penalty|chargeback|adjustment|"
    r"ajustement|ajuste|litige|short paid|abzug)\b"
)
PAID: Final = re.compile(r"\b(?:paid|net|neto|regle|paye|pagado|payment|paiement|reglement|pago|remitted)\b")
GROSS: Final = re.compile(r"\b(?:gross|brut|bruto|original|invoice amount|montant facture|importe factura|ttc)\b")
TOTAL: Final = re.compile(
    r"\b(?:total|totals|somme|suma|sum|summe|gesamtbetrag|montant (?:du )?(?:virement|paiement|reglement)|"
    r"(?:payment|transfer|remittance) amount|amount (?:paid|remitted|transferred|of payment)|"
    r"importe (?:de la )?(?:transferencia|pago)|importe pagado|montant (?:paye|regle|vire))\b"
)
_LABELS: Final = (("discount", DISCOUNT), ("deduction", DEDUCTION), ("gross", GROSS), ("paid", PAID))
_OTHER_DOCUMENT: Final = re.compile(
    r"\b(?:commande|order|purchase|po|pedido|bl|bon|livraison|delivery|albaran|contrat|contract|contrato|chantier|"
    r"dossier|lot|project|projet|client|customer|cliente|compte|account|cuenta|article|item)(?: n| no| nr)?$"
)
_SERIES: Final = re.compile(r"[A-Z]{2,6}[-/_]\d{1,12}")
_SPACED: Final = re.compile(r"(?<![\w/.-])[A-Z]{1,4} ?(?:19|20)\d\d \d{2,8}(?!\w)")
_TIE: Final = "\u02d1"  # stands for a space inside a reference; a letter, so that the reference is one word
_LABEL_REACH: Final = 28
_DIGITS_MIN: Final = 3
_BARE_DIGITS_MIN: Final = 4
_TOKEN_MAX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAmount:
    """An amount: where it stands, its value, and the kind of amount that the word before it says."""

    start: int
    end: int
    value: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundReference:
    """A reference: where it stands, how it is written, and whether a word such as "invoice" stands before it."""

    start: int
    text: str
    is_cued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedLine:
    """One line of a text, taken apart. `folded` is its words, `other_words` counts those that are none of this."""

    position: int
    text: str
    folded: str
    references: tuple[FoundReference, ...]
    amounts: tuple[FoundAmount, ...]
    day: date | None
    unreadable: str
    other_words: int


def scan_line(
    position: int, text: str, *, decimal_mark: DecimalMark | None = None, date_order: DateOrder | None = None
) -> ScannedLine:
    """Take a line apart.

    >>> line = scan_line(1, "Facture FA-2026-001 du 03/04/2026 : 1 200,50 EUR")
    >>> [each.text for each in line.references], [str(each.value) for each in line.amounts], line.day
    (['FA-2026-001'], ['1200.50'], datetime.date(2026, 4, 3))
    >>> scan_line(1, "Tél. 01 23 45 67 89 - SIRET 123 456 789 00012 - capital de 10 000,00 €").amounts
    ()
    """
    blanked = text.replace("\t", " ")
    for pattern in _BLANKED:
        blanked = pattern.sub(lambda found: " " * len(found[0]), blanked)
    day, blanked = _take_day(blanked, date_order)
    amounts, unreadable, rest = _take_amounts(blanked, decimal_mark)
    references, rest = _take_references(rest)
    words = [word for word in fold_words(rest).split() if len(word) > 1 and not word.isdigit()]
    return ScannedLine(
        position=position,
        text=text,
        folded=fold_words(text),
        references=references,
        amounts=amounts,
        day=day,
        unreadable=unreadable,
        other_words=sum(1 for word in words if not is_known_currency(word.upper())),
    )


def currencies_of(text: str) -> list[str]:
    """Return the currencies named beside numbers, in the order in which they stand there.

    >>> currencies_of("12,00 € et USD 5.00"), currencies_of("nothing")
    (['EUR', 'USD'], [])
    """
    found = []
    for match in AMOUNT.finditer(text):
        for name in ("before", "middle", "after"):
            word = (match[name] or "").strip().upper()
            if word:
                code = "EUR" if word.startswith("EURO") else _SIGNS.get(word.removeprefix("US"), word)
                found.append(code)
    return found


def amount_texts(text: str) -> list[str]:
    """Return the numbers with decimals of a text, to guess its decimal mark from."""
    return [match["number"] for match in AMOUNT.finditer(text) if re.search(r"[.,]\d{2}$", match["number"])]


def _take_day(text: str, order: DateOrder | None) -> tuple[date | None, str]:
    """Return the first day of a line and the line with all its days blanked."""
    first: date | None = None
    for match in _DATE.finditer(text):
        for attempt in (order, "DMY"):
            try:
                first = first or parse_date(match[0], attempt)
            except InvalidDate:
                continue
    return first, _DATE.sub(lambda found: " " * len(found[0]), text)


def _take_amounts(text: str, mark: DecimalMark | None) -> tuple[tuple[FoundAmount, ...], str, str]:
    found: list[FoundAmount] = []
    unreadable, rest, last = "", text, 0
    for match in AMOUNT.finditer(text):
        has_currency = any((match[name] or "").strip() for name in ("before", "middle", "after"))
        if not has_currency and not re.search(r"[.,]\d{2}$", match["number"]):
            continue
        sign = (match["sign"] or "").strip()
        close = (match["close"] or "").strip()
        number = f"({match['number']})" if sign == "(" and close == ")" else match["number"]
        is_negative = sign in {"-", "−", "–"} or close == "-" or (match["side"] or "").strip() == "CR"
        try:
            value = parse_amount(number, mark)
        except UnreadableAmount:
            unreadable = unreadable or match[0].strip()
            continue
        before = fold_words(text[max(last, match.start() - _LABEL_REACH) : match.start()])
        value = -value if is_negative and value > 0 else value
        found.append(FoundAmount(start=match.start(), end=match.end(), value=value, label=_label(before)))
        rest = rest[: match.start()] + " " * (match.end() - match.start()) + rest[match.end() :]
        last = match.end()
    return tuple(found), unreadable, rest


def _label(before: str) -> str:
    """Return the kind that the last telling word before an amount says, '' for none."""
    spans = [(found.end(), name) for name, pattern in _LABELS for found in pattern.finditer(before)]
    return max(spans)[1] if spans else ""


def _take_references(text: str) -> tuple[tuple[FoundReference, ...], str]:
    text = _SPACED.sub(lambda spaced: spaced[0].replace(" ", _TIE), text)
    cued = {match.start("token"): match["token"].rstrip(".-/") for match in _CUE.finditer(text)}
    found: dict[int, FoundReference] = {}
    for start, token in cued.items():
        if _is_reference(token, digits_min=1) and len(token) >= 2:
            found[start] = FoundReference(start=start, text=token, is_cued=True)
    taken = [(each.start, each.start + len(each.text)) for each in found.values()]
    for match in _TOKEN.finditer(text):
        token, start = match[0], match.start()
        if any(begin < match.end() and start < end for begin, end in taken):
            continue
        if _OTHER_DOCUMENT.search(fold_words(text[max(0, start - _LABEL_REACH) : start])) or _OTHER_DOCUMENT.match(
            fold_words(token.partition(" ")[0])
        ):
            continue
        if " " in token and not _is_reference(token.partition(" ")[2], digits_min=_DIGITS_MIN):
            continue
        if " " in token and token.partition(" ")[0].islower():
            start, token = start + token.index(" ") + 1, token.partition(" ")[2]
        if _SERIES.fullmatch(token) or _is_reference(
            token, digits_min=_BARE_DIGITS_MIN if token.isdigit() else _DIGITS_MIN
        ):
            found[start] = FoundReference(start=start, text=token, is_cued=False)
    rest = text
    for each in found.values():
        rest = rest[: each.start] + " " * len(each.text) + rest[each.start + len(each.text) :]
    return tuple(replace(found[start], text=found[start].text.replace(_TIE, " ")) for start in sorted(found)), rest


def _is_reference(token: str, *, digits_min: int) -> bool:
    digits = sum(character.isdigit() for character in token)
    return digits >= digits_min and len(token) <= _TOKEN_MAX and not re.fullmatch(r"(?:19|20)\d\d", token)
