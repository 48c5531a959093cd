"""Reading a remittance advice out of free text: mail bodies, the text of a PDF, plain files; French, English, Spanish.

A line counts when a reference and an amount stand on it, or under headings that name both. What cannot be told for
sure is rejected with its reason: one amount for several references, several amounts of which none is said to be the
one paid. Text that somebody quotes (our own reminder, an earlier mail) is left aside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from quittance.core.dates import guess_date_order
from quittance.core.mapping.remittance_headings import REMITTANCE_AMOUNT_FIELDS
from quittance.core.mapping.remittance_proposal import count_remittance_headings, field_of_heading
from quittance.core.mapping.text import fold_words
from quittance.core.money import guess_decimal_mark
from quittance.core.ports.intake import LineRemark, RejectedLine
from quittance.core.reasons import Reason, ReasonCode, because
from quittance.core.remittance_words import (
    CREDIT,
    DEDUCTION,
    DISCOUNT,
    TOTAL,
    FoundAmount,
    FoundReference,
    ScannedLine,
    amount_texts,
    currencies_of,
    scan_line,
)
from quittance.core.remittances import ZERO, Remittance, RemittanceLine, finish_remittance

REMARKS_MAX: Final = 50
_HEADINGS_MIN: Final = 2
_REFERENCE_LENGTH_MIN: Final = 4
_DAY: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_CELLS: Final = re.compile(r"\t+|\s{2,}|\s*[|;]\s*")
_REPLY: Final = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|message d'origine|mensaje original|forwarded message)|"
    r"(?:on|le|el)\b.{8,120}\b(?:wrote|a écrit|escribió)\s*:|_{10,}\s*$)",
    re.IGNORECASE,
)
_SAYS_PAYMENT: Final = re.compile(
    r"\b(?:remittance|payment advice|advice of payment|avis de (?:paiement|virement|reglement)|bordereau de reglement|"
    r"aviso de pago|notificacion de pago|detalle (?:del? )?pago|"
    r"(?:we (?:have |just )?|has been |have been |was )(?:paid|settled|transferred|remitted|wired)|"
    r"(?:payment|transfer) (?:made|sent|executed|of|details|was|has)|"
    r"(?:avons|ai|a ete|ont ete|avons bien) (?:bien )?(?:regle|paye|vire|effectue|procede)\w*|"
    r"virement (?:effectue|de|du|emis|sepa|ce jour|a ete)|reglement (?:de|du|des|par|ci)|"
    r"(?:hemos|he) (?:pagado|realizado|efectuado|transferido|abonado|ordenado)|"
    r"transferencia (?:realizada|de|por|emitida)|zahlungsavis)\b"
)
_SAYS_NOT: Final = re.compile(
    r"\b(?:have not|not (?:been )?(?:paid|settled)|unpaid|n avons pas|n a pas ete|pas encore|impayee?s?|"
    r"no hemos|impagad[ao]s?|reminder|relance|recordatorio|overdue)\b"
)
_PAYMENT_DAY: Final = re.compile(
    r"\b(?:payment date|date (?:of|de|du) (?:payment|paiement|reglement|virement|valeur)|value date|paid on|"
    r"fecha (?:de )?(?:pago|valor|transferencia)|virement du|payment of|date paiement|transfer date|settlement date|"
    r"(?:regle|paye|vire|effectue|paid|pagado|transferred|transfer|advice|"
    r"transferencia)(?: on| of| le| el| du| de)? (?=\d))"
)
_PAYMENT_REFERENCE: Final = re.compile(
    r"(?:payment|transfer|remittance|wire|r[ée]f[ée]rence (?:de |du )?(?:paiement|virement|r[èe]glement)|"
    r"avis (?:de \w+ )?n[°o]|virement|r[èe]glement|referencia (?:de |del )?(?:pago|transferencia)|pago|transferencia|"
    r"cheque|check)\s*(?:advice\s*)?(?:reference|ref|r[ée]f|id|number|no|n[°ºo])?\s*[.:#]*\s*"
    r"(?P<token>[A-Za-z0-9][\w/-]*\d[\w/-]*)(?![\w/-]|[.,]\d)",
    re.IGNORECASE,
)
_PAYER: Final = re.compile(
    r"^\s*(?:payer|payeur|remitter|paid by|donneur d'ordre|[ée]metteur|ordonnateur|ordenante|pagador|"
    r"customer|client|cliente|debtor|d[ée]biteur|buyer|from company)\s*(?:name)?\s*:\s*(?P<name>\S.{1,150}?)\s*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Reading:
    """What has been found so far; `columns` are the amounts that the headings above name, in their order."""

    lines: list[RemittanceLine] = field(default_factory=list)
    loose: list[RemittanceLine] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    unused: list[ScannedLine] = field(default_factory=list)
    totals: list[tuple[int, Decimal]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    reference_at: int | None = None


def read_text(text: str) -> Remittance:
    """Return what a text says of a payment; without lines and rejected lines it is no advice.

    >>> advice = read_text("Virement du 03/04/2026\\nFA-1001  1 200,00 €\\nAvoir AV-7  200,00 €\\nTotal 1 000,00 €")
    >>> [(each.reference, str(each.amount_paid)) for each in advice.lines], advice.is_adding_up, advice.currency
    ([('FA-1001', '1200.00'), ('AV-7', '-200.00')], True, 'EUR')
    >>> read_text("Bonjour, pouvez-vous me rappeler au 01 23 45 67 89 ?").lines
    ()
    """
    raw = own_lines(text)
    joined = "\n".join(line for _, line in raw)
    mark = guess_decimal_mark(amount_texts(joined))
    order = guess_date_order(re.findall(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b", joined)) or "DMY"
    reading = _Reading()
    scanned = [scan_line(position, line, decimal_mark=mark, date_order=order) for position, line in raw]
    for line in scanned:
        _take(line, reading)
    if not reading.lines:
        _take_single(scanned, reading)
    return finish_remittance(_with_head(reading, scanned, joined))


def says_payment(text: str) -> bool:
    """Say whether a message speaks of a payment that was made, in what its writer wrote.

    >>> says_payment("Please find our remittance advice"), says_payment("Where is my order 1200?")
    (True, False)
    >>> says_payment("Merci.\\n> Nous avons réglé FA-1"), says_payment("Invoice FA-1 is not paid: it is contested")
    (False, False)
    """
    folded = fold_words("\n".join(line for _, line in own_lines(text)))
    return _SAYS_PAYMENT.search(folded) is not None and _SAYS_NOT.search(folded) is None


def own_lines(text: str) -> list[tuple[int, str]]:
    """Return the numbered lines that the writer wrote: without quotes, and nothing below "wrote:".

    >>> own_lines("Paid.\\n> your mail\\nOn 3 May 2026, Anna wrote:\\nFA-1 12.00")
    [(1, 'Paid.')]
    """
    found = []
    for position, line in enumerate(text.splitlines(), 1):
        if _REPLY.match(line):
            break
        if line.strip() and not line.lstrip().startswith(">"):
            found.append((position, line))
    return found


def _take(line: ScannedLine, reading: _Reading) -> None:
    """Put a line where it belongs: headings, total, document, adjustment, or nothing that counts."""
    if not line.amounts:
        if _is_heading(line, reading):
            return
        if line.unreadable and _references(line, reading):
            _reject(line, because(ReasonCode.AMOUNT_UNREADABLE, value=line.unreadable), reading)
        return
    references = _references(line, reading)
    if not references:
        if TOTAL.search(line.folded) and not DISCOUNT.search(line.folded):
            reading.totals.append((line.position, line.amounts[-1].value))
        elif reading.lines and (DISCOUNT.search(line.folded) or DEDUCTION.search(line.folded)):
            reading.loose.append(_adjustment(line))
        else:
            reading.unused.append(line)
        return
    is_credit = CREDIT.search(line.folded) is not None
    if len(references) > 1 and len(references) == len(line.amounts) and _alternate(references, line.amounts):
        for reference, amount in zip(references, line.amounts, strict=True):
            reading.lines.append(_document(line, reference, amount.value, is_credit=is_credit))
        return
    if len(references) > 1:
        chosen = _told_reference(references, reading)
        if chosen is None:
            _reject(line, because(ReasonCode.SEVERAL_REFERENCES, count=len(references)), reading)
            return
        references = (chosen,)
    _take_document(line, references[0], reading, is_credit=is_credit)


def _references(line: ScannedLine, reading: _Reading) -> tuple[FoundReference, ...]:
    """Return the references that count: bare digits only after a word that names a document, or in a table."""
    is_table = bool(reading.columns) or line.other_words == 0
    return tuple(
        each for each in line.references if each.is_cued or not each.text.replace("-", "").isdigit() or is_table
    )


def _is_heading(line: ScannedLine, reading: _Reading) -> bool:
    """Take a line of headings: the amounts that it names, and where its references stand."""
    cells = [cell for cell in _CELLS.split(line.text.strip()) if cell]
    if len(cells) < _HEADINGS_MIN:
        cells = line.text.split()
    if count_remittance_headings(cells) < _HEADINGS_MIN:
        return False
    names = [field_of_heading(cell) for cell in cells]
    amounts = tuple(name for name in names if name in REMITTANCE_AMOUNT_FIELDS)
    if not amounts or sum(name is None for name in names) > len(names) // 2:
        return False
    if amounts == ("amount_gross",):
        amounts = ("amount_paid",)
    reading.columns = amounts
    reading.reference_at = line.text.find(cells[names.index("reference")]) if "reference" in names else None
    return True


def _alternate(references: Sequence[FoundReference], amounts: Sequence[FoundAmount]) -> bool:
    """Say whether each reference is followed by its amount."""
    places = [place for pair in zip(references, amounts, strict=True) for place in (pair[0].start, pair[1].start)]
    return places == sorted(places)


def _told_reference(references: Sequence[FoundReference], reading: _Reading) -> FoundReference | None:
    """Return the one below the heading of references, None when nothing tells which one is meant."""
    at = reading.reference_at
    if at is None:
        return None
    return min(references, key=lambda each: (abs(each.start - at), each.start))


def _take_document(line: ScannedLine, reference: FoundReference, reading: _Reading, *, is_credit: bool) -> None:
    amounts = _told_amounts(line.amounts, reading.columns)
    if amounts is None:
        reason = because(ReasonCode.AMOUNTS_UNCLEAR, count=len(line.amounts), reference=reference.text)
        _reject(line, reason, reading)
        return
    gross = amounts.get("amount_gross")
    reading.lines.append(
        replace(
            _document(line, reference, amounts["amount_paid"], is_credit=is_credit),
            amount_gross=gross,
            amount_discount=abs(amounts.get("amount_discount", ZERO)),
            amount_deduction=abs(amounts.get("amount_deduction", ZERO)),
        )
    )


def _told_amounts(found: Sequence[FoundAmount], columns: tuple[str, ...]) -> dict[str, Decimal] | None:
    """Say which amount is which: by the headings, by the words before them, by their sum; None when nothing says it.

    Three amounts of which the first less the second is the third are gross, discount and paid.
    """
    values = [each.value for each in found]
    if len(values) == len(columns):
        told = dict(zip(columns, values, strict=True))
        if "amount_paid" in told:
            return told
    if len(values) == 1:
        return {"amount_paid": values[0]}
    labels = [each.label for each in found]
    if len(set(labels)) == len(labels) and set(labels) - {""} and "" not in labels[1:]:
        told = {f"amount_{label or ('gross' if 'paid' in labels else 'paid')}": each.value
                for label, each in zip(labels, found, strict=True)}  # fmt: skip
        if "amount_paid" in told:
            return told
        if "amount_gross" in told:
            kept = abs(told.get("amount_discount", ZERO)) + abs(told.get("amount_deduction", ZERO))
            return {**told, "amount_paid": told["amount_gross"] - kept}
    if len(values) == 3 and values[0] - abs(values[1]) == values[2]:
        return {"amount_gross": values[0], "amount_discount": values[1], "amount_paid": values[2]}
    return {"amount_paid": values[0]} if len(set(values)) == 1 else None


def _document(line: ScannedLine, reference: FoundReference, paid: Decimal, *, is_credit: bool) -> RemittanceLine:
    return RemittanceLine(
        position=line.position,
        reference=reference.text,
        document_date=line.day,
        amount_paid=paid,
        is_credit_note=is_credit,
    )


def _adjustment(line: ScannedLine) -> RemittanceLine:
    words = " ".join(line.text[: line.amounts[-1].start].split()).strip(" :-")
    return RemittanceLine(
        position=line.position, reference="", amount_paid=-abs(line.amounts[-1].value), reason_text=words[:255]
    )


def _take_single(scanned: Sequence[ScannedLine], reading: _Reading) -> None:
    """Take the one reference and the one amount of a text that has both on lines of their own."""
    named = {each.text for line in scanned for each in line.references if each.is_cued and not line.amounts}
    values = {value for _, value in reading.totals} or {each.value for line in reading.unused for each in line.amounts}
    if len(named) != 1 or len(values) != 1 or reading.rejected:
        return
    name = next(iter(named))
    line = next(line for line in scanned if any(each.text == name for each in line.references))
    reference = next(each for each in line.references if each.text == name)
    is_credit = CREDIT.search(line.folded) is not None
    reading.lines.append(_document(line, reference, next(iter(values)), is_credit=is_credit))
    reading.unused = []


def _with_head(reading: _Reading, scanned: Sequence[ScannedLine], joined: str) -> Remittance:
    lines_sum = sum((_signed(line) for line in reading.lines), ZERO)
    loose_sum = sum((line.amount_paid for line in reading.loose), ZERO)
    totals = {value for _, value in reading.totals}
    fitting = totals & {lines_sum, lines_sum + loose_sum}
    total = next(iter(fitting)) if fitting else next(iter(totals)) if len(totals) == 1 else None
    lines = _with_loose(reading, is_net=bool(reading.loose) and total == lines_sum)
    remarks = [
        LineRemark(
            position=line.position,
            content=line.text.strip()[:400],
            reason=because(ReasonCode.AMOUNT_WITHOUT_REFERENCE),
        )
        for line in reading.unused[:REMARKS_MAX]
        if reading.lines or reading.rejected
    ]
    if len(totals) > 1 and not fitting:
        told = because(ReasonCode.TOTALS_DIFFER, totals=", ".join(f"{value:f}" for value in sorted(totals)))
        remarks.append(LineRemark(position=reading.totals[0][0], content=joined[:400], reason=told))
    named = Counter(currencies_of(joined))
    return Remittance(
        position=1,
        payer_name=next((match["name"] for line in scanned if (match := _PAYER.match(line.text))), ""),
        payment_reference=_payment_reference(scanned, reading),
        payment_date=next((line.day for line in scanned if line.day and _PAYMENT_DAY.search(line.folded)), None),
        currency=named.most_common(1)[0][0] if len(named) == 1 else "",
        total=total,
        lines=lines,
        rejected=tuple(reading.rejected),
        remarks=tuple(remarks),
    )


def _signed(line: RemittanceLine) -> Decimal:
    return -line.amount_paid if line.is_credit_note and line.amount_paid > 0 else line.amount_paid


def _with_loose(reading: _Reading, *, is_net: bool) -> tuple[RemittanceLine, ...]:
    """Return the lines with what stood below them: as lines of their own, or, where the total shows that the amounts
    are net already, as the reason of the line above.
    """
    if not is_net:
        return tuple(sorted([*reading.lines, *reading.loose], key=lambda line: line.position))
    lines = list(reading.lines)
    for loose in reading.loose:
        index = max((i for i, line in enumerate(lines) if line.position < loose.position), default=0)
        line = lines[index]
        kept = -loose.amount_paid
        gross = (line.amount_paid if line.amount_gross is None else line.amount_gross) + kept
        lines[index] = replace(
            line,
            amount_gross=gross if line.amount_gross is None else line.amount_gross,
            amount_deduction=line.amount_deduction + kept,
            reason_text=(line.reason_text or loose.reason_text)[:255],
        )
    return tuple(lines)


def _payment_reference(scanned: Sequence[ScannedLine], reading: _Reading) -> str:
    taken = {line.reference for line in reading.lines}
    for line in scanned:
        match = _PAYMENT_REFERENCE.search(line.text)
        if match is None or match["token"] in taken or len(match["token"]) < _REFERENCE_LENGTH_MIN:
            continue
        if not _DAY.fullmatch(match["token"]):
            return match["token"][:80]
    return ""


def _reject(line: ScannedLine, reason: Reason, reading: _Reading) -> None:
    reading.rejected.append(RejectedLine(position=line.position, content=line.text.strip()[:400] or "–", reason=reason))
