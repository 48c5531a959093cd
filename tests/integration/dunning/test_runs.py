"""Runs at their edges: twice, two of them, taken back, stopped half-way, another day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quittance.delivery.models import Transmission
from quittance.dunning import queries, services
from quittance.dunning.models import DunningDecision, DunningNotice, DunningRun
from quittance.dunning.services import recording
from quittance.foundation.models import Event
from quittance.foundation.permissions import Scope
from quittance.ledger import services as ledger
from quittance.parties.models import Contact, Customer
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, run_row, send_on, send_waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def add_customer(cast: Cast, number: int) -> int:
    """One more customer with an item seven days late on day 7; return its account's id."""
    customer = Customer.objects.create(number=f"X{number}", name=f"Customer {number}")
    account = make_account(customer, cast.company, cast.department, number=f"411X{number}")
    Contact.objects.create(customer=customer, name="A. P.", email=f"ap{number}@x.example")
    make_item(account, "100", due=DUE)
    return account.pk


def prepare(cast: Cast) -> int:
    return services.prepare_run(company_id=cast.company.pk, as_of=late(7), actor=ALICE)


def test_a_run_writes_what_it_decided_and_its_counts(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    make_item(cast.account, "50", due=late(3), currency="USD")
    with on(late(7)):
        run = run_row(prepare(cast))
    assert (run.state, run.send_count, run.hold_count, run.person_count) == ("READY", 1, 0, 0)
    decision = DunningDecision.objects.get()
    assert decision.amounts == [["EUR", "1200.0000"], ["USD", "50.0000"]]
    assert (decision.recipient_email, decision.language) == ("m.petit@durand.example", "fr")
    assert decision.items.count() == 2
    assert Event.objects.filter(kind="dunning_run.prepared", subject_id=str(run.id)).exists()


def test_only_the_company_asked_for(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    with on(late(7)):
        run_id = services.prepare_run(company_id=cast.other_company.pk, as_of=late(7), actor=ALICE)
    assert run_row(run_id).send_count == 0
    assert not DunningDecision.objects.exists()


def test_a_run_that_was_stopped_goes_on_where_it_was(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [add_customer(cast, number) for number in range(5)]
    monkeypatch.setattr(recording, "ACCOUNTS_PER_CHUNK", 2)
    original = recording._fill_chunk

    def dies_at_the_second(run_id: int, account_ids: list[int], *rest: object) -> bool:
        if ids[2] in account_ids:
            raise KeyboardInterrupt
        return original(run_id, account_ids, *rest)

    monkeypatch.setattr(recording, "_fill_chunk", dies_at_the_second)
    with on(late(7)), pytest.raises(KeyboardInterrupt):
        prepare(cast)
    run = DunningRun.objects.get()
    assert (run.state, DunningDecision.objects.count()) == ("PREPARING", 2)
    monkeypatch.setattr(recording, "_fill_chunk", original)
    with on(late(7)):
        services.fill_run(run_id=run.pk)
        services.fill_run(run_id=run.pk)
    assert (run_row(run.pk).state, run_row(run.pk).send_count) == ("READY", 5)
    assert DunningDecision.objects.count() == 5


def test_two_runs_never_write_to_one_account_twice(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    channel = KeepingChannel()
    with on(late(7)):
        first, second = prepare(cast), prepare(cast)
        assert services.release_run(run_id=first, actor=ALICE).queued == 1
        result = services.release_run(run_id=second, actor=ALICE)
        send_waiting(channel)
        send_waiting(channel)
    assert (result.queued, result.already_notified) == (0, 1)
    assert len(channel.sent) == 1
    assert run_row(second).state == "DONE"
    assert DunningDecision.objects.get(run_id=second).reason_code == "ALREADY_NOTIFIED"


def test_a_run_sees_what_another_sent_after_it_was_prepared(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    channel = KeepingChannel()
    with on(late(7)):
        waiting = prepare(cast)
    send_on(late(7), channel)
    with on(late(8)):
        assert services.release_run(run_id=waiting, actor=ALICE).already_notified == 1
    assert len(channel.sent) == 1


def test_a_run_of_another_day_is_not_released(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    with on(late(7)):
        run_id = prepare(cast)
    for day in (6, 11):
        with on(late(day)), pytest.raises(services.RunOutdated):
            services.release_run(run_id=run_id, actor=ALICE)
    with on(late(10)):
        assert services.release_run(run_id=run_id, actor=ALICE).queued == 1
        with pytest.raises(services.RunNotReady):
            services.release_run(run_id=run_id, actor=ALICE)


def test_what_was_left_out_stays(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    other = add_customer(cast, 1)
    with on(late(7)):
        run_id = prepare(cast)
        mine = DunningDecision.objects.get(account=cast.account)
        for is_excluded, changed in ((True, 1), (True, 0), (False, 1), (True, 1)):
            assert changed == services.exclude_decisions(
                run_id=run_id, decision_ids=[mine.pk], is_excluded=is_excluded, actor=ALICE
            )
        services.release_run(run_id=run_id, actor=ALICE)
    assert DunningNotice.objects.get().account_id == other


def test_a_released_run_can_be_taken_back_until_it_left(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    add_customer(cast, 1)
    channel = KeepingChannel()
    with on(late(7)):
        run_id = prepare(cast)
        services.release_run(run_id=run_id, actor=ALICE)
        first, second = DunningNotice.objects.order_by("id").values_list("id", flat=True)
        services.send_notices(notice_ids=[first], channel=channel)
        assert services.cancel_run(run_id=run_id, actor=ALICE) == 1
        services.send_notices(notice_ids=[first, second], channel=channel)
        with pytest.raises(services.RunNotReady):
            services.cancel_run(run_id=run_id, actor=ALICE)
    assert len(channel.sent) == 1
    assert list(DunningNotice.objects.order_by("id").values_list("state", flat=True)) == ["SENT", "CANCELLED"]
    assert list(Transmission.objects.order_by("id").values_list("state", flat=True)) == ["SENT", "CANCELLED"]
    with on(late(7)):  # the one that was stopped is written to by the next run
        assert run_row(prepare(cast)).send_count == 1


def test_the_preview_is_the_message(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    channel = KeepingChannel()
    with on(late(7)):
        run_id = prepare(cast)
        decision = DunningDecision.objects.get(run_id=run_id)
        preview = queries.render_preview(decision_id=decision.pk).content
        services.release_run(run_id=run_id, actor=ALICE)
        send_waiting(channel)
    assert preview is not None
    sent = channel.sent[0]
    assert (preview.subject, preview.body_text, preview.body_html, preview.inline_images) == (
        sent.subject, sent.body_text, sent.body_html, sent.inline_images,
    )  # fmt: skip
    assert (sent.sender, sent.reply_to) == ("Arvor Distribution <credit@arvor.example>", "alice@example.com")
    assert f".{cast.account.pk}." in sent.message_id and sent.message_id.endswith("@arvor.example")


def test_a_dry_run_writes_nothing_and_sees_the_past_as_it_was(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    credit = make_item(cast.account, "-1200", due=late(30), issued=late(30))
    ledger.allocate(
        debit_item_id=item.pk, credit_item_id=credit.pk, amount=Decimal(1200), effective_date=late(30), actor=ALICE
    )
    before = Event.objects.count()
    with on(late(60)):
        then = list(queries.simulate_run(company_id=cast.company.pk, as_of=late(29)))
        now = list(queries.simulate_run(company_id=None, as_of=late(60)))
    assert [(one.decision.outcome, one.amounts) for one in then] == [("SEND", (("EUR", Decimal(1200)),))]
    assert now == []
    assert Event.objects.count() == before
    assert not DunningRun.objects.exists()


def test_a_stranger_sees_no_run_of_another_company(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    with on(late(7)):
        run_id = prepare(cast)
    stranger = Scope(company_ids=frozenset({cast.other_company.pk}))
    decision = DunningDecision.objects.get()
    assert queries.find_run(run_id=run_id, scope=stranger) is None
    assert queries.find_decision(decision_id=decision.pk, scope=stranger) is None
    assert not queries.summarise_run(run_id=run_id, scope=stranger)


def test_the_same_statements_for_four_accounts_and_for_twenty(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    counts = []
    for more in (range(3), range(3, 20)):  # one job of messages in both
        for number in more:
            add_customer(cast, number)
        with on(late(7)), CaptureQueriesContext(connection) as captured:
            run_id = prepare(cast)
            decided = len(captured)
            services.release_run(run_id=run_id, actor=ALICE)
        counts.append((decided, len(captured) - decided))
        services.cancel_run(run_id=run_id, actor=ALICE)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 40


def test_explaining_one_account_is_the_decision_of_a_run(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    with on(late(7)):
        figures = queries.explain_account(account_id=cast.account.pk, as_of=late(7))
        assert figures is not None
        assert (figures.decision.outcome, figures.decision.level.code) == ("SEND", "FIRST_REMINDER")  # type: ignore[union-attr]
        figures = queries.explain_account(account_id=cast.account.pk, as_of=late(7) - timedelta(days=3))
        assert figures is not None and figures.decision.reason == "LEVEL_NOT_REACHED"
        assert queries.explain_account(account_id=0, as_of=late(7)) is None
