"""Which column is proposed for which field: headings of three languages and eight ERPs, decided by values too."""

from __future__ import annotations

import pytest

from quittance.core.mapping.profile import SignRule
from quittance.core.mapping.proposal import MappingProposal, propose_mapping
from quittance.core.ports.intake import FileKind
from tests.unit.core import heading_tables as tables

LEDGERS = {
    "French": tables.FRENCH,
    "English": tables.ENGLISH,
    "Spanish": tables.SPANISH,
    "SAP": tables.SAP,
    "Sage": tables.SAGE,
    "Cegid and EBP": tables.CEGID_EBP,
    "Odoo": tables.ODOO,
    "Dynamics": tables.DYNAMICS,
    "Oracle, NetSuite, QuickBooks": tables.ORACLE_NETSUITE_QUICKBOOKS,
}
NOTHING = "nothing"
SAMPLES = {
    "account_number": ("C-0042", "C-0043"),
    "customer_name": ("Voiles & Cordages", "Tissages du Ponant"),
    "contact_name": ("Yann Le Goff", "Lucía Ortega"),
    "contact_first_name": ("Yann", "Lucía"),
    "contact_last_name": ("Le Goff", "Ortega"),
    "document_number": ("PON-1", "PON-2"),
    "instalment": ("1", "2"),
    "fiscal_year": ("2025", "2026"),
    "document_date": ("05/01/2026", "31/01/2026"),
    "posting_date": ("05/01/2026", "31/01/2026"),
    "due_date": ("05/02/2026", "28/02/2026"),
    "baseline_date": ("05/02/2026", "28/02/2026"),
    "cleared_date": ("05/02/2026", "28/02/2026"),
    "amount": ("1 250,00", "99,10"),
    "amount_open": ("1 250,00", "99,10"),
    "amount_company": ("1 250,00", "99,10"),
    "debit": ("1 250,00", "99,10"),
    "credit": ("1 250,00", "99,10"),
    "credit_limit": ("20 000", "5 000"),
    "discount_pct": ("2,0", "1,5"),
    "discount_days": ("10", "14"),
    "currency": ("EUR", "USD"),
    "side": ("S", "H"),
    "kind": ("RV", "DG"),
    "receivable_account": ("411000", "411000"),
    "journal_code": ("VE", "BQ"),
    "siren": ("912345676", "987654329"),
    "vat_number": ("FR40912345676", "ESB12345678"),
    "postcode": ("29200", "35000"),
    "country_code": ("FR", "ES"),
    "language_code": ("fr", "es"),
    "iban": ("FR7630006000011234567890189", "FR14 2004 1010 0505 0001 3M02 606"),
    "virtual_iban": ("FR7630006000011234567890189", "FR14 2004 1010 0505 0001 3M02 606"),
    "email": ("compta@ponant.example", "cuentas@ebro.example"),
    "phone": ("+33 2 98 00 00 10", "02 99 00 00 20"),
    "mobile": ("+33 6 98 00 00 10", "06 99 00 00 20"),
    "is_strategic": ("oui", "non"),
}
# A column that means nothing to us may look like anything.
LOOKS = (("1 250,00", "99,10"), ("05/01/2026", "31/01/2026"), ("AB-1", "AB-2"), ("Voiles & Cordages", "Le Goff"))


def cases(table: str) -> list[tuple[str, str]]:
    lines = (line.split(":", 1) for line in table.strip().replace("\n    ", " ").splitlines())
    return [(field, heading.strip()) for field, headings in lines for heading in headings.split(";")]


def ledger_cases() -> list[tuple[str, str, str]]:
    return [(dialect, heading, field) for dialect, table in LEDGERS.items() for field, heading in cases(table)]


def proposed(heading: str, values: tuple[str, ...], kind: FileKind) -> set[str]:
    proposal = propose_mapping([heading], [[value] for value in values], kind=kind)
    return {choice.name for choice in proposal.choices if choice.confidence_pct > 50}


def check(heading: str, field: str, kind: FileKind) -> None:
    if field == NOTHING:
        assert all(not proposed(heading, values, kind) for values in LOOKS)
    else:
        expected = {field}
        found = proposed(heading, SAMPLES.get(field, ("Z030", "Z031")), kind)
        assert found == expected or (field == "amount_company" and found == {"amount"})


@pytest.mark.parametrize(("dialect", "heading", "field"), ledger_cases())
def test_headings_of_ledgers(dialect, heading, field):
    check(heading, field, FileKind.OPEN_ITEMS)


@pytest.mark.parametrize(("field", "heading"), cases(tables.CUSTOMERS))
def test_headings_of_customer_files(field, heading):
    check(heading, field, FileKind.CUSTOMERS)


@pytest.mark.parametrize(("field", "heading"), cases(tables.CONTACTS))
def test_headings_of_contact_files(field, heading):
    check(heading, field, FileKind.CONTACTS)


@pytest.mark.parametrize("language", ["French", "English", "Spanish"])
def test_the_tables_are_long_enough(language):
    assert len(cases(LEDGERS[language])) >= 60


