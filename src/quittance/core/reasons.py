"""Reasons: why a line was not taken, why a file was refused, why a column was chosen.

A reason is a stable code with short values. The words, in every language, are made of both where somebody reads
them (`foundation.reason_words`); here nothing is translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VALUE_CHARACTERS_MAX: Final = 80


class ReasonCode(StrEnum):
    """Every reason of a line, a file or an import. `docs/reference/ledger-files.md` explains those of ERP files."""

    # A value of a line
    INVALID_AMOUNT = "INVALID_AMOUNT"
    INVALID_DATE = "INVALID_DATE"
    INVALID_SIDE = "INVALID_SIDE"
    INVALID_NUMBER = "INVALID_NUMBER"
    INVALID_EMAIL = "INVALID_EMAIL"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    MISSING_VALUE = "MISSING_VALUE"
    MISSING_AMOUNT = "MISSING_AMOUNT"
    MISSING_ACCOUNT = "MISSING_ACCOUNT"
    NOBODY_NAMED = "NOBODY_NAMED"
    VALUE_TOO_LONG = "VALUE_TOO_LONG"
    ACCOUNT_NUMBER_TOO_LONG = "ACCOUNT_NUMBER_TOO_LONG"
    # A line as a whole
    LINE_TOO_LONG = "LINE_TOO_LONG"
    NUL_CHARACTER = "NUL_CHARACTER"
    WRONG_COLUMN_COUNT = "WRONG_COLUMN_COUNT"
    WRONG_QUOTES = "WRONG_QUOTES"
    TRUNCATED_LINE = "TRUNCATED_LINE"
    WRONG_ENCODING = "WRONG_ENCODING"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    DUPLICATE_ID = "DUPLICATE_ID"
    # A line against what is known here
    MISSING_COMPANY = "MISSING_COMPANY"
    UNKNOWN_COMPANY = "UNKNOWN_COMPANY"
    UNKNOWN_DEPARTMENT = "UNKNOWN_DEPARTMENT"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    AMBIGUOUS_ACCOUNT = "AMBIGUOUS_ACCOUNT"
    RATE_MISSING = "RATE_MISSING"
    ID_OF_OTHER_COMPANY = "ID_OF_OTHER_COMPANY"
    CHANGE_CONFLICTS = "CHANGE_CONFLICTS"
    # Remarks: lines that are in, or hold nothing owed
    ZERO_AMOUNT = "ZERO_AMOUNT"
    CLEARED = "CLEARED"
    NOT_RECEIVABLE = "NOT_RECEIVABLE"
    HEADINGS = "HEADINGS"
    NO_HEADINGS = "NO_HEADINGS"
    NO_AUXILIARY_ACCOUNT = "NO_AUXILIARY_ACCOUNT"
    INVALID_LETTER_DATE = "INVALID_LETTER_DATE"
    ENTRY_NOT_BALANCED = "ENTRY_NOT_BALANCED"
    ENTRIES_NOT_COUNTED = "ENTRIES_NOT_COUNTED"
    LETTERS_NOT_BALANCED = "LETTERS_NOT_BALANCED"
    LETTERS_APPLIED_OTHERWISE = "LETTERS_APPLIED_OTHERWISE"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    # A file of the ERP that is refused
    EMPTY_FILE = "EMPTY_FILE"
    UNREADABLE_FILE = "UNREADABLE_FILE"
    FILE_GONE = "FILE_GONE"
    TOO_LARGE = "TOO_LARGE"
    NOT_TEXT = "NOT_TEXT"
    BROKEN_UTF16 = "BROKEN_UTF16"
    BROKEN_ARCHIVE = "BROKEN_ARCHIVE"
    ARCHIVE_BOMB = "ARCHIVE_BOMB"
    ENCRYPTED = "ENCRYPTED"
    OLD_WORKBOOK = "OLD_WORKBOOK"
    XML_ENTITIES = "XML_ENTITIES"
    BROKEN_WORKBOOK = "BROKEN_WORKBOOK"
    BROKEN_SHEET = "BROKEN_SHEET"
    NO_SHEET = "NO_SHEET"
    NOT_A_TABLE = "NOT_A_TABLE"
    HEADINGS_NOT_FOUND = "HEADINGS_NOT_FOUND"
    NOT_A_FEC = "NOT_A_FEC"
    MISSING_COLUMNS = "MISSING_COLUMNS"
    DUPLICATE_HEADING = "DUPLICATE_HEADING"
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    MAPPING_INCOMPLETE = "MAPPING_INCOMPLETE"
    COLUMNS_ABSENT = "COLUMNS_ABSENT"
    WRONG_SETTINGS = "WRONG_SETTINGS"
    PROFILE_UNKNOWN = "PROFILE_UNKNOWN"
    # What came of an import
    SAME_FILE = "SAME_FILE"
    ALL_KNOWN = "ALL_KNOWN"
    NOTHING_OWED = "NOTHING_OWED"
    SNAPSHOT_REJECTED = "SNAPSHOT_REJECTED"
    SNAPSHOT_EMPTY = "SNAPSHOT_EMPTY"
    SOFTWARE_ERROR = "SOFTWARE_ERROR"
    CUT_OFF = "CUT_OFF"
    # A movement of a bank
    AMOUNT_MISSING = "AMOUNT_MISSING"
    AMOUNT_UNREADABLE = "AMOUNT_UNREADABLE"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    AMOUNT_TOO_PRECISE = "AMOUNT_TOO_PRECISE"
    CURRENCY_MISSING = "CURRENCY_MISSING"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    DATE_MISSING = "DATE_MISSING"
    DATE_UNREADABLE = "DATE_UNREADABLE"
    DATE_IMPOSSIBLE = "DATE_IMPOSSIBLE"
    DIRECTION_MISSING = "DIRECTION_MISSING"
    DIRECTION_UNREADABLE = "DIRECTION_UNREADABLE"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    DETAILS_WITHOUT_AMOUNTS = "DETAILS_WITHOUT_AMOUNTS"
    DETAILS_DO_NOT_ADD_UP = "DETAILS_DO_NOT_ADD_UP"
    BANK_ACCOUNT_UNKNOWN = "BANK_ACCOUNT_UNKNOWN"
    TYPE_CODE_UNKNOWN = "TYPE_CODE_UNKNOWN"
    RECORD_UNKNOWN = "RECORD_UNKNOWN"
    RECORD_MISPLACED = "RECORD_MISPLACED"
    NO_MOVEMENT = "NO_MOVEMENT"
    GROUP_NOT_IN_FORCE = "GROUP_NOT_IN_FORCE"
    CONTROL_TOTAL_DIFFERS = "CONTROL_TOTAL_DIFFERS"
    RECORD_COUNT_DIFFERS = "RECORD_COUNT_DIFFERS"
    REFERENCE_CHECK_WRONG = "REFERENCE_CHECK_WRONG"
    BALANCE_CHAIN_BROKEN = "BALANCE_CHAIN_BROKEN"
    NOT_A_MOVEMENT = "NOT_A_MOVEMENT"
    # An answer of a bank to our own file
    NOT_A_STATUS_REPORT = "NOT_A_STATUS_REPORT"
    ANSWER_UNKNOWN = "ANSWER_UNKNOWN"
    # A file of a bank that is refused
    EMPTY = "EMPTY"
    STATEMENT_TOO_LARGE = "STATEMENT_TOO_LARGE"
    FORMAT_UNKNOWN = "FORMAT_UNKNOWN"
    NO_STATEMENT = "NO_STATEMENT"
    NOT_XML = "NOT_XML"
    NESTED_TOO_DEEP = "NESTED_TOO_DEEP"
    TRUNCATED = "TRUNCATED"
    ENCODING_WRONG = "ENCODING_WRONG"
    ENCODING_NOT_KNOWN = "ENCODING_NOT_KNOWN"
    DOCTYPE_REFUSED = "DOCTYPE_REFUSED"
    ARCHIVE_UNREADABLE = "ARCHIVE_UNREADABLE"
    ARCHIVE_EMPTY = "ARCHIVE_EMPTY"
    # What a payer sends of a payment
    NO_REMITTANCE = "NO_REMITTANCE"
    REMITTANCE_FORMAT_UNKNOWN = "REMITTANCE_FORMAT_UNKNOWN"
    REMITTANCE_TOO_LARGE = "REMITTANCE_TOO_LARGE"
    REMITTANCE_LINE_DIFFERS = "REMITTANCE_LINE_DIFFERS"
    REMITTANCE_COMPANY_UNKNOWN = "REMITTANCE_COMPANY_UNKNOWN"
    REMITTANCE_CUT = "REMITTANCE_CUT"
    REMITTANCE_KNOWN = "REMITTANCE_KNOWN"
    AMOUNT_WITHOUT_REFERENCE = "AMOUNT_WITHOUT_REFERENCE"
    AMOUNTS_UNCLEAR = "AMOUNTS_UNCLEAR"
    SEVERAL_REFERENCES = "SEVERAL_REFERENCES"
    TOTALS_DIFFER = "TOTALS_DIFFER"
    SEGMENT_UNREADABLE = "SEGMENT_UNREADABLE"
    MESSAGE_OF_OTHER_KIND = "MESSAGE_OF_OTHER_KIND"
    PDF_UNREADABLE = "PDF_UNREADABLE"
    PDF_WITHOUT_TEXT = "PDF_WITHOUT_TEXT"


class MappingCode(StrEnum):
    """Why a column was proposed for a field, and what to look at before a file is read."""

    HEADING_KNOWN = "HEADING_KNOWN"
    HEADING_CONTAINS = "HEADING_CONTAINS"
    HEADING_ALIKE = "HEADING_ALIKE"
    SAMPLE_BLANK = "SAMPLE_BLANK"
    VALUES_FIT = "VALUES_FIT"
    ONLY_AMOUNT = "ONLY_AMOUNT"
    NAME_FOR_NUMBER = "NAME_FOR_NUMBER"
    CURRENCY_ASSUMED = "CURRENCY_ASSUMED"
    DAY_ORDER_UNKNOWN = "DAY_ORDER_UNKNOWN"
    DAY_FIRST_ASSUMED = "DAY_FIRST_ASSUMED"
    OTHER_ACCOUNTS_LEFT_OUT = "OTHER_ACCOUNTS_LEFT_OUT"
    OPENING_LEFT_OUT = "OPENING_LEFT_OUT"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and the values that its words speak of; values are short texts without NUL characters."""

    code: ReasonCode | MappingCode
    params: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Write it for a log: the code, then each value by its name."""
        return " ".join([self.code.value, *(f"{name}={value!r}" for name, value in self.params)])

    def also(self, **params: object) -> Reason:
        """Return the same reason with more values; a value that is there already stays."""
        known = dict(self.params)
        return because(self.code, **{**params, **known})


def because(code: ReasonCode | MappingCode, **params: object) -> Reason:
    """Return a reason; values are shortened to 80 characters.

    >>> because(ReasonCode.WRONG_COLUMN_COUNT, found=3, expected=18).params
    (('found', '3'), ('expected', '18'))
    >>> print(because(ReasonCode.MISSING_VALUE, column="Date"))
    MISSING_VALUE column='Date'
    """
    return Reason(code, tuple((name, _short(str(value))) for name, value in params.items()))


def _short(text: str) -> str:
    text = text.replace("\0", "␀")
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[: VALUE_CHARACTERS_MAX - 1] + "…"
