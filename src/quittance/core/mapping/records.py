"""One row of a table becomes one record by its profile, or a refusal that names column and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NoReturn

from quittance.core.dates import InvalidDate
from quittance.core.mapping.cells import (
    Cell,
    cell_text,
    read_currency,
    read_day,
    read_flag,
    read_identifier,
    read_number,
    read_side,
)
from quittance.core.mapping.kinds import CREDIT_KINDS, kind_of_type, table_line_kind
from quittance.core.mapping.profile import MappingProfile, SignRule
from quittance.core.mapping.text import fold_words
from quittance.core.money import AmountProblem, UnreadableAmount, currency_exponent
from quittance.core.ports.intake import ContactLine, FileKind, IntakeRecord, LedgerLine, MasterLine
from quittance.core.reasons import Reason, ReasonCode, because

IDENTIFIER_CHARACTERS_MAX: Final = 200
AMOUNT_BELOW: Final = Decimal(10) ** 15
_EMAIL: Final = re.compile(r"[^@\s;,<>]+@[^@\s;,<>]+\.[^@\s;,<>.]+")
_SAP_LANGUAGES: Final = {"F": "fr", "E": "en", "S": "es", "D": "de", "I": "it", "N": "nl", "P": "pt"}
_NOT_KEPT_APART: Final = frozenset({"baseline_date", "cleared_date", "fiscal_year"})


class RowRefused(Exception):  # noqa: N818  (carried to the rejected line, never shown as an error)
    """A row cannot be read; holds the reason, which names column and value."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class RowLeftOut(Exception):  # noqa: N818  (carried to the counts, never shown as an error)
    """A row that can be read but by which nothing is owed (settled, or zero)."""

    def __init__(self, reason_code: ReasonCode) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


