"""What :86: says of a payment, in the dialects of banks: numbered subfields, /KEY/ words, KEY: words, plain text.

Every reading returns fields of `ParsedTransaction` by their names. Nothing of the bank's text is dropped: what has
no field of its own goes to `additional_text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from quittance.adapters.statements.camt_values import is_iban
from quittance.adapters.statements.mt940_keywords import read_colon_words, read_slash_words

Fields = dict[str, Any]
_TEXT_MAX: Final = 4000
_FULL_LINE: Final = 60
_SUBFIELD_WIDTH: Final = 27
_NUMBERED: Final = re.compile(r"\s*(?P<code>[0-9]{3})?(?P<mark>[?>~^<])(?=[0-9]{2})")
_SEPA: Final = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|IBAN|BIC)\+")
_REMITTANCE: Final = frozenset({*(f"{n}" for n in range(20, 30)), *(f"{n}" for n in range(60, 64))})
_NAMED: Final = frozenset({"30", "31", "32", "33", "34", "38"})
_RETURNS: Final = frozenset({"108", "109", "159"})
"""Business codes of German banks for what comes back: B2B and core direct debits, credit transfers."""
_NOTHING: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NICHT ANGEGEBEN"})
_IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_COMPACT_IBAN: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}(?![A-Z0-9])")
_IBAN_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_TRANSACTION_CODE: Final = re.compile(r"/TRCD/([A-Z0-9]+)/?")
_BELGIAN: Final = re.compile(r"[+*]{3}\s?([0-9]{3})/([0-9]{4})/([0-9]{5})\s?[+*]{3}")


def read_details(lines: Sequence[str], *, supplement: str = "", is_credit: bool, own_account: str = "") -> Fields:
    """Return what the lines of :86: (without the tag) and the second line of :61: say.

    >>> found = read_details(["166?00GUTSCHRIFT?20SVWZ+Rechnung 7?32Erika?33Muster"], is_credit=True)
    >>> found["counterparty_name"], found["text"], found["bank_code"]
    ('Erika Muster', 'Rechnung 7', '166')
    """
    flat = "".join(lines)
    numbered = _NUMBERED.match(flat)
    if numbered:
        fields = _read_numbered(flat[numbered.end() :], code=numbered["code"] or "", mark=numbered["mark"])
    else:
        text = unfold(lines)
        fields = read_slash_words(text, is_credit=is_credit) or read_colon_words(text) or _read_plain(lines, supplement)
    _take_supplement(fields, supplement, is_credit=is_credit)
    _sort_account(fields, own_account=own_account)
    fields["structured_references"] = tuple(
        dict.fromkeys([*fields.get("structured_references", ()), *_belgian_references(fields.get("text", ""))])
    )
    return {name: _tidy(value) for name, value in fields.items() if value}


def unfold(lines: Sequence[str]) -> str:
    """Join lines: one that is full was cut by the bank, a shorter one ended by itself (a line break stays)."""
    return "".join(line if len(line) >= _FULL_LINE else line + "\n" for line in lines).strip("\n")


def _tidy(value: Any) -> Any:
    return " ".join(value.split())[:_TEXT_MAX] if isinstance(value, str) else value


def _read_numbered(body: str, *, code: str, mark: str) -> Fields:
    """Read subfields like ?20...?32: German and Polish banks, some Dutch ones."""
    pieces = re.split(rf"{re.escape(mark)}([0-9]{{2}})", mark + body)
    subfields = list(zip(pieces[1::2], pieces[2::2], strict=True))
    values = dict(subfields)
    words = _sepa_words(_flowing(value for number, value in subfields if number in _REMITTANCE))
    text = words.get("SVWZ", "") or words.get("", "")
    booking_text = values.get("00", "")
    left = [value for number, value in subfields if number not in _REMITTANCE | _NAMED | {"00", "10"}]
    said = [f"{key}+{words[key]}" for key in ("KREF", "CRED", "DEBT", "COAM", "OAMT", "ABWE") if key in words]
    if words.get("SVWZ") and words.get(""):
        said.insert(0, words[""])
    return {
        "bank_code": code,
        "counterparty_name": _flowing(values.get(number, "") for number in ("32", "33")),
        "counterparty_account": words.get("IBAN") or values.get("38") or values.get("31", ""),
        "counterparty_bic": words.get("BIC") or values.get("30", ""),
        "ultimate_debtor": words.get("ABWA", ""),
        "end_to_end_id": _said(words.get("EREF", "")),
        "mandate_id": _said(words.get("MREF", "")),
        "text": text or booking_text,
        "additional_text": " ".join(part for part in (booking_text if text else "", *said, *left) if part.strip()),
        "return_reason": (values.get("34", "").strip() or code) if code in _RETURNS else "",
    }


def _flowing(values: Iterable[str]) -> str:
    """Join subfields: one that is full goes on in the next, after a shorter one stands a space.

    >>> _flowing(["abcdefghijklmnopqrstuvwxyz-", "1", "2"])
    'abcdefghijklmnopqrstuvwxyz-1 2'
    """
    return "".join(value if len(value) >= _SUBFIELD_WIDTH else value + " " for value in values).strip()


def _sepa_words(text: str) -> dict[str, str]:
    """Return what stands behind EREF+, SVWZ+ and the like; what stands before the first under the empty key."""
    pieces = _SEPA.split(text)
    words = {"": pieces[0].strip()}
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        words.setdefault(key, value.strip())
    return words


def _said(value: str) -> str:
    return "" if value.strip().upper() in _NOTHING else value


def _read_plain(lines: Sequence[str], supplement: str) -> Fields:
    """Read text without any form; "account name" in its first line is the payer where :61: names it too."""
    text = unfold(lines)
    first, _, rest = text.partition("\n")
    name = supplement.strip()
    account, _, named = first.strip().partition(" ")
    if name and named.strip().lower() == name.lower() and any(character.isdigit() for character in account):
        return {"counterparty_name": name, "counterparty_account": account, "text": rest or first}
    found = _COMPACT_IBAN.findall(text) or ["".join(part.split()) for part in _IBAN.findall(text)]
    return {"text": text, "counterparty_account": next((iban for iban in found if is_iban(iban)), "")}


def _take_supplement(fields: Fields, supplement: str, *, is_credit: bool) -> None:
    """Add what the second line of :61: holds: the other account, /OCMT/ words, or more text."""
    supplement = supplement.strip()
    if not supplement:
        return
    compact = "".join(supplement.split())
    if _IBAN_SHAPE.fullmatch(compact) or (compact.isdigit() and 7 <= len(compact) <= 12):
        fields["counterparty_account"] = fields.get("counterparty_account") or compact
        return
    if code := _TRANSACTION_CODE.fullmatch(supplement):
        fields["bank_code"] = code[1]
        return
    words = read_slash_words(supplement, is_credit=is_credit)
    for name in ("instructed_amount", "instructed_currency"):
        if words and name in words:
            fields.setdefault(name, words[name])
    if not fields.get("text"):
        fields["text"] = supplement
    elif supplement not in fields["text"] and supplement != fields.get("counterparty_name"):
        fields["additional_text"] = f"{fields.get('additional_text', '')} {supplement}".strip()


def _sort_account(fields: Fields, *, own_account: str) -> None:
    """Put the other account under its IBAN where the check digits say so; our own account is not the other side."""
    account = "".join(fields.pop("counterparty_account", "").split()).upper()
    digits = account.lstrip("0")
    if not digits or (own_account and (account in own_account or own_account.endswith(digits))):
        return
    if account.isdigit() and len(account) == 26 and is_iban("PL" + account):
        account = "PL" + account
    fields["counterparty_iban" if is_iban(account) else "counterparty_account"] = account


def _belgian_references(text: str) -> list[str]:
    """Return structured communications: twelve digits of which the last two check the others."""
    found = ["".join(groups) for groups in _BELGIAN.findall(text)]
    return [digits for digits in found if (int(digits[:10]) % 97 or 97) == int(digits[10:])]
