"""The :86: dialects of key words: /NAME/.../REMI/... (Dutch, Belgian and other banks) and NAAM: ... or TYT.: ..."""

from __future__ import annotations

import re
from typing import Any, Final

from quittance.adapters.statements.camt_values import ValueUnreadable, parse_amount
from quittance.core.currencies import is_known_currency

Fields = dict[str, Any]
_SLASH_KEYS: Final = (
    "TRTP", "IBAN", "BBAN", "BIC", "NAME", "REMI", "EREF", "MARF", "CSID", "ORDP", "BENM", "CNTP", "ISDT", "ADDR",
    "PURP", "CDTRREFTP", "CDTRREF", "ULTC", "ULTD", "ULTB", "RTRN", "OCMT", "CHGS", "EXCH", "PREF", "IREF", "KREF",
    "TRCD", "SVCL", "ID", "OGB", "VA",
)  # fmt: skip
# A bank may fold its lines within a key.
_SLASH: Final = re.compile(
    "/(" + "|".join("\n?".join(key) for key in sorted(_SLASH_KEYS, key=len, reverse=True)) + ")\n?/"
)
_OWN_FIELDS: Final = frozenset(
    {"IBAN", "BBAN", "BIC", "NAME", "REMI", "EREF", "MARF", "ORDP", "BENM", "CNTP", "CDTRREF", "RTRN", "ULTD"}
)
_COLON_KEYS: Final = {
    "IBAN": "account", "REK": "account", "Z RACH.": "account", "NA RACH.": "account",
    "BIC": "bic", "NAAM": "name", "NAME": "name", "OD": "name", "DLA": "name",
    "OMSCHRIJVING": "text", "DESCRIPTION": "text", "TYT.": "text",
    "KENMERK": "end_to_end", "MACHTIGING": "mandate", "INCASSANT": "", "TNR": "reference", "DATA STEMPLA": "",
    "ID IPH": "", "PAS": "",
}  # fmt: skip
_COLON: Final = re.compile(
    r"(?:^|(?<=[\s;/]))(" + "|".join(re.escape(key).replace(r"\ ", r"\s") for key in _COLON_KEYS) + r"):\s"
)
_COLON_TELLING: Final = frozenset({"IBAN", "REK", "Z RACH.", "NA RACH.", "NAAM", "TYT.", "OMSCHRIJVING"})
_NOTHING: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF"})


def read_slash_words(text: str, *, is_credit: bool) -> Fields:
    """Return the fields of a text that begins with /KEY/; nothing when it does not.

    >>> found = read_slash_words("/ORDP//NAME/Bedrijf B.V./REMI/NR.1/2013/ISDT/2013-04-03", is_credit=True)
    >>> found["counterparty_name"], found["text"]
    ('Bedrijf B.V.', 'NR.1/2013')
    """
    pieces = _SLASH.split(text)
    if len(pieces) < 3 or len(pieces[0].strip()) > 3:
        return {}
    pairs = [(key.replace("\n", ""), value) for key, value in zip(pieces[1::2], pieces[2::2], strict=True)]
    fields: Fields = {}
    role = ""
    for key, value in pairs:
        if key in ("ORDP", "BENM", "ULTD", "ULTC", "ULTB"):
            role = key
        _take(fields, key, value.strip("/") if key != "ORDP" else value, role=role, is_credit=is_credit)
    left = [f"{key} {value.strip('/ ')}" for key, value in pairs if key not in _OWN_FIELDS and value.strip("/ \n")]
    fields["additional_text"] = " ".join(left)
    if not fields.get("text"):
        fields["text"] = next((value.strip("/ ") for key, value in pairs if key == "TRTP"), "")
    return fields


