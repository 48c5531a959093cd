"""A mail server with every fault at once, and a real worker: each message ends as its own fate wants, none twice."""

from __future__ import annotations

import pytest

from quittance.delivery import services as delivery
from quittance.dunning import services
from quittance.dunning.models import DunningNotice
from tests.integration.delivery.crowd import count_states, release_to, states_by_recipient
from tests.integration.delivery.mail_server import Act, MailServer, Moment, Seen
from tests.integration.delivery.workers import Workers, let_leases_end, let_retries_be_due
from tests.integration.dunning.desk import ALICE

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = "550 5.1.1 no such person here"
SPAM = "554 5.7.1 we do not like this text"
LATER = "451 4.7.1 come back later"
ALWAYS = {
    ("n1", Moment.RCPT): REFUSED,
    ("n2", Moment.RCPT): Act.HANG_UP,
    ("n3", Moment.DATA): Act.HANG_UP,
    ("n4", Moment.DATA): Act.SAY_NOTHING,
    ("n5", Moment.END): Act.HANG_UP,
    ("n6", Moment.END): Act.SAY_NOTHING,
    ("n7", Moment.END): LATER,
    ("n8", Moment.END): "250-",
    ("n9", Moment.END): SPAM,
    ("n10", Moment.END): "what?",
    ("n11", Moment.END): "251 will forward",
    ("n13", Moment.BODY): Act.HANG_UP,
}


def told_by(mail: MailServer) -> None:
    """Let the server have all faults; n12 is put off twice, then refused for good; everybody else is served."""

    def fault(seen: Seen) -> str | Act | None:
        name = seen.recipient.partition("@")[0]
        if name == "n12" and seen.moment is Moment.RCPT:
            return LATER if mail.tried[seen.recipient] <= 2 else REFUSED
        return ALWAYS.get((name, seen.moment))

    mail.fault = fault


def outcomes() -> dict[str, tuple[str, str]]:
    """State and code of each troubled message."""
    found = states_by_recipient()
    return {name: (row.state, row.failure_code) for name, row in found.items() if row.state != "SENT"}


def test_each_fault_has_its_own_end(mail: MailServer, workers: Workers) -> None:
    release_to(20)
    told_by(mail)
    assert workers.run() == 0
    put_off, lost, refused = ("QUEUED", "POSTPONED"), ("UNCERTAIN", "ANSWER_LOST"), ("REFUSED", "REFUSED")
    first = outcomes()
    assert first.pop("n13") in (put_off, lost)  # broken off while it was being read: as far as we could know
    assert first == {
        **dict.fromkeys(("n2", "n3", "n4", "n7", "n12"), put_off),
        **dict.fromkeys(("n5", "n6", "n8", "n10"), lost),
        **dict.fromkeys(("n1", "n9"), refused),
    }
    rows = states_by_recipient()
    assert (rows["n1"].failure, rows["n9"].failure, rows["n7"].failure) == (REFUSED, SPAM, LATER)
    assert (
        rows["n1"].is_failure_permanent and not rows["n9"].is_failure_permanent
    )  # the text's fault, not the address's

    for tries in range(2, delivery.ATTEMPTS_MAX + 1):
        let_retries_be_due()
        assert workers.run() == 0
        assert mail.tried["n7@crowd.example"] == tries
    end = outcomes()
    end.pop("n13")
    given_up = ("REFUSED", "POSTPONED")
    assert end == {
        **dict.fromkeys(("n2", "n3", "n4", "n7"), given_up),
        **dict.fromkeys(("n5", "n6", "n8", "n10"), lost),
        **dict.fromkeys(("n1", "n9", "n12"), refused),
    }
    assert mail.tried["n12@crowd.example"] == 3 and states_by_recipient()["n12"].failure == REFUSED
    assert [mail.tried[f"{name}@crowd.example"] for name in ("n5", "n6", "n8", "n10", "n1", "n9")] == [1] * 6
    assert max(mail.taken.values()) == 1
    let_leases_end()
    assert sum(count_states().values()) == 20 and count_states()["QUEUED"] == 0


def test_a_server_that_is_away_costs_one_wait_a_batch(mail: MailServer, workers: Workers) -> None:
    release_to(20)
    mail.fault = lambda seen: Act.SAY_NOTHING if seen.moment is Moment.CONNECT else None
    assert workers.run() == 0
    rows = states_by_recipient().values()
    assert sorted(row.attempts for row in rows) == [0] * 19 + [1]
    assert {row.failure_code for row in rows if row.attempts} == {"UNREACHABLE"}
    assert mail.moments[Moment.CONNECT] == 1
    mail.fault = lambda seen: None
    let_retries_be_due()
    assert workers.run() == 0
    assert (count_states(), max(mail.taken.values())) == ({"SENT": 20}, 1)


def test_sent_again_by_a_person_it_keeps_its_message_id(mail: MailServer, workers: Workers) -> None:
    release_to(1)
    mail.fault = lambda seen: Act.HANG_UP if seen.moment is Moment.END else None
    assert workers.run() == 0
    mail.fault = lambda seen: None
    notice = DunningNotice.objects.get()
    assert notice.state == "UNCERTAIN"
    services.resolve_uncertain(notice_id=notice.pk, has_left=False, actor=ALICE)
    assert workers.run() == 0
    assert list(mail.taken.values()) == [2]  # the same name twice: a mailbox can tell
