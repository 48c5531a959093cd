"""Real files: each total equals an independent, naive sum of the file; balanced letter groups are applied exactly."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.ledger import queries, services
from quittance.ledger.models import OpenItem
from quittance.parties.models import Company, Customer

pytestmark = pytest.mark.django_db
ACTOR = Actor(label="reference")
FILES = [
    "neolegal-fr__fec-reader/pseudonymised/0000000001FEC20220831.txt",
    "neolegal-fr__fec-reader/pseudonymised/123456789FEC20500930.txt",
    "tryton__account_fr/tests/FEC.csv",
]


def amount(text: str) -> Decimal:
    return Decimal(text.strip().replace(",", ".") or "0")


def naive(path: Path) -> tuple[Decimal, Decimal, dict[tuple[str, str], Decimal], int]:
    """Add up the 411 lines of a FEC the plainest way."""
    debit = credit = Decimal(0)
    groups: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    count = 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        at = {name.strip(): index for index, name in enumerate(next(rows))}
        for row in rows:
            if len(row) < 13 or not row[at["CompteNum"]].startswith("411"):
                continue
            count += 1
            value = amount(row[at["Debit"]]) - amount(row[at["Credit"]])
            debit += amount(row[at["Debit"]])
            credit += amount(row[at["Credit"]])
            letter = row[at["EcritureLet"]].strip()
            if letter:
                customer = row[at["CompAuxNum"]].strip() or row[at["CompteNum"]].strip()
                groups[customer, letter] += value
    return debit, credit, groups, count


@pytest.mark.parametrize("name", FILES)
def test_a_real_fec_adds_up_to_the_cent(name: str, reference_data: Path) -> None:
    path = reference_data / "fec" / name
    debit, credit, groups, count = naive(path)
    company = Company.objects.create(code="REF", name="Reference", receivable_prefixes=["411"])
    batch = ImportBatch.objects.get(
        id=services.import_file(path=path, actor=ACTOR, company_id=company.id, settings={"is_opening_taken": True})
    )

    assert batch.lines_rejected == 0
    assert (batch.report["receivable_debit"], batch.report["receivable_credit"]) == (f"{debit:.2f}", f"{credit:.2f}")
    assert batch.lines_accepted <= count
    total = sum((item.amount_company for item in OpenItem.objects.all()), Decimal(0))
    assert total == debit - credit
    balanced = {key for key, value in groups.items() if not value}
    assert batch.report["letter_groups"] == len(groups)
    assert batch.report["letter_groups_applied"] == len(balanced)
    for customer, letter in balanced:
        items = OpenItem.objects.filter(account__number=customer, letter_code=letter)
        assert {item.amount_open for item in items} == {Decimal(0)}, (customer, letter)
    last = max(item.posting_date for item in OpenItem.objects.all())
    report = queries.aged_balance(as_of=last)
    assert sum((row.total for row in report.totals), Decimal(0)) == sum(
        (item.amount_company for item in OpenItem.objects.filter(document_date__lte=last)), Decimal(0)
    )
    again = services.import_file(path=path, actor=ACTOR, company_id=company.id, settings={"is_opening_taken": True})
    assert ImportBatch.objects.get(id=again).status == "UNCHANGED"


def test_the_sap_style_sample_imports_by_its_proposed_mapping(reference_data: Path) -> None:
    folder = reference_data / "ar_history_highradius"
    path = folder / "highradius_open_items_full_columns_sample.csv.gz"
    batch = ImportBatch.objects.get(
        id=services.import_file(path=path, actor=ACTOR, may_create_companies=True, source="SAP")
    )
    assert batch.status in {"DONE", "DONE_WITH_REJECTS"}, batch.message
    assert batch.lines_read == batch.lines_accepted + batch.lines_rejected + batch.report["lines_other"]
    assert batch.lines_accepted > 9_000
    assert Company.objects.count() > 1
    assert Customer.objects.exists()
    assert sum(OpenItem.objects.values_list("amount_original", flat=True)) == sum(
        OpenItem.objects.values_list("amount_open", flat=True)
    )
