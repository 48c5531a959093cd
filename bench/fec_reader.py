"""Time the FEC reader alone on generated files of three sizes: `python bench/fec_reader.py [LINES]`.

Prints seconds, lines per second and the largest resident size; the cost must grow linearly with the lines.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from quittance.adapters.erp.fec import FecReader
from quittance.adapters.erp.fec_layout import STANDARD_HEADINGS

CUSTOMERS = 100_000


def write_fec(path: Path, *, lines: int, receivable_share: int) -> None:
    """Write sales entries of `receivable_share` customer lines and one revenue line each."""
    rng = random.Random(7)
    written = entry = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(STANDARD_HEADINGS) + "\r\n")
        while written < lines:
            entry += 1
            day = f"2025{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
            total = 0
            for _ in range(receivable_share):
                customer = rng.randrange(CUSTOMERS)
                cents = rng.randint(100, 5_000_000)
                total += cents
                letter = f"L{entry % 5000}" if entry % 2 else ""
                file.write(
                    f"VE\tVentes\t{entry}\t{day}\t411000\tClients\tC{customer:06d}\tClient n° {customer}\t"
                    f"F{entry:08d}\t{day}\tFacture d'été {entry}\t{cents // 100},{cents % 100:02d}\t0,00\t{letter}\t"
                    f"{day if letter else ''}\t{day}\t\t\r\n"
                )
            file.write(
                f"VE\tVentes\t{entry}\t{day}\t706000\tPrestations\t\t\tF{entry:08d}\t{day}\tFacture {entry}\t0,00\t"
                f"{total // 100},{total % 100:02d}\t\t\t{day}\t\t\r\n"
            )
            written += receivable_share + 1


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--receivable-share", type=int, default=9, help="customer lines for each revenue line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for lines in (options.lines // 10, options.lines // 3, options.lines):
            path = Path(folder) / f"{lines}.txt"
            write_fec(path, lines=lines, receivable_share=options.receivable_share)
            started = time.perf_counter()
            reading = FecReader().open(path=path)
            rows = sum(1 for row in reading.rows() if isinstance(row, tuple))
            seconds = time.perf_counter() - started
            size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            stats = reading.stats
            print(
                f"{stats.lines_read:>9} lines  {rows:>9} rows  {path.stat().st_size >> 20:>4} MiB  {seconds:6.2f} s  "
                f"{stats.lines_read / seconds:>9.0f} lines/s  resident max {size} MiB"
            )
            path.unlink()
            if stats.lines_rejected or stats.unbalanced_entries:
                sys.exit("the generated file was not read whole")


if __name__ == "__main__":
    main()
