"""The words of the import pages: states, stages, kinds, the fields of a file, the reasons of lines not taken."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from quittance.foundation.field_words import field_word

__all__ = [
    "FILE_KINDS",
    "KINDS",
    "PREVIEW_FIELDS",
    "REASONS",
    "STAGES",
    "STATUSES",
    "STATUS_TONES",
    "field_word",
    "layout_words",
    "reason_word",
]

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "LEDGER": _("Ledger"),
    "CUSTOMERS": _("Customers"),
    "CONTACTS": _("Contacts"),
    "STATEMENT": _("Statement"),
    "REMITTANCE": _("Remittance advice"),
}
FILE_KINDS: Words = {
    "OPEN_ITEMS": _("Items of customers: invoices, credit notes, payments"),
    "CUSTOMERS": _("Customers"),
    "CONTACTS": _("Contacts of customers"),
}
STATUSES: Words = {
    "NEEDS_MAPPING": _("Waits for you"),
    "WAITING": _("Waits for the worker"),
    "RUNNING": _("Being read"),
    "DONE": _("Done"),
    "DONE_WITH_REJECTS": _("Done with rejects"),
    "UNCHANGED": _("Nothing new"),
    "REFUSED": _("Refused"),
    "FAILED": _("Failed"),
}
STATUS_TONES = {
    "NEEDS_MAPPING": "soon",
    "WAITING": "promised",
    "RUNNING": "promised",
    "DONE": "settled",
    "DONE_WITH_REJECTS": "soon",
    "UNCHANGED": "neutral",
    "REFUSED": "late",
    "FAILED": "late",
}
STAGES: Words = {
    "READING": _("Reading the lines"),
    "CHECKING": _("Finding the customers"),
    "POSTING": _("Writing what is new or changed"),
    "LETTERING": _("Applying the letter groups"),
    "BALANCES": _("Adding up the balances"),
}
REASONS: Words = {
    "INVALID_AMOUNT": _("Amount cannot be read"),
    "INVALID_DATE": _("Date cannot be read"),
    "INVALID_SIDE": _("Debit or credit cannot be told"),
    "INVALID_NUMBER": _("Number cannot be read"),
    "INVALID_EMAIL": _("E-mail address is wrong"),
    "UNKNOWN_CURRENCY": _("Currency is not known"),
    "MISSING_VALUE": _("A value is missing"),
    "MISSING_AMOUNT": _("Amount is missing"),
    "MISSING_ACCOUNT": _("Customer is missing"),
    "NOBODY_NAMED": _("Names nobody"),
    "MISSING_COMPANY": _("Company is missing"),
    "UNKNOWN_COMPANY": _("Company is not known"),
    "UNKNOWN_DEPARTMENT": _("Department is not known"),
    "UNKNOWN_ACCOUNT": _("Customer account is not known"),
    "AMBIGUOUS_ACCOUNT": _("Several accounts have this number"),
    "VALUE_TOO_LONG": _("A value is too long"),
    "ACCOUNT_NUMBER_TOO_LONG": _("Account number is too long"),
    "LINE_TOO_LONG": _("Line is too long"),
    "NUL_CHARACTER": _("Holds a character that cannot be stored"),
    "WRONG_COLUMN_COUNT": _("Number of columns is wrong"),
    "WRONG_QUOTES": _("Quotes do not match"),
    "TRUNCATED_LINE": _("Line is cut off"),
    "WRONG_ENCODING": _("Is not text in the encoding of the file"),
    "DUPLICATE_ROW": _("Same as an earlier line"),
    "DUPLICATE_ID": _("Contradicts an earlier line"),
    "ZERO_AMOUNT": _("Amount is zero"),
    "RATE_MISSING": _("No exchange rate for the day"),
    "ID_OF_OTHER_COMPANY": _("Belongs to another company"),
    "CHANGE_CONFLICTS": _("More is applied than would be left"),
    "ENTRY_NOT_BALANCED": _("Entry does not balance"),
    "ENTRIES_NOT_COUNTED": _("Entries were not checked"),
    "NO_AUXILIARY_ACCOUNT": _("Line names no customer"),
    "INVALID_LETTER_DATE": _("Letter code kept without its day"),
    "NO_HEADINGS": _("File without headings"),
    "CLEARED": _("Settled already"),
    "NOT_RECEIVABLE": _("Other ledger accounts"),
    "HEADINGS": _("Headings again"),
    "LETTERS_NOT_BALANCED": _("Letter group does not balance"),
    "LETTERS_APPLIED_OTHERWISE": _("Letter group applied otherwise before"),
    "OURS_DIFFERS": _("Differs from what was sent to the ERP"),
    "VIRTUAL_IBAN_WRONG": _("Virtual IBAN is wrong"),
    "VIRTUAL_IBAN_OURS": _("Virtual IBAN is an account of ours"),
    "VIRTUAL_IBAN_TAKEN": _("Virtual IBAN is given to another customer"),
    "UNKNOWN_CODE": _("Code is not known here"),
    "AMOUNT_MISSING": _("Amount is missing"),
    "AMOUNT_UNREADABLE": _("Amount cannot be read"),
    "AMOUNT_TOO_LARGE": _("Amount is too large"),
    "AMOUNT_TOO_PRECISE": _("Amount has too many decimals"),
    "CURRENCY_MISSING": _("Currency is missing"),
    "CURRENCY_UNKNOWN": _("Currency is not known"),
    "DATE_MISSING": _("Date is missing"),
    "DATE_UNREADABLE": _("Date cannot be read"),
    "DATE_IMPOSSIBLE": _("Date does not exist"),
    "DIRECTION_MISSING": _("Debit or credit cannot be told"),
    "DIRECTION_UNREADABLE": _("Debit or credit cannot be told"),
    "STATUS_UNKNOWN": _("Not said to be booked"),
    "DETAILS_WITHOUT_AMOUNTS": _("Batch kept as one movement"),
    "DETAILS_DO_NOT_ADD_UP": _("Batch kept as one movement"),
    "BANK_ACCOUNT_UNKNOWN": _("Bank account is not known"),
    "REMITTANCE_COMPANY_UNKNOWN": _("Company that is paid is not known"),
    "REMITTANCE_LINE_DIFFERS": _("Line does not add up"),
    "AMOUNT_WITHOUT_REFERENCE": _("Amount without a reference"),
    "AMOUNTS_UNCLEAR": _("Which amount is paid is not told"),
    "SEVERAL_REFERENCES": _("One amount for several references"),
    "TOTALS_DIFFER": _("Totals differ"),
    "SEGMENT_UNREADABLE": _("Segment cannot be read"),
    "MESSAGE_OF_OTHER_KIND": _("No remittance advice"),
}
PREVIEW_FIELDS = {
    "OPEN_ITEMS": (
        "account_number",
        "customer_name",
        "kind",
        "document_number",
        "document_date",
        "due_date",
        "amount",
        "currency",
    ),
    "CUSTOMERS": ("account_number", "customer_name", "vat_number", "city", "country_code", "terms_code", "email"),
    "CONTACTS": ("account_number", "contact_name", "role", "email", "phone", "mobile"),
}


def reason_word(code: str) -> str:
    """Return the words for a reason; a code without words is shown readable."""
    return str(REASONS.get(code) or code.replace("_", " ").capitalize())


_LAYOUTS: Words = {
    "text table": _("text table"),
    "tab": _("tab between columns"),
    "pipe": _("vertical bar between columns"),
    "semicolon": _("semicolon between columns"),
    "comma": _("comma between columns"),
    "workbook": _("workbook"),
    "Debit/Credit": _("debit and credit columns"),
    "Montant/Sens": _("amount and side columns"),
}
_COUNTED = re.compile(r"(\d+) columns")


def layout_words(layout: str) -> str:
    """Return in the present language what a reader said of how a file is written, part by part.

    >>> layout_words("FEC, tab, 18 columns, Debit/Credit")
    'FEC, tab between columns, 18 columns, debit and credit columns'
    """
    return ", ".join(_layout_part(part) for part in layout.split(", "))


def _layout_part(part: str) -> str:
    if found := _COUNTED.fullmatch(part):
        count = int(found[1])
        return ngettext("%(count)d column", "%(count)d columns", count) % {"count": count}
    if part.startswith("sheet "):
        return gettext("sheet %(name)s") % {"name": part.removeprefix("sheet ")}
    return str(_LAYOUTS.get(part, part))
