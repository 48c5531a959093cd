"""Time `quittance import ledger` on generated FEC of three sizes: `python -m bench.import_ledger [LINES]`.

Invoices of three lines (customer, revenue, VAT) and payments of two (bank, customer), most of them lettered. For each
size: lines, seconds, lines per second, largest resident size of the importing process, and of the same file again with
other bytes. Each import starts on an empty database; the cost must grow linearly.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

HEADINGS = (
    "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate"
    " EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
)
SECONDS_MAX = 90
RESIDENT_MIB_MAX = 1024


def write_fec(path: Path, *, lines: int, ending: str = "") -> None:
    """Write a FEC of about `lines` lines: a customer for each hundred, four of five invoices paid and lettered."""
    rng = random.Random(11)
    customers = max(lines // 100, 10)
    start = date(2025, 1, 1)
    written = entry = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(HEADINGS.split()) + "\r\n")

        def write(journal: str, number: int, day: str, account: str, who: int | None, cents: int, letter: str) -> None:
            debit, credit = max(cents, 0), max(-cents, 0)
            auxiliary = f"C{who:06d}\tCustomer {who} & fils" if who is not None else "\t"
            file.write(
                f"{journal}\t{'Ventes' if journal == 'VE' else 'Banque'}\t{number}\t{day}\t{account}\tAccount\t"
                f"{auxiliary}\tP{number:08d}\t{day}\tEntry {number}\t{debit // 100},{debit % 100:02d}\t"
                f"{credit // 100},{credit % 100:02d}\t{letter}\t{day if letter else ''}\t{day}\t\t\r\n"
            )

        while written < lines:
            entry += 1
            who = rng.randrange(customers)
            issued = start + timedelta(days=rng.randrange(330))
            total = rng.randint(1_000, 5_000_000)
            is_paid = rng.random() < 0.8
            letter = f"L{entry}" if is_paid else ""
            day = f"{issued:%Y%m%d}"
            write("VE", entry, day, "411000", who, total, letter)
            write("VE", entry, day, "707000", None, -(total - total // 6), "")
            write("VE", entry, day, "445710", None, -(total // 6), "")
            written += 3
            if is_paid:
                entry += 1
                day = f"{issued + timedelta(days=rng.randrange(10, 90)):%Y%m%d}"
                write("BQ", entry, day, "512000", None, total, "")
                write("BQ", entry, day, "411000", who, -total, letter)
                written += 2
        file.write(ending)


_CHILD = """
import json, resource, sys, time
from pathlib import Path
import django
django.setup()
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.ledger.services import import_file
from quittance.parties.queries import find_company
from quittance.parties.services import create_company
actor = Actor(label="bench")
company = find_company(code="B")
company_id = company.id if company else create_company(code="B", name="Bench", actor=actor)
stages, last = {}, [None, time.perf_counter()]
def on_progress(stage, done, total):
    now = time.perf_counter()
    if last[0] is not None:
        stages[last[0]] = stages.get(last[0], 0) + now - last[1]
    last[0], last[1] = stage, now
started = time.perf_counter()
batch = ImportBatch.objects.get(
    id=import_file(path=Path(sys.argv[1]), actor=actor, company_id=company_id, on_progress=on_progress))
on_progress("END", 0, 0)
print(json.dumps({
    "seconds": time.perf_counter() - started, "status": batch.status, "lines": batch.lines_read,
    "accepted": batch.lines_accepted, "letters": batch.report.get("letter_groups_applied"),
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "message": batch.message,
    "stages": {name: round(seconds, 1) for name, seconds in stages.items()}}))
"""


def measure(path: Path, environment: dict[str, str]) -> dict[str, object]:
    """Import a file in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Run the bench; fail when the largest size misses its limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="?", type=int, default=1_000_000)
    options = parser.parse_args()
    is_good = True
    for lines in (options.lines // 10, options.lines // 3, options.lines):
        found = run_size(lines)
        is_good = float(str(found["seconds"])) <= SECONDS_MAX and float(str(found["mib"])) <= RESIDENT_MIB_MAX
    return 0 if is_good else 1


def run_size(lines: int) -> dict[str, object]:
    """Import a file of about `lines` lines twice into an empty database and print the figures."""
    from quittance.foundation import postgres

    with tempfile.TemporaryDirectory(prefix="quittance-bench-") as folder, postgres.temporary_server() as url:
        environment = {
            **os.environ,
            "QUITTANCE_DATABASE_URL": url,
            "QUITTANCE_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "quittance.config.settings",
        }
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "-v", "0"], env=environment, check=True, capture_output=True
        )
        path = Path(folder) / "ledger.txt"
        for name, ending in (("first", ""), ("again", "\r\n")):
            write_fec(path, lines=lines, ending=ending)
            started = time.perf_counter()
            found = measure(path, environment)
            seconds = float(str(found["seconds"]))
            print(
                f"{name}: {found['lines']:>9,} lines in {seconds:6.1f} s = {int(str(found['lines'])) / seconds:>8,.0f}"
                f" lines/s, {float(str(found['mib'])):5.0f} MiB, {found['status']}, {found['letters']} letter groups,"
                f" {found['stages']} ({time.perf_counter() - started:.0f} s with start)",
                flush=True,
            )
            if name == "first":
                first = found
    return first


if __name__ == "__main__":
    sys.exit(main())
