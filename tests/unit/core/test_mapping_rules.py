"""What journals, types and signs make of a line, and what headings are taken for: as tables."""

from __future__ import annotations

from decimal import Decimal

import pytest

from quittance.core.mapping.cells import is_number, read_day, read_flag, read_identifier
from quittance.core.mapping.duplicates import Meeting, SeenLines
from quittance.core.mapping.journals import JournalNature, journal_nature, line_kind
from quittance.core.mapping.kinds import kind_of_type, table_line_kind
from quittance.core.mapping.profile import MappingProfile, SignRule
from quittance.core.mapping.proposal import propose_mapping
from quittance.core.ports.intake import FileKind

KINDS = """
code | name                  | label     | side   | kind
VE   | Ventes                |           | debit  | INVOICE
VEN  | VENTES                |           | credit | CREDIT_NOTE
REV  | Revenue               |           | debit  | INVOICE
FA   |                       |           | credit | CREDIT_NOTE
BQ   | Banque                |           | credit | PAYMENT
CRC  | CREDIT AGRICOLE       |           | credit | PAYMENT
CRC  | CREDIT AGRICOLE       | impayé    | debit  | ADJUSTMENT
CA2  | CAISSE                |           | credit | PAYMENT
LCL  | LCL                   |           | credit | PAYMENT
RCH  | REMISES DE CHEQUES    |           | credit | PAYMENT
CB   |                       |           | credit | PAYMENT
OD   | Opérations diverses   |           | credit | PAYMENT
OD   | Opérations diverses   |           | debit  | ADJUSTMENT
ODR  | O.D. DE REGULARISATION|           | credit | PAYMENT
AN   | A nouveaux            |           | debit  | INVOICE
ANO  | A NOUVEAUX            | VIR 12    | credit | PAYMENT
RAN  | Report à nouveau      | Avoir 12  | credit | CREDIT_NOTE
OUV  | Balance Initiale      |           | debit  | INVOICE
ZZ   | ?                     |           | debit  | INVOICE
ZZ   | ?                     |           | credit | PAYMENT
ZZ   | ?                     | Avoir     | credit | CREDIT_NOTE
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()[1:]]


@pytest.mark.parametrize(("code", "name", "label", "side", "kind"), rows(KINDS))
def test_kind_of_a_ledger_line(code, name, label, side, kind):
    nature = journal_nature(code=code, name=name)
    assert line_kind(nature=nature, is_debit=side == "debit", label=label).value == kind


def test_a_purchase_journal_is_none_of_them():
    assert journal_nature(code="ACH", name="Achats marchandises") is JournalNature.OTHER


@pytest.mark.parametrize(
    ("type_text", "kind"),
    [
        ("RV", "INVOICE"),
        ("DG", "CREDIT_NOTE"),
        ("DZ", "PAYMENT"),
        ("AB", "ADJUSTMENT"),
        ("Facture", "INVOICE"),
        ("Avoir client", "CREDIT_NOTE"),
        ("Nota de crédito", "CREDIT_NOTE"),
        ("Règlement reçu", "PAYMENT"),
        ("Gutschrift", "CREDIT_NOTE"),
        ("Intérêts de retard", "LATE_INTEREST"),
    ],
)
def test_document_types_of_four_languages(type_text, kind):
    assert kind_of_type(type_text).value == kind


def test_a_type_contradicted_by_its_sign_is_an_adjustment():
    assert table_line_kind(type_text="DZ", is_debit=True, label="").value == "ADJUSTMENT"
    assert table_line_kind(type_text="?", is_debit=True, label="").value == "INVOICE"


PROPOSALS = """
heading           | sample     | field
Code client       | C1         | account_number
KUNNR             | 000012     | account_number
cust_number       | 0200769623 | account_number
Raison sociale    | Müller     | customer_name
BELNR             | 18000001   | document_number
N° de facture     | F1         | document_number
Número de factura | F1         | document_number
Rechnungsnummer   | F1         | document_number
document_create_date | 20200101 | document_date
Fecha de vencimiento | 31/12/2025 | due_date
Date d'échéance   | 31/12/2025 | due_date
due_in_date       | 20200101   | due_date
Fälligkeitsdatum  | 31.12.2025 | due_date
WRBTR             | 12.00      | amount
Solde restant dû  | 12,00      | amount_open
total_open_amount | 12.0       | amount_open
WAERS             | EUR        | currency
invoice_currency  | USD        | currency
SHKZG             | S          | side
BUKRS             | FR01       | company_code
Zahlungsbedingungen | Z030     | terms_code
Centre de profit  | P1         | department_code
Referencia        | PO1        | reference
buisness_year     | 2020.0     | fiscal_year
"""


@pytest.mark.parametrize(("heading", "sample", "field"), rows(PROPOSALS))
def test_headings_of_four_languages_and_sap(heading, sample, field):
    proposal = propose_mapping([heading], [[sample]], kind=FileKind.OPEN_ITEMS)
    assert next((choice.name, choice.heading) for choice in proposal.choices if choice.confidence_pct > 50) == (
        field,
        heading,
    )
    assert proposal.choices[0].why


def test_values_overrule_a_heading():
    proposal = propose_mapping(
        ["Date", "Amount"], [["not a day", "12.00"], ["either", "13.00"]], kind=FileKind.OPEN_ITEMS
    )
    assert [choice.name for choice in proposal.choices] == ["amount"]
    assert proposal.unmapped_headings == ("Date",)


def test_what_the_sample_cannot_tell_is_said():
    english = propose_mapping(["Customer", "Invoice", "Invoice date", "Amount"], [["C", "F", "03/04/2025", "1,234"]])
    assert (english.profile.date_order, english.profile.decimal_mark) == (None, None)
    assert len(english.warnings) == 2
    french = propose_mapping(["Client", "N° facture", "Date", "Montant"], [["C", "F", "03/04/2025", "1,2"]])
    assert (french.profile.date_order, french.profile.decimal_mark) == ("DMY", ",")


def test_a_profile_names_what_it_lacks():
    profile = MappingProfile(kind=FileKind.OPEN_ITEMS, columns=(("amount", "A"),), sign_rule=SignRule.SIDE)
    assert profile.missing_fields() == (
        "account_number",
        "document_number or external_id",
        "document_date or posting_date",
        "side",
        "currency or currency_default",
    )
    assert MappingProfile(kind=FileKind.CONTACTS, columns=()).missing_fields()[0] == "account_number"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "OPEN_ITEMS"},
        {"kind": "NOTHING", "columns": []},
        {"kind": "CUSTOMERS", "columns": [["nothing", "A"]]},
        {"kind": "CUSTOMERS", "columns": [["siren", "A"], ["siren", "B"]]},
        {"kind": "CUSTOMERS", "columns": [], "decimal_mark": ";"},
        {"kind": "CUSTOMERS", "columns": [], "date_order": "YDM"},
        {"kind": "CUSTOMERS", "columns": [], "currency_default": "EURO"},
        {"kind": "CUSTOMERS", "columns": [], "more": 1},
        {"kind": "CUSTOMERS", "columns": 7},
    ],
)
def test_what_is_no_profile_is_refused(values):
    with pytest.raises(ValueError):
        MappingProfile.from_json(values)


def test_cells():
    assert read_identifier("007.0") == "007"
    assert read_identifier(Decimal("7.5")) == "7.5"
    assert read_day(Decimal(46022), None).isoformat() == "2025-12-31"
    assert read_day(Decimal(20251231), None).isoformat() == "2025-12-31"
    assert read_day("20190722.0", "YMD").isoformat() == "2019-07-22"
    assert (read_flag("Oui"), read_flag("no"), read_flag("perhaps")) == (True, False, None)
    assert is_number("1.234,50-") and not is_number("abc")


def test_instalments_are_numbered_and_repeats_found_among_all():
    seen = SeenLines()
    meet = [
        seen.meet(key=1, content=content, part=part, position=content)
        for content, part in ((1, "a"), (2, "b"), (3, "c"))
    ]
    assert [each.instalment for each in meet] == [1, 2, 3]
    again = seen.meet(key=1, content=9, part="b", position=9)
    assert (again.meeting, again.first_position) == (Meeting.DUPLICATE_ID, 2)
