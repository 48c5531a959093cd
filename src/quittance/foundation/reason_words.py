"""The words of reasons: one table for all languages, used by the pages, the command line and the files they give.

A reason is a code with values (`core.reasons`). Its words may speak of `%(problem)s`, which has words of its own.
Around every reason may stand what holds for all: the line of the file, the entry of a statement, a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from quittance.core.amount_text import AmountProblem
from quittance.core.dates import DateProblem
from quittance.core.reasons import MappingCode, Reason, ReasonCode
from quittance.foundation.field_words import field_word

Words = Mapping[Any, str | Promise]

AMOUNT_PROBLEMS: Words = {
    AmountProblem.EMPTY: _("there is no figure in it"),
    AmountProblem.NOT_A_DIGIT: _("“%(character)s” (character %(place)s) is not a digit"),
    AmountProblem.NO_DIGITS: _("there is no figure in it"),
    AmountProblem.TWO_SIGNS: _("it has two signs"),
    AmountProblem.UNBALANCED_PARENTHESES: _("“%(character)s” (character %(place)s) has no counterpart"),
    AmountProblem.BAD_GROUPING: _("“%(character)s” (character %(place)s) does not stand between thousands"),
    AmountProblem.NO_DECIMALS: _("no decimals follow “%(character)s” (character %(place)s)"),
    AmountProblem.TOO_LONG: _("it has too many digits"),
    AmountProblem.OTHER_CURRENCY: _("it is in another currency"),
    AmountProblem.AMBIGUOUS: _("it can be %(first)s or %(second)s; say which mark separates the decimals"),
    AmountProblem.TOO_LARGE: _("it is larger than any amount that is kept"),
    AmountProblem.TOO_PRECISE: _("more than %(places)s decimals"),
}
DATE_PROBLEMS: Words = {
    DateProblem.EMPTY: _("there is nothing in it"),
    DateProblem.UNKNOWN_FORM: _("its form is not known"),
    DateProblem.NO_SUCH_DAY: _("this day does not exist"),
    DateProblem.NO_SUCH_MONTH: _("this month does not exist"),
    DateProblem.YEAR_OUT_OF_RANGE: _("the year is not between 1900 and 2199"),
    DateProblem.AMBIGUOUS: _("it can be one of %(readings)s; say the order of day and month"),
}
ARCHIVE_PROBLEMS: Words = {
    "SWELLS": _("%(size)s would become more than %(most)s"),
    "MANY_PARTS": _("it holds %(parts)s parts"),
    "LIES": _("part %(part)s is larger than it says"),
    "WIDE_SHEET": _("a sheet spans %(rows)s rows up to column %(column)s; delete the stray cells"),
}
PROBLEMS: Final[Mapping[ReasonCode | MappingCode, Words]] = {
    ReasonCode.INVALID_AMOUNT: AMOUNT_PROBLEMS,
    ReasonCode.INVALID_DATE: DATE_PROBLEMS,
    ReasonCode.INVALID_LETTER_DATE: DATE_PROBLEMS,
    ReasonCode.ARCHIVE_BOMB: ARCHIVE_PROBLEMS,
}
LINE_REASONS: Words = {
    ReasonCode.INVALID_AMOUNT: _("Column %(column)s: “%(value)s” is not an amount: %(problem)s."),
    ReasonCode.INVALID_DATE: _("Column %(column)s: “%(value)s” is not a date: %(problem)s."),
    ReasonCode.INVALID_SIDE: _("Column %(column)s: “%(value)s” is neither a debit nor a credit mark."),
    ReasonCode.INVALID_NUMBER: _("Column %(column)s: “%(value)s” is not a whole number."),
    ReasonCode.INVALID_EMAIL: _("Column %(column)s: “%(value)s” is not one e-mail address."),
    ReasonCode.UNKNOWN_CURRENCY: _("Column %(column)s: “%(value)s” is not a currency code of ISO 4217."),
    ReasonCode.MISSING_VALUE: _("Column %(column)s is blank."),
    ReasonCode.MISSING_AMOUNT: _("There is no amount: blank is %(column)s."),
    ReasonCode.MISSING_ACCOUNT: _("Column %(column)s is blank: nobody knows which account the line is of."),
    ReasonCode.NOBODY_NAMED: _("The line names nobody: no name, e-mail address or telephone number."),
    ReasonCode.VALUE_TOO_LONG: _("Column %(column)s has more than %(most)s characters."),
    ReasonCode.ACCOUNT_NUMBER_TOO_LONG: _("The account number has more than 60 characters."),
    ReasonCode.LINE_TOO_LONG: _("The line is longer than %(most)s characters."),
    ReasonCode.NUL_CHARACTER: _("The line holds a NUL character at place %(place)s."),
    ReasonCode.WRONG_COLUMN_COUNT: _("The line has %(found)s columns, the headings have %(expected)s."),
    ReasonCode.WRONG_QUOTES: _("The quotes cannot be followed: one is opened and not closed."),
    ReasonCode.TRUNCATED_LINE: _("The file is cut off in its last line."),
    ReasonCode.WRONG_ENCODING: _(
        "Byte %(byte)s at place %(place)s of the line is not %(encoding)s text, which the rest of the file is."
    ),
    ReasonCode.DUPLICATE_ROW: _("The line is the same as line %(first)s, which is in."),
    ReasonCode.DUPLICATE_ID: _("“%(value)s” stands on line %(first)s already, with other values; that line is in."),
    ReasonCode.MISSING_COMPANY: _("The line names no company, and none was given for the import."),
    ReasonCode.UNKNOWN_COMPANY: _(
        "There is no company with the code %(company)s. Create it, or leave the column out of the mapping."
    ),
    ReasonCode.UNKNOWN_DEPARTMENT: _("The company has no department with this code."),
    ReasonCode.UNKNOWN_ACCOUNT: _("There is no account %(account)s, and this import may not create any."),
    ReasonCode.AMBIGUOUS_ACCOUNT: _("Several departments have an account %(account)s; the line names none of them."),
    ReasonCode.RATE_MISSING: _(
        "No exchange rate of %(currency)s into the company's currency is known for %(day)s, and the line has no "
        "amount in that currency."
    ),
    ReasonCode.ID_OF_OTHER_COMPANY: _(
        "Another company already has the item “%(value)s” from this source: give each company its own source."
    ),
    ReasonCode.CHANGE_CONFLICTS: _(
        "More is already applied to this item than the changed line would leave: undo that first."
    ),
}
REMARKS: Words = {
    ReasonCode.ZERO_AMOUNT: _("The amount is zero: nothing is owed by it."),
    ReasonCode.CLEARED: _("A clearing date is filled: it is settled, not open, and was left out."),
    ReasonCode.NOT_RECEIVABLE: _("It belongs to another ledger account than the receivable ones."),
    ReasonCode.HEADINGS: _("It repeats the headings."),
    ReasonCode.NO_HEADINGS: _("The file has no headings; the legal order of columns was used."),
    ReasonCode.NO_AUXILIARY_ACCOUNT: _(
        "%(lines)s lines of account %(account)s name no customer (CompAuxNum is blank): they are kept on an account "
        "numbered %(account)s."
    ),
    ReasonCode.INVALID_LETTER_DATE: _(
        "Column %(column)s: “%(value)s” is not a date: %(problem)s. The letter code is kept without a day."
    ),
    ReasonCode.ENTRY_NOT_BALANCED: _(
        "Entry %(entry)s of journal %(journal)s on %(day)s: debit minus credit is %(difference)s, not zero. Its "
        "receivable lines are in."
    ),
    ReasonCode.ENTRIES_NOT_COUNTED: _(
        "The file has so many entries that do not balance that not all could be counted."
    ),
    ReasonCode.LETTERS_NOT_BALANCED: _(
        "Letter group %(letter)s of account %(account)s: debit %(debit)s and credit %(credit)s %(currency)s differ. "
        "Its %(lines)s lines stay open."
    ),
    ReasonCode.LETTERS_APPLIED_OTHERWISE: _(
        "Letter group %(letter)s of account %(account)s balances, but some of its lines were applied otherwise before."
    ),
    ReasonCode.OURS_DIFFERS: _(
        "%(document)s was sent to the ERP with %(amount)s %(currency)s on account %(account)s; there it is now "
        "%(found)s %(found_currency)s on account %(found_account)s. What is here stays as it is."
    ),
    ReasonCode.UNKNOWN_CODE: _("%(field)s: “%(value)s” is not known here; it was left as it is."),
    ReasonCode.VIRTUAL_IBAN_WRONG: _(
        "Virtual IBAN “%(value)s”: its check digits or its length are wrong. The rest of the line is in."
    ),
    ReasonCode.VIRTUAL_IBAN_OURS: _(
        "Virtual IBAN “%(value)s” is a bank account of the company itself. The rest of the line is in."
    ),
    ReasonCode.VIRTUAL_IBAN_TAKEN: _(
        "Virtual IBAN “%(value)s” is given to another customer or company. The rest of the line is in."
    ),
}
FILE_REASONS: Words = {
    ReasonCode.EMPTY_FILE: _("The file is empty."),
    ReasonCode.UNREADABLE_FILE: _("The file cannot be opened: %(detail)s."),
    ReasonCode.FILE_GONE: _("The file is no longer kept here: send it again."),
    ReasonCode.TOO_LARGE: _(
        "The file has %(size)s; %(most)s is the most. Split it, or import it from the command line."
    ),
    ReasonCode.NOT_TEXT: _("The file is not a text file (it is a workbook, an archive or a PDF)."),
    ReasonCode.BROKEN_UTF16: _("The file begins as UTF-16 text but is not valid UTF-16."),
    ReasonCode.BROKEN_ARCHIVE: _("The file is damaged or cut off: what is packed in it cannot be read."),
    ReasonCode.ARCHIVE_BOMB: _("The file is not unpacked: %(problem)s. Send a plain CSV or XML file instead."),
    ReasonCode.ENCRYPTED: _("The workbook is protected by a password; save it without one."),
    ReasonCode.OLD_WORKBOOK: _("The workbook is in the old XLS form; save it as XLSX or CSV."),
    ReasonCode.XML_ENTITIES: _(
        "Part %(part)s of the workbook declares a document type or entities; no spreadsheet program writes that."
    ),
    ReasonCode.BROKEN_WORKBOOK: _("The file is not a workbook that can be read."),
    ReasonCode.BROKEN_SHEET: _("Sheet %(sheet)s of the workbook cannot be read."),
    ReasonCode.NO_SHEET: _("The workbook has no sheet %(value)s; it has %(known)s."),
    ReasonCode.NOT_A_TABLE: _(
        "No table can be read: the file is blank, or no semicolon, tab, comma or pipe stands between its values."
    ),
    ReasonCode.HEADINGS_NOT_FOUND: _("No row of headings was found in the first rows."),
    ReasonCode.NOT_A_FEC: _(
        "The first line does not hold the headings of a FEC (JournalCode, EcritureDate, CompteNum, Debit, Credit ...)."
    ),
    ReasonCode.MISSING_COLUMNS: _("The headings lack %(columns)s; the first line may be cut off."),
    ReasonCode.DUPLICATE_HEADING: _("The heading %(column)s stands there twice."),
    ReasonCode.UNKNOWN_FORMAT: _("This is no FEC and no table (CSV or XLSX) that can be read."),
    ReasonCode.MAPPING_INCOMPLETE: _("The columns are not matched yet: still missing is %(fields)s."),
    ReasonCode.COLUMNS_ABSENT: _("The columns are not matched yet: the file has no column %(columns)s."),
    ReasonCode.WRONG_SETTINGS: _("The file cannot be read as asked: %(detail)s."),
    ReasonCode.PROFILE_UNKNOWN: _("There is no mapping profile called %(name)s."),
    ReasonCode.SAME_FILE: _("The same file as import %(number)s: nothing was changed."),
    ReasonCode.ALL_KNOWN: _("Every line was in already: nothing was changed."),
    ReasonCode.NOTHING_OWED: _("The file holds no line by which anything is owed: nothing was changed."),
    ReasonCode.SNAPSHOT_REJECTED: _("Nothing was closed: with rejected lines the file is no full snapshot."),
    ReasonCode.SNAPSHOT_EMPTY: _("Nothing was closed: the file holds no line."),
    ReasonCode.SOFTWARE_ERROR: _("The import stopped by an error of the software; nothing of the file is in."),
    ReasonCode.CUT_OFF: _("The import was cut off; nothing of the file is in. It can be started again."),
}
BANK_REASONS: Words = {
    ReasonCode.AMOUNT_MISSING: _("The amount is missing."),
    ReasonCode.AMOUNT_UNREADABLE: _("The amount “%(value)s” is not a number like 12.34."),
    ReasonCode.AMOUNT_TOO_LARGE: _("The amount %(value)s is larger than any that is kept."),
    ReasonCode.AMOUNT_TOO_PRECISE: _("%(value)s has more decimals than %(currency)s has."),
    ReasonCode.CURRENCY_MISSING: _("The amount has no currency."),
    ReasonCode.CURRENCY_UNKNOWN: _("“%(value)s” is not a currency code like EUR."),
    ReasonCode.DATE_MISSING: _(
        "It has no booking date, and neither a value date nor the statement's balances give one."
    ),
    ReasonCode.DATE_UNREADABLE: _("The date “%(value)s” cannot be read."),
    ReasonCode.DATE_IMPOSSIBLE: _("The date “%(value)s” does not exist."),
    ReasonCode.DIRECTION_MISSING: _("Nothing says whether this is a credit or a debit."),
    ReasonCode.DIRECTION_UNREADABLE: _("“%(value)s” says neither credit nor debit."),
    ReasonCode.STATUS_UNKNOWN: _("It does not say that it is booked: it is not taken for money received."),
    ReasonCode.DETAILS_WITHOUT_AMOUNTS: _(
        "The payments of this batch entry carry no amounts: the entry is kept as one movement."
    ),
    ReasonCode.DETAILS_DO_NOT_ADD_UP: _(
        "The payments of this batch entry do not add up to it: the entry is kept as one movement."
    ),
    ReasonCode.BANK_ACCOUNT_UNKNOWN: _(
        "The bank account %(account)s belongs to none of our companies yet. Say which company it is of, or enter it "
        "in the settings, and import the file again."
    ),
    ReasonCode.TYPE_CODE_UNKNOWN: _("Type code %(value)s says neither money in nor money out."),
    ReasonCode.RECORD_UNKNOWN: _("A record of kind %(value)s is not known in this format."),
    ReasonCode.RECORD_MISPLACED: _("A record of kind %(value)s cannot stand here: it belongs to no account."),
    ReasonCode.NO_MOVEMENT: _("Type code %(value)s is a message of the bank: no money moved."),
    ReasonCode.GROUP_NOT_IN_FORCE: _(
        "The bank marks these lines as deleted or as a test (status %(value)s): they are not taken for money moved."
    ),
    ReasonCode.CONTROL_TOTAL_DIFFERS: _(
        "The control total of record %(record)s is %(said)s, its lines add up to %(found)s."
    ),
    ReasonCode.RECORD_COUNT_DIFFERS: _("Record %(record)s counts %(said)s, the file holds %(found)s."),
    ReasonCode.REFERENCE_CHECK_WRONG: _(
        "The check digits of the structured communication %(value)s are wrong: it is kept as text."
    ),
    ReasonCode.NOT_A_MOVEMENT: _("The line has neither a date nor an amount: it is no movement."),
    ReasonCode.BALANCE_CHAIN_BROKEN: _(
        "The balance %(found)s does not follow from the line before, which leads to %(expected)s."
    ),
    ReasonCode.TOLD_BY_OTHER_STATEMENT: _(
        "%(count)s movements are in already by statement %(statement)s: balances, days and amounts are the same."
    ),
    ReasonCode.MAY_BE_DUPLICATE: _(
        "Statement %(statement)s, of another format, has the same amount on this day: it may be the same payment. It "
        "waits for a person."
    ),
    ReasonCode.EMPTY: _("The file is empty."),
    ReasonCode.STATEMENT_TOO_LARGE: _(
        "The file is larger than %(most)s, the most that is read at once. Ask the bank for one file per day, or "
        "split it."
    ),
    ReasonCode.FORMAT_UNKNOWN: _("This is not a bank file of a known format. Known are: %(known)s."),
    ReasonCode.NO_STATEMENT: _("The file holds no bank statement: there is nothing to read."),
    ReasonCode.NOT_A_STATUS_REPORT: _("The file is no answer of a bank (pain.002): nothing was read."),
    ReasonCode.ANSWER_UNKNOWN: _("The bank's word “%(value)s” is not known: the debit stays as it is."),
    ReasonCode.NOT_XML: _("The file is not well-formed XML: %(detail)s."),
    ReasonCode.NESTED_TOO_DEEP: _("The file nests more than %(most)s elements in each other: it is not a bank file."),
    ReasonCode.TRUNCATED: _(
        "The file stops before its end: it was cut on the way. Nothing of it was kept; fetch it again from the bank."
    ),
    ReasonCode.ENCODING_WRONG: _(
        "There are bytes that are not in the encoding the file declares (UTF-8 when it declares none). Ask the bank "
        "for the file again, or correct its first line."
    ),
    ReasonCode.ENCODING_NOT_KNOWN: _(
        "The first line of the file declares an encoding that is not known here. Ask the bank for UTF-8."
    ),
    ReasonCode.DOCTYPE_REFUSED: _(
        "The file declares a document type (DOCTYPE), which may carry entities. Bank files never need one and it can "
        "be used to attack a server, so the file is not read."
    ),
    ReasonCode.ARCHIVE_UNREADABLE: _(
        "The ZIP archive is damaged, encrypted or packed in an unknown way. Send the file itself."
    ),
    ReasonCode.ARCHIVE_EMPTY: _("The ZIP archive holds no file."),
}
REMITTANCE_REASONS: Words = {
    ReasonCode.NO_REMITTANCE: _("No reference with an amount was found: this is no remittance advice."),
    ReasonCode.REMITTANCE_FORMAT_UNKNOWN: _("This is not a remittance advice of a known format. Known are: %(known)s."),
    ReasonCode.REMITTANCE_TOO_LARGE: _("The file is larger than %(most)s, the most that is read at once. Split it."),
    ReasonCode.REMITTANCE_LINE_DIFFERS: _(
        "%(reference)s: %(gross)s less discount %(discount)s and deduction %(deduction)s is not %(paid)s."
    ),
    ReasonCode.REMITTANCE_COMPANY_UNKNOWN: _(
        "Nobody can say which of your companies is paid: none of the references, or those of several. Choose the "
        "company and send the file again."
    ),
    ReasonCode.REMITTANCE_CUT: _(
        "The file stops before its end: it was cut on the way. Nothing of it was kept; ask the payer for it again."
    ),
    ReasonCode.REMITTANCE_KNOWN: _("This advice came before and was not kept twice."),
    ReasonCode.AMOUNT_WITHOUT_REFERENCE: _("There is an amount and no reference beside it."),
    ReasonCode.AMOUNTS_UNCLEAR: _("There are %(count)s amounts for %(reference)s, and nothing says which one is paid."),
    ReasonCode.SEVERAL_REFERENCES: _("One amount stands beside %(count)s references: nobody can say how it splits."),
    ReasonCode.TOTALS_DIFFER: _("The advice tells several totals (%(totals)s), and none is the sum of its lines."),
    ReasonCode.SEGMENT_UNREADABLE: _("Segment %(segment)s: “%(value)s” cannot be read."),
    ReasonCode.MESSAGE_OF_OTHER_KIND: _("A message of kind %(kind)s is no remittance advice."),
    ReasonCode.PDF_UNREADABLE: _("The PDF is damaged or locked with a password."),
    ReasonCode.PDF_WITHOUT_TEXT: _("The PDF is a picture without text: type what it says, or ask for a file."),
}
MAPPING_REASONS: Words = {
    MappingCode.HEADING_KNOWN: _("“%(heading)s” is a known heading."),
    MappingCode.HEADING_CONTAINS: _("Contains the known heading “%(heading)s”."),
    MappingCode.HEADING_ALIKE: _("Reads almost like “%(heading)s”."),
    MappingCode.SAMPLE_BLANK: _("Its sample is blank."),
    MappingCode.VALUES_FIT: _("%(share)s %% of its values fit."),
    MappingCode.ONLY_AMOUNT: _("It is the only amount."),
    MappingCode.NAME_FOR_NUMBER: _("No column holds a customer number: the name stands for it."),
    MappingCode.CURRENCY_ASSUMED: _("No column holds the currency: %(currency)s is assumed."),
    MappingCode.DAY_ORDER_UNKNOWN: _("The sample does not tell whether the day or the month comes first: choose it."),
    MappingCode.DAY_FIRST_ASSUMED: _(
        "The sample does not tell whether the day or the month comes first: day first is assumed."
    ),
    MappingCode.OTHER_ACCOUNTS_LEFT_OUT: _(
        "The file holds other accounts too: only lines of accounts %(prefix)s... are taken."
    ),
    MappingCode.OPENING_LEFT_OUT: _("The year before is in already: the opening balances of this file are left out."),
}
WORDS: Final[Words] = {
    **LINE_REASONS,
    **REMARKS,
    **FILE_REASONS,
    **BANK_REASONS,
    **REMITTANCE_REASONS,
    **MAPPING_REASONS,
}

_AMOUNTS: Final = frozenset({"debit", "credit", "difference"})
_SIZES: Final = {"size", "most"}
_OF_FILES: Final = frozenset({"ARCHIVE_BOMB", "TOO_LARGE", "STATEMENT_TOO_LARGE"})


def reason_words(reason: Reason) -> str:
    """Return a reason in the present language.

    >>> from quittance.core.reasons import because
    >>> reason_words(because(ReasonCode.MISSING_VALUE, column="Date"))
    'Column Date is blank.'
    """
    return stored_words(code=reason.code, params=dict(reason.params))


def joined_words(reasons: Iterable[Reason]) -> str:
    """Return several reasons after one another."""
    return " ".join(reason_words(reason) for reason in reasons)


def stored_words(*, code: str, params: Mapping[str, str], before: str = "") -> str:
    """Return a stored reason in the present language; `before` are the words of rows older than the codes."""
    template = WORDS.get(code)
    if before or template is None:
        return before or code.replace("_", " ").capitalize() if code else before
    if "more" in params:
        return gettext("%(more)s more remarks of this kind are not listed.") % params
    values = _Values({name: _shown(code, name, value) for name, value in params.items()})
    if problems := PROBLEMS.get(code):  # type: ignore[call-overload]
        values["problem"] = str(problems.get(params.get("problem", ""), "")) % values
    text = str(template) % values
    if "count" in params:
        many = int(params["count"])
        text = ngettext("%(reason)s (%(count)s line)", "%(reason)s (%(count)s lines)", many) % {
            "reason": text,
            "count": params["count"],
        }
    return _placed(text, params)


def english_words(*, code: str, params: Mapping[str, str], before: str = "") -> str:
    """Return a stored reason in English, for the command line, which speaks it."""
    with override("en"):
        return stored_words(code=code, params=params, before=before)


def row_words(row: Mapping[str, Any]) -> str:
    """Return the reason of a row of rejected lines, or of imports, in the present language."""
    before = row.get("reason") or row.get("message") or ""
    return stored_words(code=row["reason_code"], params=row["reason_params"], before=before)


def _placed(text: str, params: Mapping[str, str]) -> str:
    """Put before a reason where it is: member of an archive, line, entry, balance or period of a statement."""
    places = {
        "period": gettext("Period of the statement"),
        "balance": gettext("Balance %(balance)s"),
        "entry": gettext("Entry %(entry)s") if "journal" not in params else "",
        "line": gettext("Line %(line)s"),
        "member": gettext("In %(member)s"),
    }
    for name, words in places.items():
        if name in params and words:
            text = f"{words % params}: {text}"
    return text


class _Values(dict[str, str]):
    """Values for words; one that an old row lacks is a dash, never an error."""

    def __missing__(self, name: str) -> str:
        return "–"


def _shown(code: str, name: str, value: str) -> str:
    """Write a value for a person: amounts by locale, sizes of files in units, fields by their words."""
    if name in _AMOUNTS:
        try:
            return str(formats.number_format(Decimal(value), force_grouping=True))
        except InvalidOperation:
            return value
    if name in _SIZES and code in _OF_FILES and value.isdigit():
        return str(filesizeformat(int(value)))
    if name == "field":
        return field_word(value)
    if name == "fields":
        return ", ".join(field_word(part) for part in value.split(", "))
    return value
