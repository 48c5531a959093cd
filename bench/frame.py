"""What benches on generated accounts share: a database of their own, one company, accounts that grow by statements."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import date
from typing import Any

from quittance.foundation import postgres


def run_on_own_database(*, description: str | None, accounts: int, measure: Callable[[int], None]) -> None:
    """Start a database that nobody else uses, migrate it and measure with the number of accounts that is asked for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("accounts", nargs="?", type=int, default=accounts)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres.temporary_server() as address:
        os.environ |= {
            "QUITTANCE_DATA_DIR": folder,
            "QUITTANCE_DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "quittance.config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(options.accounts)


def make_company() -> dict[str, int]:
    """Write the company and department that accounts are generated for; return them as the statements name them."""
    from quittance.parties.models import Company, Department

    company = Company.objects.create(code="BEN", name="Bench", sender_email="a@bench.example")
    department = Department.objects.create(company=company, code="D", name="D")
    return {"company": company.pk, "department": department.pk}


def grow(*, statements: str, first: int, last: int, today: date, owner: dict[str, int]) -> None:
    """Write the accounts numbered from `first` to `last`."""
    from django.db import connection

    values: dict[str, Any] = {"first": first, "last": last, "today": today, **owner}
    with connection.cursor() as cursor:
        for statement in statements.strip().rstrip(";").split(";"):
            cursor.execute(statement, values)
