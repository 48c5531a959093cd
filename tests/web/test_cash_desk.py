"""What the desk answers to clicks: items found and picked, differences within a limit and above, parts, questions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cash import services
from quittance.cash.models import BankTransaction, CashDifference, DifferenceRequest, LineQuestion
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import OpenItem
from quittance.parties.agreements import edit_agreement
from quittance.parties.models import Customer, User
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, actor, receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def other_item(cast: Cast, amount: str = "95.00", number: str = "ZZ-2026-777") -> OpenItem:
    """Write an item of a customer whom the line says nothing about."""
    customer = Customer.objects.create(number="C0777", name="Élan Nord", country="FR")
    account = make_account(customer, cast.company, cast.department, number="411ELAN")
    return make_item(account, amount, due=DUE, number=number)


@pytest.mark.parametrize("text", ["ZZ-2026-7", "zz-2026", "95,00", "95", "elan no", "411ELAN"])
def test_items_are_found_across_customers(cast: Cast, text: str) -> None:
    other_item(cast)
    line = receipt("95.00")
    page = signed_in(cast.clara).get(reverse("cash_line", args=[line.id]), {"find": text})
    assert "ZZ-2026-777" in page.content.decode()


def test_items_of_another_company_are_not_found(cast: Cast) -> None:
    customer = Customer.objects.create(number="C9", name="Elsewhere")
    department = cast.department.__class__.objects.create(company=cast.other_company, code="X", name="X")
    make_item(make_account(customer, cast.other_company, department, number="9"), "95.00", due=DUE, number="SECRET-9")
    page = signed_in(cast.adam).get(reverse("cash_line", args=[receipt("95.00").id]), {"find": "SECRET-9"})
    assert "No customer, item or amount" in page.content.decode()


def test_what_was_picked_stays_picked_in_a_search(cast: Cast) -> None:
    item = other_item(cast)
    line = receipt("95.00")
    asked = {"find": "nothing like it", "item": item.id, f"amount-{item.id}": "12,50"}
    page = signed_in(cast.clara).get(reverse("cash_line", args=[line.id]), asked).content.decode()
    assert f'id="pick-{item.id}" data-amount="95.000000" checked' in page
    assert 'value="12,50"' in page


def test_a_part_of_an_item_is_paid(cast: Cast) -> None:
    item = other_item(cast)
    line = receipt("95.00")
    data = {"item": item.id, f"amount-{item.id}": "12,50"}
    signed_in(cast.clara).post(reverse("cash_pick", args=[line.id]), data)
    item.refresh_from_db()
    assert item.amount_open == Decimal("82.50")


def test_an_amount_that_cannot_be_read_changes_nothing(cast: Cast) -> None:
    item = other_item(cast)
    line = receipt("95.00")
    data = {"item": item.id, f"amount-{item.id}": "twelve"}
    answer = signed_in(cast.clara).post(reverse("cash_pick", args=[line.id]), data)
    assert answer.status_code == 422
    assert "“twelve” is not an amount" in answer.content.decode()
    item.refresh_from_db()
    assert item.amount_open == 95


def test_above_the_limit_it_is_proposed_and_decided(cast: Cast) -> None:
    item = other_item(cast, "120.00")
    line = receipt("95.00")
    data = {"item": item.id, "way": "SMALL_DIFFERENCE", "comment": "agreed on the telephone"}
    clara, manager = signed_in(cast.clara), signed_in(cast.manager)
    url = reverse("cash_pick", args=[line.id])
    refused = clara.post(url, data)
    assert refused.status_code == 422
    assert "above your limit" in refused.content.decode()
    assert "agreed on the telephone" in refused.content.decode()
    clara.post(url, {**data, "propose": "1"})
    asked = DifferenceRequest.objects.get()
    services.release_line(transaction_id=line.id, actor=actor(cast.clara))
    assert "For you to decide" in manager.get(reverse("cash_desk")).content.decode()
    assert clara.post(reverse("cash_approve", args=[asked.id])).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "OPEN"
    services.release_line(transaction_id=line.id, actor=actor(cast.clara))
    manager.post(reverse("cash_approve", args=[asked.id]))
    assert CashDifference.objects.get().amount == 25
    page = manager.get(reverse("cash_line", args=[line.id])).content.decode()
    assert "Difference approved" in page
    assert "Difference proposed to a manager" in page


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"way": "BANK_FEE"}, "this one is too much"),
        ({"way": "DEDUCTION"}, "this one is too much"),
    ],
)
def test_a_way_that_does_not_fit_is_refused_in_words(cast: Cast, data: dict[str, str], says: str) -> None:
    item = other_item(cast, "90.00")
    url = reverse("cash_pick", args=[receipt("95.00").id])
    assert says in signed_in(cast.clara).post(url, {"item": item.id, **data}, follow=True).content.decode()


def test_a_deduction_needs_a_reason(cast: Cast) -> None:
    item = other_item(cast, "100.00")
    line = receipt("95.00")
    clara = signed_in(cast.clara)
    data = {"item": item.id, "way": "DEDUCTION"}
    page = clara.post(reverse("cash_pick", args=[line.id]), data, follow=True).content.decode()
    assert "Choose a reason for the deduction" in page
    clara.post(reverse("cash_pick", args=[line.id]), {**data, "dispute_reason": "PRICE"})
    item.refresh_from_db()
    assert item.amount_open == 5


def test_who_comes_too_late_is_told_who_decided_and_goes_on(cast: Cast) -> None:
    line, following = receipt("95.00", reference="A"), receipt("5.00", reference="B")
    services.keep_unidentified(transaction_id=line.id, comment="", actor=actor(cast.manager))
    answer = signed_in(cast.clara).post(reverse("cash_set_aside", args=[line.id]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("cash_line", args=[following.id])
    assert "Manager has decided on this line meanwhile (Kept as unidentified)" in answer.content.decode()


def test_the_page_says_who_has_a_line_and_hides_what_they_alone_may(cast: Cast) -> None:
    line = receipt("95.00")
    clara, manager = signed_in(cast.clara), signed_in(cast.manager)
    url = reverse("cash_line", args=[line.id])
    assert reverse("cash_set_aside", args=[line.id]) in clara.get(url).content.decode()
    page = manager.get(url).content.decode()
    assert "Clara has this line open" in page
    assert reverse("cash_set_aside", args=[line.id]) not in page
    assert "Clara has it open" in manager.get(reverse("cash_desk")).content.decode()
    assert "Clara has this line open" in manager.post(reverse("cash_hold", args=[line.id])).content.decode()
    manager.post(reverse("cash_take", args=[line.id]))
    assert "Manager has this line open" in clara.get(url).content.decode()


def test_who_only_looks_holds_nothing(cast: Cast) -> None:
    line = receipt("95.00")
    signed_in(cast.diane).get(reverse("cash_line", args=[line.id]))
    assert services.find_holder(transaction_id=line.id) is None


def test_parts_are_made_from_a_text(cast: Cast) -> None:
    line = receipt("95.00")
    clara = signed_in(cast.clara)
    url = reverse("cash_split", args=[line.id])
    assert "with + between them" in clara.post(url, {"parts": "some"}, follow=True).content.decode()
    clara.post(url, {"parts": "50 + 20,50"})
    amounts = BankTransaction.objects.filter(parent=line).order_by("id").values_list("amount", flat=True)
    assert list(amounts) == [50, Decimal("20.50"), Decimal("24.50")]


def test_a_collector_asked_answers_though_they_match_nothing(cast: Cast) -> None:
    line = receipt("95.00")
    data = {"to": cast.alice.pk, "question": "Yours?"}
    signed_in(cast.clara).post(reverse("cash_ask", args=[line.id]), data)
    question = LineQuestion.objects.get()
    alice = signed_in(cast.alice)
    assert "Yours?" in alice.get(reverse("cash_desk")).content.decode()
    alice.post(reverse("cash_answer", args=[question.id]), {"answer": "Mine"})
    question.refresh_from_db()
    assert question.answer == "Mine"
    assert signed_in(cast.charlie).post(reverse("cash_answer", args=[question.id]), {"answer": "x"}).status_code == 404


def late_discount(cast: Cast) -> BankTransaction:
    """Let a customer deduct 2 % long after the days of the discount, and look at the payment."""
    edit_agreement(
        account_id=cast.account.id, discount_per_mille=20, discount_days=1, is_oldest_first=False,
        nets_credit_notes=False, matching_threshold=None, actor=SYSTEM,
    )  # fmt: skip
    make_item(cast.account, "1000.00", due=DUE, number="FA-2026-001")
    line = receipt("980.00", name="Durand &amp; Fils", text="FA-2026-001")
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    return line


def test_what_a_proposal_would_post_is_shown_and_posted(cast: Cast) -> None:
    line = late_discount(cast)
    manager = signed_in(cast.manager)
    page = manager.get(reverse("cash_line", args=[line.id])).content.decode()
    assert "Posted with it: Discount taken" in page
    assert "deducted after its days were over" in page
    proposal = line.proposals.get(state="PROPOSED", strategy="REFERENCE_WITH_DISCOUNT")
    manager.post(reverse("cash_accept", args=[proposal.id]))
    assert CashDifference.objects.get().reason == "DISCOUNT"
    shown = manager.get(reverse("cash_line", args=[line.id])).content.decode()
    assert "Discount taken" in shown
    manager.post(reverse("cash_undo", args=[line.id]), {"reason": "wrong"})
    assert CashDifference.objects.get().undone_at is not None


def test_above_the_limit_a_proposal_is_changed_and_proposed(cast: Cast) -> None:
    line = late_discount(cast)
    proposal = line.proposals.get(state="PROPOSED", strategy="REFERENCE_WITH_DISCOUNT")
    clara = signed_in(cast.clara)
    refused = clara.post(reverse("cash_accept", args=[proposal.id]), follow=True).content.decode()
    assert "use “Change” to propose it to a manager" in refused
    assert not CashDifference.objects.exists()
    page = clara.get(reverse("cash_line", args=[line.id]), {"proposal": proposal.id}).content.decode()
    assert '<option value="DISCOUNT" selected>' in page
