"""Every reason that a reader can give is explained in the reference."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"ReasonCode\.([A-Z_0-9]+)")


def test_every_reason_is_in_the_reference():
    folders = ("adapters/erp", "adapters/tables", "core/mapping")
    sources = [path.read_text() for folder in folders for path in (ROOT / "src/quittance" / folder).glob("*.py")]
    codes = {code for source in sources for code in CODE.findall(source)}
    text = (ROOT / "docs/reference/ledger-files.md").read_text()
    assert len(codes) > 35
    assert sorted(code for code in codes if f"`{code}`" not in text) == []
