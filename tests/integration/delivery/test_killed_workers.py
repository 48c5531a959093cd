"""Workers killed with SIGKILL at every step of a run of 500 messages: none is lost, none is sent twice.

Real processes, a real mail server, a real database. Each worker of the story is killed at another step and another one
goes on; what was being handed over at that moment is uncertain until a person says what became of it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from quittance.delivery.models import Transmission
from quittance.dunning import services
from quittance.dunning.models import DunningNotice, DunningRun
from quittance.dunning.services.settling import settle_interrupted
from quittance.foundation.models import Event
from tests.integration.delivery.crowd import count_states, message_ids, release_to
from tests.integration.delivery.mail_server import MailServer, Moment, Seen
from tests.integration.delivery.worker_factory import STEPS
from tests.integration.delivery.workers import (
    KILLED,
    Workers,
    hand_over_jobs_of_the_dead,
    kill_and_wait,
    let_leases_end,
    worker_environment,
)
from tests.integration.dunning.desk import ALICE

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 500
# At these steps the message is in the worker's hands and nobody knows what became of it.
IN_HAND = {"claimed", "connected", "answered"}
# The mail server kills the worker at these moments of the conversation.
MOMENTS_IN_HAND = list(Moment)
BATCH_STEPS = {"batch sent", "retries queued", "run counted"}


def killing_at(mail: MailServer, moment: Moment, workers: Workers) -> int:
    """Run a worker that the mail server kills the third time it comes to a moment (a connection: the first)."""
    pids: list[int] = []
    wanted = mail.moments[moment] + (1 if moment is Moment.CONNECT else 3)

    def kill(seen: Seen) -> None:
        if seen.moment is moment and seen.count == wanted:
            while not pids:
                time.sleep(0.001)
            kill_and_wait(pids[0])

    mail.fault = kill
    pids.append(workers.start())
    ended = workers.wait(pids[0])
    mail.fault = lambda seen: None
    return ended


def test_killed_at_every_step_nothing_is_lost_and_nothing_is_sent_twice(mail: MailServer, workers: Workers) -> None:
    release_to(MESSAGES)
    for step in STEPS:
        assert workers.run(step, at=1 if step in BATCH_STEPS else 4) == KILLED, step
        hand_over_jobs_of_the_dead()
    for moment in Moment:
        assert killing_at(mail, moment, workers) == KILLED, moment
        hand_over_jobs_of_the_dead()
    leaving = Transmission.objects.filter(state="SENDING").count()
    assert leaving == len(IN_HAND) + len(MOMENTS_IN_HAND)

    assert [workers.wait(pid) for pid in (workers.start(), workers.start())] == [0, 0]  # two go on, side by side
    assert count_states() == {"SENT": MESSAGES - leaving, "QUEUED": leaving}  # their leases still hold
    let_leases_end()
    assert count_states() == {"SENT": MESSAGES - leaving, "UNCERTAIN": leaving}
    hand_over_jobs_of_the_dead()
    assert workers.run() == 0  # nothing is sent again by itself
    sent, uncertain = message_ids("SENT"), message_ids("UNCERTAIN")
    assert max(mail.taken.values()) == 1
    assert sent <= set(mail.taken) <= sent | uncertain
    assert set(mail.taken) - sent  # some of the uncertain had left indeed: answered, and END
    run = DunningRun.objects.get()
    assert (run.state, run.sent_count, run.failed_count) == ("DONE", len(sent), leaving)

    for notice in DunningNotice.objects.filter(state="UNCERTAIN").select_related("transmission"):
        has_left = notice.transmission.message_id in mail.taken
        services.resolve_uncertain(notice_id=notice.pk, has_left=has_left, actor=ALICE)
    assert workers.run() == 0
    assert count_states() == {"SENT": MESSAGES}
    assert (len(mail.taken), max(mail.taken.values())) == (MESSAGES, 1)
    told = Event.objects.filter(kind="dunning_notice.sent").values_list("subject_id", flat=True)
    assert len(told) == len(set(told))  # and the story says each only once


def test_the_very_command_killed_while_the_server_holds_its_message(mail: MailServer, tmp_path: Path) -> None:
    release_to(30)
    worker = [sys.executable, "-m", "quittance.cli.main", "worker", "--once"]
    one_by_one = [*worker, "--concurrency", "1", "--queues", "delivery"]  # so that one message is in hand, not two
    environment = worker_environment(mail.port, str(tmp_path))
    started: list[subprocess.Popen[bytes]] = []

    def kill(seen: Seen) -> None:
        if seen.moment is Moment.END and seen.count == 11:
            started[0].kill()
            started[0].wait()

    mail.fault = kill
    started.append(subprocess.Popen(one_by_one, env=environment))
    assert started[0].wait(60) == KILLED
    assert (len(mail.taken), count_states()) == (11, {"SENT": 10, "QUEUED": 20})
    hand_over_jobs_of_the_dead()
    subprocess.run([*worker, "--queues", "delivery,maintenance"], env=environment, check=True, timeout=60)
    assert (len(mail.taken), count_states()) == (30, {"SENT": 29, "QUEUED": 1})
    let_leases_end()
    assert count_states() == {"SENT": 29, "UNCERTAIN": 1}
    assert Transmission.objects.get(state="UNCERTAIN").failure_code == "WORKER_STOPPED"
    assert max(mail.taken.values()) == 1


def test_the_same_messages_in_two_workers_leave_once(mail: MailServer, workers: Workers) -> None:
    release_to(60)
    with transaction.atomic(), connection.cursor() as cursor:  # each job twice, as if one had been thought lost
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT queue_name, task_name, args"
            " FROM procrastinate_jobs WHERE task_name = 'dunning.send_notices'"
        )
    pids = [workers.start(), workers.start(), workers.start()]
    assert [workers.wait(pid) for pid in pids] == [0, 0, 0]
    assert (len(mail.taken), max(mail.taken.values()), count_states()) == (60, 1, {"SENT": 60})


def test_what_no_job_names_any_more_gets_one(mail: MailServer, workers: Workers) -> None:
    release_to(30)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed' WHERE id IN ("
            "SELECT min(id) FROM procrastinate_jobs WHERE task_name = 'dunning.send_notices')"
        )
    settle_interrupted()
    settle_interrupted()  # once is enough
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT n) FROM procrastinate_jobs, jsonb_array_elements(args->'notice_ids') n"
            " WHERE task_name = 'dunning.send_notices' AND status = 'todo'"
        )
        assert cursor.fetchone() == (30, 30)
    assert workers.run() == 0
    assert (count_states(), len(mail.taken)) == ({"SENT": 30}, 30)
