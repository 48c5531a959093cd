"""Customers: the list and the page over all accounts of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.services import refresh_balances
from quittance.parties import editing, timeline
from quittance.parties.models import Attachment, Customer, Note
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import assert_guarded, browser, late_items, pay, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def two(cast: Cast) -> Customer:
    """A second customer, strategic, Spanish, with two accounts and nothing late."""
    other = Customer.objects.create(
        number="C0002", name="Éole Énergie", country="ES", is_strategic=True, siren="552100554", vat_number="ES12345"
    )
    for department, number in ((cast.department, "411E1"), (cast.services, "411E2")):
        account = make_account(other, cast.company, department, number=number, collector=cast.bob)
        make_item(account, "1000", due=today() + timedelta(days=9))
    late_items(cast)
    return other


def test_the_list_is_for_those_who_may_see_the_company(cast: Cast, two: Customer) -> None:
    assert_guarded(cast, reverse("customer_list"), stranger=200)
    html = browser(cast.alice).get(reverse("customer_list")).content.decode()
    assert html.index("Durand") < html.index("Éole")
    assert "Durand" not in browser(cast.charlie).get(reverse("customer_list")).content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Durand", "Éole"}),
        ("overdue_from=0.01", {"Durand"}),
        ("strategic=yes", {"Éole"}),
        ("country=ES", {"Éole"}),
        ("q=eole", {"Éole"}),
        ("q=C0001", {"Durand"}),
        ("q=552100", {"Éole"}),
        ("q=es12345", {"Éole"}),
        ("pays=UNKNOWN", {"Durand", "Éole"}),
        ("pays=EARLY", set()),
        ("open_from=1500", {"Éole"}),
        ("sort=name", {"Durand", "Éole"}),
        ("sort=-open_sum&size=25", {"Durand", "Éole"}),
    ],
)
def test_filters_and_search(cast: Cast, two: Customer, query: str, shown: set[str]) -> None:
    html = browser(cast.alice).get(f"{reverse('customer_list')}?{query}").content.decode()
    assert {name for name in ("Durand", "Éole") if name in html} == shown


def test_the_collector_and_the_department_narrow_the_sums(cast: Cast, two: Customer) -> None:
    alice = browser(cast.alice)
    html = alice.get(f"{reverse('customer_list')}?collector={cast.bob.id}").content.decode()
    assert "Durand" not in html
    assert "2,000.00" in html
    assert "1,000.00" in alice.get(f"{reverse('customer_list')}?department={cast.services.id}").content.decode()


def test_pages_follow_one_another(cast: Cast) -> None:
    for n in range(60):
        customer = Customer.objects.create(number=f"N{n:03d}", name=f"Name {n:03d}")
        account = make_account(customer, cast.company, cast.department, number=f"A{n}")
        make_item(account, str(n + 1), due=today() - timedelta(days=1))
    refresh_balances(account_ids=None, as_of=today())
    alice = browser(cast.alice)
    first = alice.get(reverse("customer_list") + "?overdue_from=0.01").content.decode()
    cursor = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = alice.get(cursor).content.decode()
    assert "Name 059" in first and "Name 010" in first and "Name 009" not in first
    assert "Name 009" in second and "Name 000" in second and "Name 010" not in second


def test_the_first_page_adds_up_accounts_before_it_sorts(cast: Cast) -> None:
    for n in range(120):
        customer = Customer.objects.create(number=f"N{n:03d}", name=f"Name {n:03d}")
        for department in (cast.department, cast.services) if n < 30 else (cast.department,):
            account = make_account(customer, cast.company, department, number=f"A{n}{department.code}")
            make_item(account, str(60 if n < 30 else n), due=today() - timedelta(days=1))
    refresh_balances(account_ids=None, as_of=today())
    html = browser(cast.alice).get(reverse("customer_list") + "?size=25").content.decode()
    shown = [name for name in range(120) if f">Name {name:03d}<" in html]
    # Thirty owe 120 in two accounts of 60; the others owe their number, 119 at most.
    assert shown == list(range(5, 30))


def test_the_list_asks_few_questions(
    cast: Cast, two: Customer, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    alice = browser(cast.alice)
    alice.get(reverse("customer_list"))
    with django_assert_max_num_queries(15):
        alice.get(reverse("customer_list"))


def test_the_export_has_the_rows(cast: Cast, two: Customer) -> None:
    answer = browser(cast.alice).get(reverse("customer_list") + "?export=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[0] for line in lines] == ["Customer", "Durand & Fils", "Éole Énergie"]


def test_a_past_day_differs(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    pay(cast, item, "70", today())
    alice = browser(cast.alice)
    path = reverse("customer_detail", args=[cast.durand.id])
    assert "€30.00" in alice.get(path).content.decode()
    past = alice.get(f"{path}?desk_as_of={today() - timedelta(days=1)}").content.decode()
    assert "€100.00" in past
    assert "€30.00" not in past
    assert "100.00" in alice.get(reverse("customer_list")).content.decode()


def test_the_page_shows_accounts_side_by_side(cast: Cast, two: Customer) -> None:
    path = reverse("customer_detail", args=[cast.durand.id])
    assert_guarded(cast, path)
    account = make_account(cast.durand, cast.company, cast.services, number="411D2", collector=cast.bob)
    make_item(account, "75", due=today() - timedelta(days=45))
    refresh_balances(account_ids=None, as_of=today())
    html = browser(cast.alice).get(path).content.decode()
    assert "data-differs" in html
    assert "m.petit@durand.example" in html
    assert "Nothing was paid in the last twelve months." in html
    assert f"{path}?items-bucket=due_31_60" in html
    filtered = browser(cast.alice).get(f"{path}?items-bucket=due_31_60").content.decode()
    assert "INV-001" not in filtered


def test_an_account_of_another_company_stays_unseen(cast: Cast, two: Customer) -> None:
    foreign = make_account(cast.durand, cast.other_company, cast.services, number="USD-ACCOUNT")
    make_item(foreign, "31337", due=today() - timedelta(days=3))
    refresh_balances(account_ids=None, as_of=today())
    path = reverse("customer_detail", args=[cast.durand.id])
    html = browser(cast.alice).get(path).content.decode()
    assert "USD-ACCOUNT" not in html
    assert "31,337" not in html
    assert "31,337" in browser(cast.charlie).get(path).content.decode()
    assert "31,337" not in browser(cast.alice).get(reverse("customer_list")).content.decode()


def test_the_page_asks_a_bounded_number_of_questions(
    cast: Cast, two: Customer, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    alice = browser(cast.alice)
    path = reverse("customer_detail", args=[cast.durand.id])
    alice.get(path)
    with django_assert_max_num_queries(42):
        alice.get(path)


def test_notes_are_written_pinned_deleted_and_put_back(cast: Cast) -> None:
    alice = browser(cast.alice)
    path = reverse("note_create", args=[cast.durand.id])
    assert browser(cast.charlie).post(path, {"text": "hello"}).status_code == 404
    alice.post(path, {"text": "Call before ten.", "account": ""})
    note = Note.objects.get()
    assert (note.author_id, note.account_id) == (cast.alice.id, None)
    alice.post(reverse("note_pin", args=[note.id]), {"pinned": "1"})
    alice.post(reverse("note_delete", args=[note.id]))
    assert not Note.objects.exists()
    page = alice.get(reverse("customer_detail", args=[cast.durand.id])).content.decode()
    undo = page.split("/notes/restore/")[1].split('"')[0]
    path = f"/customers/{cast.durand.id}/notes/restore/{undo}"
    assert browser(cast.bob).post(path).status_code == 404
    alice.post(path)
    back = Note.objects.get()
    assert (back.text, back.is_pinned, back.created_at) == (note.text, True, note.created_at)
    history = alice.get(reverse("customer_timeline", args=[cast.durand.id]) + "?kind=notes").content.decode()
    assert "Note put back" in history


def test_the_history_goes_by_when_things_happened_page_by_page(cast: Cast) -> None:
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    days = [3, 1, 2, 2, 40, 2]  # days ago, in the order in which they were written down
    for number, days_ago in enumerate(days):
        with clock.frozen(noon - timedelta(days=days_ago)):
            events.record(
                events.NewEvent(
                    kind="note.added", actor=Actor(label="Alice"), customer_id=cast.durand.id, payload={"n": number}
                )
            )
    found: list[int] = []
    before = ""
    while page := timeline.list_timeline(
        customer_id=cast.durand.id, account_ids=[], kinds=["note."], before=before, limit=2
    ):
        found += [row["payload"]["n"] for row in page]
        before = timeline.timeline_cursor(page[-1])
    assert found == [1, 5, 3, 2, 0, 4]
    path = reverse("customer_timeline", args=[cast.durand.id])
    assert browser(cast.alice).get(f"{path}?before=%00x-9").status_code == 200


def test_the_history_tells_a_change_before_and_after(cast: Cast) -> None:
    customer = cast.durand
    editing.edit_customer(
        customer_id=customer.id, language="es", is_strategic=not customer.is_strategic, tags=["nord"],
        actor=Actor(label="Alice"),
    )  # fmt: skip
    html = browser(cast.alice).get(reverse("customer_timeline", args=[customer.id]) + "?kind=edits").content.decode()
    assert "→ Spanish" in html or "→ Español" in html
    assert "Tags: – → nord" in html


def test_files_are_kept_and_come_back_as_downloads(cast: Cast, settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    alice = browser(cast.alice)
    path = reverse("attachment_create", args=[cast.durand.id])
    upload = SimpleUploadedFile("../evil.html", b"<script>alert(1)</script>", content_type="text/html")
    assert browser(cast.charlie).post(path, {"file": upload}).status_code == 404
    upload.seek(0)
    alice.post(path, {"file": upload})
    kept = Attachment.objects.get()
    assert kept.filename == "evil.html"
    assert "evil" not in kept.file.name
    fetch = reverse("attachment_download", args=[kept.id])
    answer = alice.get(fetch)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert browser(cast.charlie).get(fetch).status_code == 404
    assert browser(cast.petra).get(fetch).status_code == 403
    settings.QUITTANCE_UPLOAD_MAX_BYTES = 10
    alice.post(path, {"file": SimpleUploadedFile("big.bin", b"x" * 11)})
    assert Attachment.objects.count() == 1
    alice.post(reverse("attachment_delete", args=[kept.id]))
    assert not Attachment.objects.exists()
