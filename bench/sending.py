"""Time e-mails handed to a local SMTP server by the worker: `python -m bench.sending [MESSAGES] [--workers N]`.

Everything that sending does is in it: jobs taken from the queue, each account judged again, the text written in its
language with its QR code, the SMTP conversation, the outcome and the event committed. Prints messages a second and
milliseconds each, the seconds that 10,000 would take (the aim: 300), the server's count, and the load of the machine.
`--profile` runs one worker in this process and says where its time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any

from bench.dunning_run import ACCOUNTS
from quittance.foundation import postgres

AIM_SECONDS = 300
AIM_MESSAGES = 10_000
SERVER = """
import asyncio, sys
from aiosmtpd.controller import UnthreadedController

class Taking:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        Taking.count += 1
        return f"250 taken {Taking.count}"

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
controller = UnthreadedController(Taking(), hostname="127.0.0.1", port=0, loop=loop)
controller.begin()
print(controller.server.sockets[0].getsockname()[1], flush=True)
loop.run_until_complete(loop.run_in_executor(None, sys.stdin.read))
print(Taking.count, flush=True)
"""


def main() -> None:
    """Run the bench on a database and a mail server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", nargs="?", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = server.stdout.readline().strip()
    with tempfile.TemporaryDirectory() as folder, postgres.temporary_server() as address:
        os.environ |= {
            "QUITTANCE_DATA_DIR": folder,
            "QUITTANCE_DATABASE_URL": address,
            "QUITTANCE_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DJANGO_SETTINGS_MODULE": "quittance.config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        queued = release(options.messages)
        seconds = profile() if options.profile else work(options.workers)
        report(queued, seconds, 1 if options.profile else options.workers)
    print(f"the mail server took {server.communicate('')[0].strip()}")


def release(messages: int) -> int:
    """Write the accounts and release a run over them; return how many messages wait."""
    from django.db import connection

    from quittance.dunning import services
    from quittance.foundation import clock
    from quittance.foundation.permissions import SYSTEM
    from quittance.parties.models import Company, CompanyBankAccount, Department

    company = Company.objects.create(code="BEN", name="Bench", sender_email="a@bench.example")
    CompanyBankAccount.objects.create(company=company, iban="FR7630006000011234567890189", bic="AGRIFRPP", name="Main")
    department = Department.objects.create(company=company, code="D", name="D")
    today = clock.today()
    values = {"first": 1, "last": messages * 3, "company": company.pk, "department": department.pk, "today": today}
    with connection.cursor() as cursor:
        for statement in ACCOUNTS.strip().rstrip(";").split(";"):
            cursor.execute(statement, values)
    run_id = services.prepare_run(company_id=None, as_of=today, actor=SYSTEM)
    from quittance.dunning.models import DunningDecision

    going = DunningDecision.objects.filter(run_id=run_id, outcome="SEND").order_by("id")
    beyond = list(going.values_list("id", flat=True)[messages:])
    return services.release_run(run_id=run_id, actor=SYSTEM, exclude=beyond).queued


def work(workers: int) -> float:
    """Let real workers send everything; return the seconds from their first message to the last."""
    from django.db import connection

    command = [sys.executable, "-m", "quittance.cli.main", "worker", "--queues", "delivery", "--once"]
    running = [subprocess.Popen([*command, "--concurrency", "1"]) for _ in range(workers)]
    for process in running:
        process.wait()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM max(sent_at) - min(claimed_at)) FROM delivery_transmission")
        return float(cursor.fetchone()[0])


def profile() -> float:
    """Send everything in this process under the profiler; return the seconds."""
    from quittance.delivery.services import open_channel
    from quittance.dunning import services
    from quittance.dunning.models import DunningNotice

    ids = list(DunningNotice.objects.order_by("id").values_list("id", flat=True))
    profiler: Any = cProfile.Profile(time.process_time)  # others may use the machine too
    started = time.perf_counter()
    with open_channel() as channel:
        for start in range(0, len(ids), 25):
            profiler.runcall(services.send_notices, notice_ids=ids[start : start + 25], channel=channel)
    seconds = time.perf_counter() - started
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    return seconds


def report(queued: int, seconds: float, workers: int) -> None:
    """Print the figures."""
    from quittance.dunning.models import DunningNotice

    sent = DunningNotice.objects.filter(state="SENT").count()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{sent:,} of {queued:,} messages in {seconds:.1f} s with {workers} workers (load {load})")
    print(
        f"{sent / seconds:,.0f} messages/s, {seconds / sent * 1000:.1f} ms each;"
        f" {AIM_MESSAGES:,} in {seconds / sent * AIM_MESSAGES:,.0f} s (aim {AIM_SECONDS} s)"
    )
    print(f"{(used.ru_utime + used.ru_stime) / sent * 1000:.1f} ms of processor time each in the workers")


if __name__ == "__main__":
    main()
