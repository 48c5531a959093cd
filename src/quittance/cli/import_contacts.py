"""`quittance import contacts`: take a file of contacts in (CSV, XLSX)."""

from __future__ import annotations

from quittance.cli.party_files import party_command

command = party_command(name="contacts", kind="CONTACTS")
