"""Where the pages tell that a line which went to the ERP has come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.ledger.services import import_file
from quittance.writeback.services import export_batch
from tests.cast import Cast, make_cast
from tests.integration.cash.desk import TODAY
from tests.integration.ledger.fec_files import line, write
from tests.integration.writeback.test_coming_back import on_account
from tests.web.desk import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(tmp_path: Path, settings: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


def test_the_import_counts_it_and_the_item_says_where_it_stands(cast: Cast, tmp_path: Path) -> None:
    payment = on_account(cast, "70.00")
    export_batch(company_id=cast.company.id, as_of=TODAY, actor=Actor(label="Clara"))
    back = line("BQ-9", "20260215", cast.account.number, credit="70,00", piece=payment.document_number)
    path = write(tmp_path / "erp.txt", back)
    batch_id = import_file(path=path, actor=Actor(label="Adam"), company_id=cast.company.id, source="ERP")
    assert ImportBatch.objects.get(pk=batch_id).status == "DONE"
    shown = browser(cast.adam).get(reverse("import_detail", args=[batch_id])).content.decode()
    assert "1 line is one that was sent to the ERP from here and came back; it was not posted again." in shown
    page = browser(cast.clara).get(reverse("item_detail", args=[payment.pk])).content.decode()
    assert "In the ERP as" in page
    assert f"{payment.document_number} is in the books of the ERP now" in page
    assert f"BQ BQ-9 · import {batch_id}" in page
