"""`quittance import customers`: take a file of customers in (CSV, XLSX)."""

from __future__ import annotations

from quittance.cli.party_files import party_command

command = party_command(name="customers", kind="CUSTOMERS")
