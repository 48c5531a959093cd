"""The words for the fields that a file of the ERP can fill."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELD_WORDS: Mapping[str, str | Promise] = {
    "account_number": _("Customer number"),
    "customer_name": _("Customer name"),
    "company_code": _("Company code"),
    "department_code": _("Department code"),
    "document_number": _("Document number"),
    "instalment": _("Instalment"),
    "fiscal_year": _("Fiscal year"),
    "kind": _("Type of document"),
    "document_date": _("Document date"),
    "posting_date": _("Posting date"),
    "due_date": _("Due date"),
    "baseline_date": _("Baseline date"),
    "cleared_date": _("Clearing date"),
    "amount_open": _("Open amount"),
    "amount": _("Amount"),
    "debit": _("Debit"),
    "credit": _("Credit"),
    "side": _("Debit or credit"),
    "amount_company": _("Amount in company currency"),
    "currency": _("Currency"),
    "receivable_account": _("Ledger account"),
    "label": _("Label"),
    "journal_code": _("Journal"),
    "entry_number": _("Entry number"),
    "letter_code": _("Letter code"),
    "letter_date": _("Letter date"),
    "reference": _("Reference"),
    "terms_code": _("Terms of payment"),
    "external_id": _("The file's own id"),
    "parent_number": _("Number of the group"),
    "siren": _("SIREN"),
    "vat_number": _("VAT number"),
    "street": _("Street"),
    "postcode": _("Postcode"),
    "city": _("Town"),
    "country_code": _("Country"),
    "language_code": _("Language"),
    "payment_method": _("Method of payment"),
    "collector": _("Collector"),
    "credit_limit": _("Credit limit"),
    "is_strategic": _("Strategic"),
    "iban": _("IBAN"),
    "contact_name": _("Contact"),
    "contact_first_name": _("First name"),
    "contact_last_name": _("Last name"),
    "role": _("Role"),
    "email": _("E-mail"),
    "phone": _("Telephone"),
    "mobile": _("Mobile"),
    "currency_default": _("Currency of the file"),
    "booking_date": _("Booking date"),
    "value_date": _("Value date"),
    "counterparty_name": _("Payer's name"),
    "counterparty_account": _("Payer's IBAN or account"),
    "own_account": _("Our bank account"),
    "text": _("Text of the payment"),
    "additional_text": _("More text"),
    "end_to_end_id": _("Payer's reference"),
    "mandate_id": _("Mandate"),
    "balance": _("Running balance"),
    "amount_gross": _("Amount of the document"),
    "amount_paid": _("Amount paid"),
    "amount_discount": _("Discount"),
    "amount_deduction": _("Deduction"),
    "reason_code": _("Reason code"),
    "reason_text": _("Reason"),
    "payment_reference": _("Payment reference"),
    "payment_date": _("Payment date"),
}


def field_word(name: str) -> str:
    """Return the words for a field; alternatives ("a or b") each get theirs."""
    return " / ".join(str(FIELD_WORDS.get(part) or part.replace("_", " ")) for part in name.split(" or "))