def propose(text: str) -> MappingProposal:
    headings, *rows = [line.split(";") for line in text.strip().splitlines()]
    return propose_mapping(headings, rows)


def fields(proposal: MappingProposal) -> dict[str, str]:
    return {choice.name: choice.heading for choice in proposal.choices}


def test_a_french_ledger_with_headings_of_its_own():
    proposal = propose("""
N° tiers;Nom du tiers;Réf. document;Date pièce;Émis le;À payer le;Montant TTC;Devise
T-901;Tissages du Ponant;PON-1;05/01/2026;05/01/2026;04/02/2026;1 250,00;EUR
T-902;Voiles & Cordages;PON-3;31/01/2026;31/01/2026;11/03/2026;99,00;EUR
""")
    assert proposal.profile.kind is FileKind.OPEN_ITEMS
    assert proposal.missing == ()
    assert fields(proposal) == {
        "account_number": "N° tiers",
        "customer_name": "Nom du tiers",
        "document_number": "Réf. document",
        "document_date": "Date pièce",
        "due_date": "À payer le",
        "amount": "Montant TTC",
        "currency": "Devise",
    }
    assert proposal.unmapped_headings == ("Émis le",)


@pytest.mark.parametrize(
    ("heading", "values", "field"),
    [
        ("Client", ("C-0042", "C-0043"), "account_number"),
        ("Client", ("Voiles & Cordages", "Kervella"), "customer_name"),
        ("Cliente", ("Talleres Ebro SL", "Conservas Luarca"), "customer_name"),
        ("Customer", ("10000", "10010"), "account_number"),
        ("Tiers", ("411DUR", "411KER"), "account_number"),
        ("Société", ("ARD", "ARS"), "company_code"),
        ("Société", ("Voiles & Cordages", "Kervella SAS"), "customer_name"),
        ("Compte", ("411DUR", "411KER"), "account_number"),
        ("Compte", ("411000", "411000"), "receivable_account"),
        ("Échéance", ("05/02/2026", "28/02/2026"), "due_date"),
        ("Échéance", ("1", "2"), None),
        ("Document", ("Facture", "Avoir"), None),
        ("Document", ("F-1", "F-2"), "document_number"),
        ("Devise", ("12,00", "13,00"), None),
        ("Montant", ("05/02/2026", "28/02/2026"), None),
    ],
)
def test_values_decide_what_a_heading_leaves_open(heading, values, field):
    found = proposed(heading, values, FileKind.OPEN_ITEMS)
    assert found == ({field} if field else set())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("N° client;Facture;Date;Solde\nC1;F1;31/01/2026;10,00", FileKind.OPEN_ITEMS),
        ("Code;Nom;Adresse;CP;Ville\nC1;Kervella;1 rue du Port;29200;Brest", FileKind.CUSTOMERS),
        ("Code client;Raison sociale;SIRET;Encours autorisé;Créé le\nC1;Kervella;91234567600012;2000;31/01/2020",
         FileKind.CUSTOMERS),
        ("No.;Name;City;Phone;Contact\n10000;Voiles Ltd;Hull;+44 20 5550 1000;Emma Hughes", FileKind.CUSTOMERS),
        ("Code client;Prénom;Nom de famille;Fonction;E-mail\nC1;Yann;Le Goff;Comptable;y@ponant.example",
         FileKind.CONTACTS),
        ("Código cliente;Persona de contacto;Correo electrónico\nC1;Lucía Ortega;l@ebro.example", FileKind.CONTACTS),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_follows_from_the_fields_found(text, kind):
    proposal = propose(text)
    assert (proposal.profile.kind, proposal.missing) == (kind, ())


def test_a_running_balance_is_not_what_is_open():
    proposal = propose("Compte;Intitulé;Pièce;Date;Débit;Crédit;Solde\n411DUR;Durand;F1;31/01/2026;10,00;;10,00")
    assert proposal.profile.sign_rule is SignRule.TWO_COLUMNS
    assert "Solde" in proposal.unmapped_headings


def test_what_was_paid_is_an_amount_only_in_a_list_of_payments():
    assert fields(propose("paiement_id;client_id;montant_paye\nP1;C1;10,00"))["amount"] == "montant_paye"
    assert "amount" not in fields(propose("N° facture;N° client;Montant payé\nF1;C1;10,00"))


def test_two_columns_of_one_heading_are_told_apart():
    proposal = propose("Client;Client (2);Facture;Date;Montant\nC-1;Voiles & Cordages;F1;31/01/2026;10,00")
    assert fields(proposal)["account_number"] == "Client"
    assert fields(proposal)["customer_name"] == "Client (2)"


def test_a_list_of_balances_is_not_taken_for_customers():
    proposal = propose("Code client;Nom client;Solde\nC1;Kervella;10,00")
    assert proposal.profile.kind is FileKind.OPEN_ITEMS
    assert "document_number or external_id" in proposal.missing
