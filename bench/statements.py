"""Read and import one large camt.053 file: time and memory, at three sizes or the size given in MB.

Each size is a process of its own, so that its memory is its own: `python -m bench.statements 20 200`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from itertools import count
from pathlib import Path

from quittance.foundation import postgres

SIZES_MB = (20, 60, 200)
DAY = "2026-01-05"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><GrpHdr><MsgId>LARGE</MsgId></GrpHdr>\n<Stmt><Id>LARGE</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id>"
    "<Ccy>EUR</Ccy><Ownr><Nm>Quai Nord SA</Nm></Ownr></Acct>\n"
)
_BALANCE = (
    "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
    "<Dt><Dt>{day}</Dt></Dt></Bal>\n"
)
_ENTRY = (
    "<Ntry>\n<NtryRef>{n}</NtryRef><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\n"
    "<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>SVC{n:012d}</AcctSvcrRef>\n"
    "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n"
    "<NtryDtls><TxDtls><Refs><EndToEndId>E2E-{n:010d}</EndToEndId><TxId>TX{n:012d}</TxId></Refs>\n"
    "<RltdPties><Dbtr><Pty><Nm>Debtor number {customer} of the large file SARL</Nm></Pty></Dbtr>\n"
    "<DbtrAcct><Id><Othr><Id>ACC{customer:08d}</Id></Othr></Id></DbtrAcct></RltdPties>\n"
    "<RmtInf><Ustrd>Invoice FA-2026-{n:08d} of January, order number {order}, thank you</Ustrd></RmtInf>\n"
    "</TxDtls></NtryDtls><AddtlNtryInf>SEPA CREDIT TRANSFER RECEIVED</AddtlNtryInf></Ntry>\n"
)
_TAIL = "</Stmt></BkToCstmrStmt></Document>\n"


def write_statement(path: Path, *, bytes_min: int, account: str = "LARGE-1") -> tuple[int, Decimal]:
    """Write a camt.053 file of at least so many bytes; return how many movements it holds and their sum."""
    total, written = Decimal(0), 0
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(account=account) + _BALANCE.format(code="OPBD", amount="100.00", day=DAY))
        for n in count():
            if written >= bytes_min:
                break
            amount = Decimal(1000 + n * 7919 % 500_000) / 100
            written += file.write(_ENTRY.format(n=n, amount=amount, day=DAY, customer=n % 5000, order=n * 31))
            total += amount
        file.write(_BALANCE.format(code="CLBD", amount=100 + total, day=DAY) + _TAIL)
    return n, total


def measure(path: Path) -> dict[str, float]:
    """Import a file in this process; return seconds of work, movements, and the most memory held, in MB."""
    import django

    django.setup()
    from quittance.cash.services import import_statement
    from quittance.foundation.permissions import SYSTEM

    before = _memory_mb()
    start, worked = time.perf_counter(), time.process_time()
    with path.open("rb") as stream:
        result = import_statement(stream=stream, filename=path.name, actor=SYSTEM)
    return {
        "new": result.transactions_new,
        "balanced": result.balanced is True,
        "sum": float(result.sum),
        "seconds": time.perf_counter() - start,
        "worked": time.process_time() - worked,
        "memory": _memory_mb(),
        "grown": _memory_mb() - before,
    }


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_apart(path: Path) -> dict[str, float]:
    """Do the same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.statements", "--measure", str(path)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print a line for each size."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
        return
    sizes = [int(text) for text in sys.argv[1:]] or SIZES_MB
    with tempfile.TemporaryDirectory() as folder, postgres.temporary_server() as address:
        os.environ |= {
            "QUITTANCE_DATA_DIR": folder,
            "QUITTANCE_DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "quittance.config.settings",
        }
        subprocess.run([sys.executable, "-m", "quittance.cli.main", "migrate"], check=True, capture_output=True)
        print(f"{'MB':>5} {'movements':>10} {'seconds':>8} {'CPU':>7} {'per s':>7} {'MB held':>8} {'kB each':>8}")
        for size in sizes:
            _print_size(Path(folder) / "large.xml", size)


def _print_size(path: Path, size: int) -> None:
    written, total = write_statement(path, bytes_min=size * 1_000_000, account=f"LARGE-{size}")
    found = measure_apart(path)
    if (found["new"], found["balanced"]) != (written, True) or abs(found["sum"] - float(total)) > 0.005:
        raise SystemExit(f"{size} MB: {found} instead of {written} movements, {total}")
    print(
        f"{size:5d} {written:10d} {found['seconds']:8.1f} {found['worked']:7.1f} {written / found['seconds']:7.0f}"
        f" {found['memory']:8.0f} {found['grown'] * 1024 / written:8.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
