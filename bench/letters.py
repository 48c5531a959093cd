"""Letters to PDF: one process and two, then ten thousand of them (less with QUITTANCE_BENCH_LETTERS).

Target: 10,000 letters in five minutes on two cores. A letter here has four invoices, an address, a code to scan; one in
twenty has forty invoices on two pages. Writing the words is part of what is measured; keeping the file is not.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from quittance.letters import typesetting
from quittance.letters.addresses import postal_lines
from quittance.letters.documents import BankAccount, Letter, Letterhead, LetterKind, ListedItem, Sender
from quittance.letters.rendering import render_letter

TARGET_LETTERS, TARGET_SECONDS = 10_000, 300
LETTERS = int(os.environ.get("QUITTANCE_BENCH_LETTERS", str(TARGET_LETTERS)))
SAMPLE = 200
DAY = date(2026, 11, 22)
_SENDER = Sender(
    name="Arvor Distribution", country="FR", street="4 quai des Fosses", postcode="29200", town="Brest",
    legal_identifier="552100554", vat_number="FR12552100554", phone="+33 2 98 00 00 00", email="credit@arvor.example",
)  # fmt: skip


def letters() -> Iterator[Letter]:
    """Yield letters to different customers, without end."""
    number = 0
    while True:
        number += 1
        name = f"Customer {number} & Fils"
        head = Letterhead(
            account_id=number,
            company_id=1,
            account_number=f"411{number:06d}",
            customer_name=name,
            language="fr",
            sender=_SENDER,
            recipient_lines=postal_lines(
                name=name, street=f"{number} rue des Lilas", postcode="69003", town="Lyon", country="FR", posted_in="FR"
            ),
            is_complete=True,
            bank_account=BankAccount(iban="FR7630006000011234567890189", bic="AGRIFRPP"),
            signatory="Alice Martin",
        )
        yield Letter(
            kind=LetterKind.REMINDER,
            head=head,
            language=("fr", "fr", "en", "es")[number % 4],
            letter_date=DAY,
            subject="Rappel de paiement",
            before=("Madame, Monsieur,", "Sauf erreur de notre part, les factures suivantes sont échues."),
            items=tuple(_item(number, one) for one in range(40 if number % 20 == 0 else 4)),
            after=("Nous vous remercions de bien vouloir procéder à ce règlement.", "Cordialement,"),
            reference="RF93FA202400123",
        )


def _item(number: int, one: int) -> ListedItem:
    amount = Decimal(number * 37 % 90_000 + one * 100 + 1) / 100
    due = DAY - timedelta(days=20 + one)
    return ListedItem(
        document_number=f"FA-{number:06d}-{one}", document_date=due - timedelta(days=30), due_date=due,
        days_late=20 + one, currency="EUR", amount=amount, amount_whole=amount,
    )  # fmt: skip


def measure(count: int, processes: int) -> float:
    """Return the seconds that so many letters take with so many typesetters; print them."""
    typesetting.use_processes(count=processes)
    todo = letters()
    list(map(render_letter, islice(todo, processes)))  # begun before the clock
    before, typesetters_before = resource.getrusage(resource.RUSAGE_SELF).ru_utime, _typesetters_seconds()
    total = count
    sizes, started = 0, time.perf_counter()
    with ThreadPoolExecutor(processes) as pool:
        while count > 0:
            part = list(islice(todo, min(count, 500)))
            count -= len(part)
            sizes += sum(map(len, pool.map(render_letter, part)))
    seconds = time.perf_counter() - started
    own = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    spent = _typesetters_seconds() - typesetters_before
    peak = max(_peak_kib(pid) for pid in typesetting.process_ids())
    print(
        f"  {processes} process(es): {seconds:.1f} s, {sizes / 1e6:.0f} MB of PDF,"
        f" a typesetter's peak {peak // 1024} MiB"
    )
    print(f"  processor a letter: {own / total * 1000:.1f} ms writing, {spent / total * 1000:.1f} ms typesetting;"
          f" load of the machine {os.getloadavg()[0]:.1f}")  # fmt: skip
    return seconds


def _typesetters_seconds() -> float:
    """Return the processor time of all typesetters so far, those that have ended too."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = 0
    for pid in typesetting.process_ids():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        living += int(fields[11]) + int(fields[12])
    return ended.ru_utime + ended.ru_stime + living / os.sysconf("SC_CLK_TCK")


def _peak_kib(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """Measure."""
    letter = replace(next(letters()), language="fr")
    started = time.perf_counter()
    render_letter(letter)
    print(f"The first letter, starting a typesetter: {time.perf_counter() - started:.2f} s")
    for processes in (1, 2):
        print(f"{SAMPLE} letters:")
        seconds = measure(SAMPLE, processes)
        print(f"  {SAMPLE / seconds:.1f} letters a second, {seconds / SAMPLE * 1000:.1f} ms each")
    print(f"{LETTERS} letters:")
    seconds = measure(LETTERS, 2)
    rate = LETTERS / seconds
    print(f"  {rate:.1f} letters a second; {TARGET_LETTERS} take {TARGET_LETTERS / rate:.0f} s,"
          f" the target is {TARGET_SECONDS} s")  # fmt: skip


if __name__ == "__main__":
    main()
