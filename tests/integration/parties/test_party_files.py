"""Customer masters and contact files: new, again, changed, unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from quittance.foundation.models import Event, ImportBatch, RejectedLine
from quittance.foundation.permissions import Actor
from quittance.ledger.services import import_file
from quittance.parties.models import Contact, Customer, CustomerAccount, VirtualIban
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")
MASTER = """Code client;Nom client;Ville;Pays;SIREN;Conditions de paiement;E-mail
411DURAND;Durand & Fils SA;Lyon;FR;552100554;30N;compta@durand.example
C77;Nouveau;Brest;FR;;;
"""
CONTACTS = """Code client;Nom contact;E-mail;Fonction
411DURAND;Paul Achat;paul@durand.example;acheteur
NOBODY;Jean;jean@x.example;
"""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def take(cast: Cast, path: Path, kind: str) -> ImportBatch:
    batch_id = import_file(path=path, actor=ALICE, company_id=cast.company.id, kind=kind)
    return ImportBatch.objects.get(id=batch_id)


def test_a_master_creates_and_changes_and_then_nothing(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(MASTER)
    batch = take(cast, path, "CUSTOMERS")

    assert (batch.status, batch.kind, batch.lines_new, batch.lines_changed) == ("DONE", "CUSTOMERS", 1, 1), (
        batch.message
    )
    cast.durand.refresh_from_db()
    assert (cast.durand.name, cast.durand.siren) == ("Durand & Fils SA", "552100554")
    assert Contact.objects.filter(customer=cast.durand, email="compta@durand.example").exists()
    assert CustomerAccount.objects.get(number="C77").customer.town == "Brest"
    assert Event.objects.get(kind="customer.changed_by_erp").customer_id == cast.durand.id
    path.write_text(MASTER + "\n")
    again = take(cast, path, "CUSTOMERS")
    assert (again.status, again.lines_unchanged) == ("UNCHANGED", 2)
    assert Customer.objects.count() == 2


def test_contacts_belong_to_known_accounts(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(CONTACTS)
    batch = take(cast, path, "CONTACTS")
    assert (batch.status, batch.lines_new, batch.lines_rejected) == ("DONE_WITH_REJECTS", 1, 1), batch.message
    contact = Contact.objects.get(email="paul@durand.example")
    assert (contact.customer_id, contact.role) == (cast.durand.id, "BUYER")
    assert RejectedLine.objects.get(batch=batch, is_warning=False).reason_code == "UNKNOWN_ACCOUNT"
    path.write_text(CONTACTS.replace("Paul Achat", "Paul Durand"))
    again = take(cast, path, "CONTACTS")
    assert (again.lines_new, again.lines_changed) == (0, 1)


DISCOUNTS = """Code client;Nom client;Taux d'escompte;Jours d'escompte
411DURAND;Durand & Fils;2,5 %;10
C77;Nouveau;0;10
C78;Trop;60;10
C79;Rien;;
"""


def test_the_terms_of_discount_come_with_the_master(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(DISCOUNTS)
    batch = take(cast, path, "CUSTOMERS")
    found = CustomerAccount.objects.values_list("number", "discount_per_mille", "discount_days")
    assert set(found) >= {("411DURAND", 25, 10), ("C77", 0, 0), ("C78", 0, 0), ("C79", 0, 0)}, batch.message
    warning = RejectedLine.objects.get(batch=batch)
    assert (warning.is_warning, warning.reason_code) == (True, "UNKNOWN_CODE")
    path.write_text(DISCOUNTS.replace("2,5 %", "0"))
    take(cast, path, "CUSTOMERS")
    cast.account.refresh_from_db()
    assert (cast.account.discount_per_mille, cast.account.discount_days) == (0, 0)


VIRTUAL = """Code client;Nom client;Ville;Pays;IBAN virtuel
411DURAND;Durand & Fils;Lyon;FR;DE75 5121 0800 1245 1261 99
C77;Nouveau;Brest;FR;DE75512108001245126199
C78;Faux;Brest;FR;DE75512108001245126198
C79;Maison;Brest;FR;FR7630006000011234567890189
C80;Sans;Brest;FR;
"""


def test_virtual_accounts_come_with_the_master_and_errors_name_their_line(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(VIRTUAL)
    batch = take(cast, path, "CUSTOMERS")
    given = VirtualIban.objects.get()
    assert (given.customer_id, given.company_id, given.iban) == (
        cast.durand.id, cast.company.id, "DE75512108001245126199",
    )  # fmt: skip
    told = RejectedLine.objects.filter(batch=batch).order_by("position").values_list("position", "reason_code")
    assert list(told) == [(3, "VIRTUAL_IBAN_TAKEN"), (4, "VIRTUAL_IBAN_WRONG"), (5, "VIRTUAL_IBAN_OURS")]
    assert Event.objects.filter(kind="virtual_iban.given").count() == 1
    path.write_text(VIRTUAL + "C81;Plus;Brest;FR;\n")
    again = take(cast, path, "CUSTOMERS")
    assert (again.lines_new, again.lines_changed, VirtualIban.objects.count()) == (1, 0, 1)