class ProfileDoesNotFit(ValueError):
    """The profile names a column that is not there, or lacks what it needs; holds the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class RowReader:
    """Reads rows of one layout by its profile."""

    def __init__(
        self,
        *,
        profile: MappingProfile,
        headings: Sequence[str],
        countries: Mapping[str, str] | None = None,
        languages: Mapping[str, str] | None = None,
    ) -> None:
        """Place the columns; `countries` and `languages` give codes by folded names.

        :raises ProfileDoesNotFit: when the profile names a heading that is not there, or lacks what it needs
        """
        missing = profile.missing_fields()
        if missing:
            raise ProfileDoesNotFit(because(ReasonCode.MAPPING_INCOMPLETE, fields=", ".join(missing)))
        places = {heading: index for index, heading in enumerate(headings)}
        absent = sorted({heading for _, heading in profile.columns if heading not in places})
        if absent:
            raise ProfileDoesNotFit(because(ReasonCode.COLUMNS_ABSENT, columns=", ".join(absent)))
        self._profile = profile
        self._headings = tuple(headings)
        self._at = {name: places[heading] for name, heading in profile.columns}
        self._countries = countries or {}
        self._languages = languages or {}
        kept_apart = {index for name, index in self._at.items() if name not in _NOT_KEPT_APART}
        if "amount_open" in self._at and "amount" in self._at:
            kept_apart.discard(self._at["amount"])
        self._rest = tuple(index for index in range(len(headings)) if index not in kept_apart)
        readers: dict[FileKind, Callable[[int, Sequence[Cell]], IntakeRecord]] = {
            FileKind.OPEN_ITEMS: self._ledger_line,
            FileKind.CUSTOMERS: self._master_line,
            FileKind.CONTACTS: self._contact_line,
        }
        self._read = readers[profile.kind]

    def read(self, position: int, row: Sequence[Cell]) -> IntakeRecord:
        """Read a row as wide as the headings. :raises RowRefused: :raises RowLeftOut:"""
        return self._read(position, row)

    def _ledger_line(self, position: int, row: Sequence[Cell]) -> LedgerLine:
        receivable_account = self._identifier(row, "receivable_account")
        if self._profile.receivable_prefixes and not receivable_account.startswith(self._profile.receivable_prefixes):
            raise RowLeftOut(ReasonCode.NOT_RECEIVABLE)
        account_number = self._required(row, "account_number")
        self._leave_out_cleared(row)
        currency = self._currency(row)
        amount = self._signed_amount(row, currency)
        document_date, posting_date = self._day(row, "document_date"), self._day(row, "posting_date")
        document_date, posting_date = document_date or posting_date, posting_date or document_date
        if document_date is None or posting_date is None:
            self._refuse_blank("document_date" if "document_date" in self._at else "posting_date")
        due_date = self._day(row, "due_date")
        number = self._identifier(row, "document_number") or self._identifier(row, "external_id")
        if not number:
            self._refuse_blank("document_number" if "document_number" in self._at else "external_id")
        label = self._text(row, "label")
        type_text = self._text(row, "kind")
        return LedgerLine(
            position=position,
            external_id=self._external_id(row, account_number, number),
            account_number=account_number,
            customer_name=self._text(row, "customer_name") or account_number,
            receivable_account=receivable_account,
            company_code=self._identifier(row, "company_code") or None,
            department_code=self._identifier(row, "department_code") or None,
            kind=table_line_kind(type_text=type_text, is_debit=amount > 0, label=label).value,
            document_number=number,
            instalment=self._instalment(row),
            document_date=document_date,
            posting_date=posting_date,
            due_date=due_date,
            amount=amount,
            currency=currency,
            amount_company=self._company_amount(row, amount),
            label=label,
            journal_code=self._identifier(row, "journal_code"),
            entry_number=self._identifier(row, "entry_number"),
            letter_code=self._identifier(row, "letter_code") or None,
            letter_date=self._day(row, "cleared_date") if self._identifier(row, "letter_code") else None,
            reference=self._identifier(row, "reference"),
            terms_code=self._identifier(row, "terms_code") or None,
            extra=self._extra(row),
        )

    def _external_id(self, row: Sequence[Cell], account_number: str, number: str) -> str:
        """Use the file's own key when it has one, else company, year, account, document and instalment."""
        own = self._identifier(row, "external_id")
        if own:
            return own
        year = self._identifier(row, "fiscal_year")
        parts = [self._identifier(row, "company_code"), year, account_number, number, str(self._instalment(row))]
        return "|".join(part.replace("|", "%7C") for part in parts)

    def _leave_out_cleared(self, row: Sequence[Cell]) -> None:
        if "cleared_date" in self._at and not self._profile.is_cleared_taken and self._text(row, "cleared_date"):
            self._day(row, "cleared_date")
            raise RowLeftOut(ReasonCode.CLEARED)

    def _signed_amount(self, row: Sequence[Cell], currency: str) -> Decimal:
        rule = self._profile.sign_rule
        name = "amount_open" if "amount_open" in self._at else "amount"
        if rule is SignRule.TWO_COLUMNS:
            debit, credit = self._number(row, "debit"), self._number(row, "credit")
            if debit is None and credit is None:
                self._refuse_blank("debit")
            amount = (debit or Decimal(0)) - (credit or Decimal(0))
        else:
            value = self._number(row, name)
            if value is None:
                self._refuse_blank(name)
            amount = value
            if rule is SignRule.SIDE:
                side = read_side(row[self._at["side"]])
                if side is None:
                    self._refuse(ReasonCode.INVALID_SIDE, "side", row)
                amount *= side
            elif rule is SignRule.BY_KIND and kind_of_type(self._text(row, "kind")) in CREDIT_KINDS:
                amount = -amount
        if not amount:
            raise RowLeftOut(ReasonCode.ZERO_AMOUNT)
        exponent = currency_exponent(currency)
        if abs(amount) >= AMOUNT_BELOW or amount != round(amount, exponent):
            heading = self._profile.heading("debit" if rule is SignRule.TWO_COLUMNS else name)
            problem = AmountProblem.TOO_LARGE if abs(amount) >= AMOUNT_BELOW else AmountProblem.TOO_PRECISE
            raise RowRefused(
                because(
                    ReasonCode.INVALID_AMOUNT, column=heading, value=f"{amount:f}", problem=problem, places=exponent
                )
            )
        return round(amount, exponent)

    def _company_amount(self, row: Sequence[Cell], amount: Decimal) -> Decimal | None:
        value = self._number(row, "amount_company")
        if not value:
            return None
        if abs(value) >= AMOUNT_BELOW or value != round(value, 4):
            problem = AmountProblem.TOO_LARGE if abs(value) >= AMOUNT_BELOW else AmountProblem.TOO_PRECISE
            self._refuse(ReasonCode.INVALID_AMOUNT, "amount_company", row, problem=problem, places=4)
        return abs(value) if amount > 0 else -abs(value)

    def _currency(self, row: Sequence[Cell]) -> str:
        if "currency" in self._at and self._text(row, "currency"):
            code = read_currency(row[self._at["currency"]])
            if code is None:
                self._refuse(ReasonCode.UNKNOWN_CURRENCY, "currency", row)
            return code
        if self._profile.currency_default is None:
            self._refuse_blank("currency")
        return self._profile.currency_default

    def _instalment(self, row: Sequence[Cell]) -> int:
        text = self._identifier(row, "instalment")
        if not text:
            return 1
        if not (text.isascii() and text.isdigit() and len(text) <= 6):
            self._refuse(ReasonCode.INVALID_NUMBER, "instalment", row)
        return int(text)

    def _master_line(self, position: int, row: Sequence[Cell]) -> MasterLine:
        account_number = self._required(row, "account_number")
        siren = re.sub(r"[\s.]", "", self._identifier(row, "siren"))
        country, language, flag = self._country(row), self._language(row), self._flag(row)
        email = self._text(row, "email")
        currency = read_currency(row[self._at["currency"]]) if "currency" in self._at else None
        is_siren = siren.isascii() and siren.isdigit() and len(siren) in {9, 14}
        not_understood = {
            "siren": not is_siren,
            "country_code": country is None,
            "language_code": language is None,
            "is_strategic": flag is None,
            "email": _EMAIL.fullmatch(email) is None,
            "currency": currency is None,
        }
        return MasterLine(
            position=position,
            account_number=account_number,
            customer_name=self._text(row, "customer_name") or account_number,
            company_code=self._identifier(row, "company_code") or None,
            department_code=self._identifier(row, "department_code") or None,
            parent_number=self._identifier(row, "parent_number") or None,
            siren=siren[:9] if is_siren else None,
            vat_number=re.sub(r"[\s.]", "", self._identifier(row, "vat_number")).upper() or None,
            street=self._text(row, "street"),
            postcode=self._identifier(row, "postcode"),
            city=self._text(row, "city"),
            country_code=country,
            language_code=language,
            currency=currency,
            terms_code=self._identifier(row, "terms_code") or None,
            payment_method=self._text(row, "payment_method") or None,
            collector=self._text(row, "collector") or None,
            credit_limit=self._number(row, "credit_limit"),
            discount_pct=self._number(row, "discount_pct", unit="%"),
            discount_days=self._whole(row, "discount_days"),
            is_strategic=flag,
            email="" if not_understood["email"] else email,
            phone=self._text(row, "phone"),
            iban=self._text(row, "iban").replace(" ", "").upper() or None,
            virtual_iban=self._text(row, "virtual_iban").replace(" ", "").upper() or None,
            extra=self._extra(row, also=tuple(name for name, is_so in not_understood.items() if is_so)),
        )

    def _contact_line(self, position: int, row: Sequence[Cell]) -> ContactLine:
        account_number = self._required(row, "account_number")
        email = self._text(row, "email")
        if email and _EMAIL.fullmatch(email) is None:
            self._refuse(ReasonCode.INVALID_EMAIL, "email", row)
        parts = (self._text(row, "contact_first_name"), self._text(row, "contact_last_name"))
        name = self._text(row, "contact_name") or " ".join(part for part in parts if part)
        phone, mobile = self._text(row, "phone"), self._text(row, "mobile")
        if not (name or email or phone or mobile):
            raise RowRefused(because(ReasonCode.NOBODY_NAMED))
        language = self._language(row)
        return ContactLine(
            position=position,
            account_number=account_number,
            company_code=self._identifier(row, "company_code") or None,
            department_code=self._identifier(row, "department_code") or None,
            contact_name=name,
            role=self._text(row, "role"),
            email=email,
            phone=phone,
            mobile=mobile,
            language_code=language,
            extra=self._extra(row, also=("language_code",) if language is None else ()),
        )

    def _country(self, row: Sequence[Cell]) -> str | None:
        text = self._text(row, "country_code")
        if len(text) == 2 and text.isascii() and text.isalpha():
            return text.upper()
        return self._countries.get(fold_words(text)) if text else None

    def _language(self, row: Sequence[Cell]) -> str | None:
        text = self._text(row, "language_code")
        if text in _SAP_LANGUAGES:
            return _SAP_LANGUAGES[text]
        code = re.fullmatch(r"([A-Za-z]{2})(?:[-_][A-Za-z]{2})?", text)
        return code[1].lower() if code else self._languages.get(fold_words(text)) if text else None

    def _flag(self, row: Sequence[Cell]) -> bool | None:
        return read_flag(row[self._at["is_strategic"]]) if "is_strategic" in self._at else None

    def _extra(self, row: Sequence[Cell], also: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
        """Keep what no field took, and the values that `also` could not understand, under their own headings."""
        if not self._rest and not also:
            return ()
        places = sorted({*self._rest, *(self._at[name] for name in also if name in self._at)})
        pairs = ((self._headings[index], cell_text(row[index])) for index in places)
        return tuple((heading, text) for heading, text in pairs if text)

    def _text(self, row: Sequence[Cell], name: str) -> str:
        index = self._at.get(name)
        return "" if index is None else cell_text(row[index])

    def _identifier(self, row: Sequence[Cell], name: str) -> str:
        index = self._at.get(name)
        if index is None:
            return ""
        text = read_identifier(row[index])
        if len(text) > IDENTIFIER_CHARACTERS_MAX:
            column = self._profile.heading(name)
            raise RowRefused(because(ReasonCode.VALUE_TOO_LONG, column=column, most=IDENTIFIER_CHARACTERS_MAX))
        return text

    def _required(self, row: Sequence[Cell], name: str) -> str:
        text = self._identifier(row, name)
        if not text:
            self._refuse_blank(name)
        return text

    def _day(self, row: Sequence[Cell], name: str) -> date | None:
        index = self._at.get(name)
        if index is None:
            return None
        text = read_identifier(row[index])
        if not text.strip("0"):
            return None
        try:
            return read_day(row[index], self._profile.date_order)
        except InvalidDate as error:
            column = self._profile.heading(name)
            raise RowRefused(because(ReasonCode.INVALID_DATE, column=column, **error.reason_params)) from error

    def _number(self, row: Sequence[Cell], name: str, *, unit: str = "") -> Decimal | None:
        index = self._at.get(name)
        if index is None or not cell_text(row[index]):
            return None
        cell = row[index]
        try:
            return read_number(
                cell.removesuffix(unit).rstrip() if isinstance(cell, str) else cell, self._profile.decimal_mark
            )
        except UnreadableAmount as error:
            column = self._profile.heading(name)
            raise RowRefused(because(ReasonCode.INVALID_AMOUNT, column=column, **error.reason_params)) from error

    def _whole(self, row: Sequence[Cell], name: str) -> int | None:
        number = self._number(row, name)
        if number is not None and number != int(number):
            self._refuse(ReasonCode.INVALID_NUMBER, name, row)
        return None if number is None else int(number)

    def _refuse(self, code: ReasonCode, name: str, row: Sequence[Cell], **params: object) -> NoReturn:
        """Refuse a row for the value in a column."""
        column = self._profile.heading(name)
        raise RowRefused(because(code, column=column, value=self._text(row, name), **params))

    def _refuse_blank(self, name: str) -> NoReturn:
        raise RowRefused(because(ReasonCode.MISSING_VALUE, column=self._profile.heading(name)))
