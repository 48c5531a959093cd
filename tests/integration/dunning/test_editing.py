"""Change a policy: always a new version, from a day on; what was done before keeps the one it was done by."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from quittance.dunning import effects, policy_pages
from quittance.dunning.models import AccountPolicy, DunningDecision, DunningNotice, DunningPolicy
from quittance.dunning.policies import read_policies
from quittance.dunning.services import UnknownPolicy, assign_policies, ensure_default_policy
from quittance.dunning.services.editing import (
    PolicyDraft,
    PolicyRefused,
    StepDraft,
    VersionInForce,
    check_draft,
    create_policy,
    create_version,
    draft_of,
    make_default,
    withdraw_version,
)
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, decide_on, late, on, send_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    found = make_cast()
    make_item(found.account, "100.00", due=DUE)
    return found


def standard() -> PolicyDraft:
    """The newest version of the standard policy as a draft."""
    return draft_of(row=DunningPolicy.objects.filter(code="STANDARD").latest("version"))


def with_step(draft: PolicyDraft, place: int, step: StepDraft) -> PolicyDraft:
    """The draft with one step more."""
    return replace(draft, steps=(*draft.steps[:place], step, *draft.steps[place:]))


GENTLE = StepDraft(name="Gentle nudge", offset_days=12)


def test_a_change_is_a_new_version_from_its_day_on(cast: Cast) -> None:
    changed = replace(standard(), interval_days_min=9)
    with on(late(0)):
        policy_id = create_version(policy_code="STANDARD", draft=changed, from_date=late(5), actor=ALICE)
    assert read_policies(as_of=late(4)).default.interval_days_min == 7
    assert read_policies(as_of=late(5)).default.id == policy_id
    assert DunningPolicy.objects.get(code="STANDARD", version=1).interval_days_min == 7
    told = Event.objects.get(kind="dunning_policy.changed", subject_id=str(policy_id))
    assert (told.actor_label, told.payload["version"]) == ("Alice", 2)


@pytest.mark.parametrize(
    ("day", "code"), [(-1, "IN_THE_PAST"), (3, "BEFORE_NEWEST")], ids=["yesterday", "before the planned one"]
)
def test_no_change_reaches_back(cast: Cast, day: int, code: str) -> None:
    with on(late(0)):
        create_version(policy_code="STANDARD", draft=replace(standard(), name="A"), from_date=late(5), actor=ALICE)
        with pytest.raises(PolicyRefused) as refused:
            create_version(
                policy_code="STANDARD", draft=replace(standard(), name="B"), from_date=late(day), actor=ALICE
            )
    assert [one.code for one in refused.value.problems] == [code]


def test_what_is_no_change_is_no_version(cast: Cast) -> None:
    with on(late(0)), pytest.raises(PolicyRefused, match="NO_CHANGE"):
        create_version(policy_code="STANDARD", draft=standard(), from_date=late(0), actor=ALICE)


WRONG = [
    (replace(GENTLE, offset_days=21), 3, "offset_days", "NOT_LATER"),
    (replace(GENTLE, counted_from="PREVIOUS_STEP", offset_days=0), 2, "offset_days", "A_DAY_AT_LEAST"),
    (replace(GENTLE, name=" "), 2, "name", "NO_NAME"),
    (replace(GENTLE, is_registered=True), 2, "is_registered", "ONLY_LETTERS"),
    (replace(GENTLE, condition="OVERDUE_AT_LEAST"), 2, "condition_amount", "NO_AMOUNT"),
    (replace(GENTLE, offset_days=401), 2, "offset_days", "OUT_OF_RANGE"),
    (replace(GENTLE, medium="PIGEON"), 2, "medium", "UNKNOWN_VALUE"),
    (replace(GENTLE, counted_from="PREVIOUS_STEP", offset_days=3), 0, "counted_from", "NO_STEP_BEFORE"),
    (replace(GENTLE, offset_days=-9, tone="FORMAL"), 0, "tone", "FORMAL_TOO_EARLY"),
]


@pytest.mark.parametrize(("step", "place", "field", "code"), WRONG, ids=[one[3] for one in WRONG])
def test_what_is_wrong_is_told_with_its_step_and_field(
    cast: Cast, step: StepDraft, place: int, field: str, code: str
) -> None:
    problems = check_draft(draft=with_step(standard(), place, step))
    assert [(one.step, one.field, one.code) for one in problems] == [(place, field, code)]


def test_a_policy_has_steps(cast: Cast) -> None:
    assert [one.code for one in check_draft(draft=replace(standard(), steps=()))] == ["NO_STEPS"]


def test_a_run_keeps_the_version_it_was_made_by(cast: Cast) -> None:
    with on(late(7)):
        assert decide_on(late(7), cast.account.id) == "SEND FIRST_REMINDER"
        changed = replace(standard(), steps=standard().steps[2:])
        create_version(policy_code="STANDARD", draft=changed, from_date=late(7), actor=ALICE)
    assert DunningDecision.objects.get().policy.version == 1
    assert decide_on(late(7), cast.account.id) == "HOLD LEVEL_NOT_REACHED"


def test_a_step_put_between_is_not_taken_for_the_one_sent(cast: Cast) -> None:
    """An item remembers its step by what it was, not by its number."""
    channel = KeepingChannel()
    send_on(late(7), channel)
    send_on(late(21), channel)
    assert len(channel.sent) == 2
    with on(late(22)):
        draft = with_step(standard(), 2, GENTLE)
        create_version(policy_code="STANDARD", draft=draft, from_date=late(22), actor=ALICE)
    assert decide_on(late(30), cast.account.id) == "HOLD LEVEL_NOT_REACHED"
    assert decide_on(late(35), cast.account.id) == "SEND FORMAL_NOTICE"


def test_after_a_new_step_comes_the_one_that_was_next(cast: Cast) -> None:
    channel = KeepingChannel()
    send_on(late(7), channel)
    with on(late(8)):
        draft = with_step(standard(), 2, GENTLE)
        create_version(policy_code="STANDARD", draft=draft, from_date=late(8), actor=ALICE)
    assert decide_on(late(14), cast.account.id) == "SEND GENTLE_NUDGE"


def test_the_step_that_was_sent_may_be_taken_away(cast: Cast) -> None:
    channel = KeepingChannel()
    send_on(late(7), channel)
    with on(late(8)):
        draft = replace(standard(), steps=tuple(one for one in standard().steps if one.code != "FIRST_REMINDER"))
        create_version(policy_code="STANDARD", draft=draft, from_date=late(8), actor=ALICE)
    assert decide_on(late(20), cast.account.id) == "HOLD LEVEL_NOT_REACHED"
    assert decide_on(late(21), cast.account.id) == "SEND SECOND_REMINDER"


def test_ranks_stay_where_they_can(cast: Cast) -> None:
    last = StepDraft(name="Très dernier rappel", offset_days=60)
    with on(late(0)):
        draft = with_step(standard(), 4, last)
        policy_id = create_version(policy_code="STANDARD", draft=draft, from_date=late(0), actor=ALICE)
    levels = DunningPolicy.objects.get(pk=policy_id).levels.order_by("rank")
    assert [(one.rank, one.code) for one in levels][-2:] == [(3, "FORMAL_NOTICE"), (4, "TRES_DERNIER_RAPPEL")]
    assert read_policies(as_of=late(0)).default.moved_ranks == {}


def test_a_copy_is_a_policy_of_ones_own(cast: Cast) -> None:
    with on(late(0)):
        draft = replace(standard(), name="Export")
        code = create_policy(draft=draft, from_date=late(0), actor=ALICE, copied_from="STANDARD")
        with pytest.raises(PolicyRefused, match="NAME_TAKEN"):
            create_policy(draft=draft, from_date=late(0), actor=ALICE)
        assert code == "EXPORT"
        assert assign_policies(account_ids=[cast.account.id], policy_code=code, actor=ALICE).count == 1
        assert assign_policies(account_ids=[cast.account.id], policy_code=code, actor=ALICE).count == 0
        assert policy_pages.count_followers(as_of=late(0))["EXPORT"] == 1
        assert assign_policies(account_ids=[cast.account.id], policy_code="", actor=ALICE).count == 1
        with pytest.raises(UnknownPolicy):
            assign_policies(account_ids=[cast.account.id], policy_code="NONE", actor=ALICE)
    assert not AccountPolicy.objects.exists()


def test_there_is_one_default_each_day(cast: Cast) -> None:
    with on(late(0)):
        make_default(policy_code="SMALL_AMOUNTS", from_date=late(3), actor=ALICE)
        make_default(policy_code="SMALL_AMOUNTS", from_date=late(9), actor=ALICE)
    assert read_policies(as_of=late(2)).default.code == "STANDARD"
    assert read_policies(as_of=late(3)).default.code == "SMALL_AMOUNTS"
    newest = DunningPolicy.objects.order_by("code", "-version").distinct("code")
    assert [row.code for row in newest if row.is_default] == ["SMALL_AMOUNTS"]


def test_only_what_has_not_begun_is_taken_back(cast: Cast) -> None:
    with on(late(0)):
        changed = replace(standard(), amount_min=Decimal(20))
        policy_id = create_version(policy_code="STANDARD", draft=changed, from_date=late(1), actor=ALICE)
    with on(late(1)), pytest.raises(VersionInForce):
        withdraw_version(policy_id=policy_id, actor=ALICE)
    with on(late(0)):
        withdraw_version(policy_id=policy_id, actor=ALICE)
        with pytest.raises(UnknownPolicy):
            withdraw_version(policy_id=policy_id, actor=ALICE)
    assert standard().amount_min == 0


def test_versions_say_until_when_they_were_in_force(cast: Cast) -> None:
    with on(late(0)):
        create_version(policy_code="STANDARD", draft=replace(standard(), name="A"), from_date=late(2), actor=ALICE)
        create_version(policy_code="STANDARD", draft=replace(standard(), name="B"), from_date=late(2), actor=ALICE)
    rows = policy_pages.list_versions(code="STANDARD")
    assert [(row.version, row.until_date) for row in rows] == [(3, None), (2, late(1)), (1, late(1))]
    assert [row.version for row in rows if row.is_in_force(late(1))] == [1]
    assert [row.version for row in rows if row.is_in_force(late(2))] == [3]


def test_the_effect_of_a_change_is_told_before_it_is_kept(cast: Cast) -> None:
    draft = replace(standard(), steps=tuple(one for one in standard().steps if one.code != "FIRST_REMINDER"))
    with on(late(6)):
        effect = effects.preview_change(policy_code="STANDARD", draft=draft, as_of=late(7))
    assert (effect.looked_at, effect.sent_before, effect.sent_after, effect.is_sample) == (1, 1, 0, False)
    (change,) = effect.changes
    assert (change.account_id, change.step_before, change.after.outcome) == (
        cast.account.id,
        "FIRST_REMINDER",
        "HOLD",
    )
    assert not DunningNotice.objects.exists()