def _take(fields: Fields, key: str, value: str, *, role: str, is_credit: bool) -> None:
    value = value.strip()
    if not value:
        return
    if key == "NAME":
        name_of_role = {"ULTD": "ultimate_debtor", "ULTC": "", "ULTB": ""}.get(role, "counterparty_name")
        ours = "BENM" if is_credit else "ORDP"
        if name_of_role and not (role == ours and fields.get("counterparty_name")):
            fields[name_of_role] = value
    elif key in ("IBAN", "BBAN"):
        fields["counterparty_account"] = value.replace("\n", "")
    elif key == "BIC":
        fields["counterparty_bic"] = "".join(value.split())
    elif key == "CNTP":
        account, bic, name = [*(part.strip() for part in value.split("/")), "", ""][:3]
        fields |= {"counterparty_account": account, "counterparty_bic": bic, "counterparty_name": name}
    elif key in ("ORDP", "BENM"):
        _take_party(fields, value)
    elif key == "REMI":
        _take_remittance(fields, value)
    elif key == "CDTRREF":
        fields["structured_references"] = (*fields.get("structured_references", ()), "".join(value.split()))
    elif key == "OCMT":
        _take_ordered(fields, value)
    elif key in ("EREF", "MARF", "RTRN", "ULTD"):
        name = {"EREF": "end_to_end_id", "MARF": "mandate_id", "RTRN": "return_reason", "ULTD": "ultimate_debtor"}[key]
        said = value.split("/")[0] if key in ("RTRN", "ULTD") else value
        if said.upper() not in _NOTHING:
            fields[name] = said


def _take_party(fields: Fields, value: str) -> None:
    """Read a party written in lines: its account, its name, then what it says."""
    account, *lines = [line.strip(" /") for line in value.strip("/").split("\n")]
    if account.isalnum() and any(character.isdigit() for character in account):
        fields["counterparty_account"] = account
    else:
        lines.insert(0, account)
    if lines:
        fields["counterparty_name"] = lines[0]
        fields["text"] = " ".join(lines[1:])


def _take_remittance(fields: Fields, value: str) -> None:
    """Read /REMI/: USTD//text, STRD/issuer/reference, or text as it is."""
    kind, _, rest = value.partition("/")
    if kind == "USTD":
        fields["text"] = rest.strip("/")
    elif kind == "STRD":
        *_, reference = rest.strip("/").split("/")
        fields["structured_references"] = (*fields.get("structured_references", ()), "".join(reference.split()))
        fields["text"] = reference
    else:
        fields["text"] = value


def _take_ordered(fields: Fields, value: str) -> None:
    """Read the amount that was ordered, like USD2853,12."""
    currency, digits = value[:3], value[3:].split("/")[0].replace(",", ".").removesuffix(".")
    if not is_known_currency(currency):
        return
    try:
        fields |= {"instructed_amount": parse_amount(digits), "instructed_currency": currency}
    except ValueUnreadable:
        return


def read_colon_words(text: str) -> Fields:
    """Return the fields of a text with words like IBAN: or TYT.:; nothing when it has none that tells.

    >>> found = read_colon_words("PRZELEW; Z RACH.: 123; OD: FIRMA SP. Z O.O.; TYT.: F 7/2026; TNR: 15")
    >>> found["counterparty_name"], found["text"], found["transaction_id"]
    ('FIRMA SP. Z O.O.', 'F 7/2026', '15')
    """
    pieces = _COLON.split(text)
    keys = [" ".join(key.split()) for key in pieces[1::2]]
    if not _COLON_TELLING.intersection(keys):
        return {}
    found: dict[str, str] = {}
    left = [pieces[0].strip(" ;\n")]
    for key, value in zip(keys, pieces[2::2], strict=True):
        value = value.strip(" ;/\n")
        name = _COLON_KEYS[key]
        if name and name not in found and value.upper() not in _NOTHING:
            found[name] = value
        else:
            left.append(f"{key}: {value}")
    return {
        "counterparty_name": found.get("name", ""),
        "counterparty_account": found.get("account", "").split("\n")[0],
        "counterparty_bic": found.get("bic", ""),
        "end_to_end_id": found.get("end_to_end", ""),
        "mandate_id": found.get("mandate", ""),
        "transaction_id": found.get("reference", ""),
        "text": found.get("text") or left[0],
        "additional_text": " ".join(part for part in (left if found.get("text") else left[1:]) if part),
    }
