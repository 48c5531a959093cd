"""One day of one account in two formats: what balances, day and amounts prove comes in once, the rest waits."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from quittance.cash import queries, services
from quittance.cash.models import BankStatement, BankTransaction
from quittance.cash.statement_files import TableSettings
from quittance.foundation.models import RejectedLine
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import Allocation
from quittance.parties.models import CompanyBankAccount
from tests.adapters.statements import cfonb_samples, mt940_samples, test_ofx
from tests.adapters.statements.samples import balance, balanced_statement, detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db

CAMT = balanced_statement()
MT940 = mt940_samples.balanced().replace(b"NL91ABNA0417164300", b"FR7630006000011234567890189")
CFONB, OFX = cfonb_samples.balanced(), test_ofx.balanced()
CSV = (
    b"Date;Libelle;Montant;Solde\n05/01/2026;VIR DURAND;1200,00;1300,00\n05/01/2026;VIR SOL;300,00;1600,00\n"
    b"05/01/2026;FRAIS;-12,50;1587,50\n"
)
AMOUNTS = [Decimal("-12.5"), Decimal(300), Decimal(1200)]


def take_in(content: bytes, name: str = "statement") -> services.StatementImport:
    return services.import_statement(stream=io.BytesIO(content), filename=name, actor=SYSTEM)


def amounts() -> list[Decimal]:
    return sorted(BankTransaction.objects.values_list("amount", flat=True))


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.mark.parametrize(("first", "second"), list(permutations((CAMT, MT940, CFONB), 2)))
def test_a_day_told_by_two_formats_is_in_once(cast: Cast, first: bytes, second: bytes) -> None:
    assert take_in(first).transactions_new == 3
    again = take_in(second)
    assert (again.status, again.transactions_new, again.duplicates, again.doubtful) == ("UNCHANGED", 0, 3, 0)
    assert amounts() == AMOUNTS
    assert (again.gap_count, BankStatement.objects.filter(has_gap_before=True).count()) == (0, 0)
    told = RejectedLine.objects.get(batch_id=again.batch_id, is_warning=True)
    assert (told.reason_code, told.reason_params["count"]) == ("TOLD_BY_OTHER_STATEMENT", "3")
    assert take_in(second).transactions_new == 0


def test_without_a_balance_to_prove_it_the_movements_wait_for_a_person(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=date(2026, 1, 5), number="F-1001")
    take_in(CAMT)
    assert services.match_transactions(company_id=cast.company.id, as_of=date(2026, 1, 10)).applied == 1
    second = make_item(cast.account, "1200", due=date(2026, 1, 5), number="F-1001-B")
    result = take_in(OFX)
    assert (result.transactions_new, result.doubtful) == (3, 2)
    waiting = BankTransaction.objects.filter(statement_id=result.statement_ids[0], amount__gt=0)
    assert set(waiting.values_list("state", "waiting_reason")) == {("WAITING", "MAY_BE_DUPLICATE")}
    run = services.match_transactions(company_id=cast.company.id, as_of=date(2026, 1, 10))
    assert (run.applied, Allocation.objects.count()) == (0, 1)
    assert set(waiting.values_list("waiting_reason", flat=True)) == {"MAY_BE_DUPLICATE"}
    for one in (item, second):
        one.refresh_from_db()
    assert (item.amount_open, second.amount_open) == (0, 1200)
    codes = RejectedLine.objects.filter(batch_id=result.batch_id).values_list("reason_code", flat=True)
    assert list(codes) == ["MAY_BE_DUPLICATE"] * 2


def test_a_person_may_still_decide_on_what_may_be_a_duplicate(cast: Cast) -> None:
    take_in(CAMT)
    result = take_in(OFX)
    row = BankTransaction.objects.filter(statement_id=result.statement_ids[0], amount=300).get()
    services.set_aside(transaction_id=row.id, reason="in twice", actor=SYSTEM)
    assert queries.get_transaction(transaction_id=row.id).state == "SET_ASIDE"


def test_a_month_after_its_days_and_a_day_after_its_month(cast: Cast) -> None:
    def day(number: int, opening: str, amount: str, closing: str) -> str:
        on = f"2026-01-{number:02d}"
        return statement(
            balance("OPBD", opening, on), balance("CLBD", closing, on),
            entry(amount, booked=f"<Dt>{on}</Dt>", reference=f"R{number}", details=detail(text=f"F-{number}")),
            identifier=f"D{number}",
        )  # fmt: skip

    days = [
        day(5, "100.00", "10.00", "110.00"),
        day(6, "110.00", "20.00", "130.00"),
        day(7, "130.00", "30.00", "160.00"),
    ]
    month = mt940_samples.message(
        ":61:2601050105C10,00NTRFNONREF\n:86:one", ":61:2601060106C20,00NTRFNONREF\n:86:two",
        ":61:2601070107C30,00NTRFNONREF\n:86:three", ":61:2601080108C40,00NTRFNONREF\n:86:four",
        account="FR7630006000011234567890189", opening="C260104EUR100,00", closing="C260108EUR200,00",
    )  # fmt: skip
    take_in(document(*days[:2]))
    result = take_in(month)
    assert (result.transactions_new, result.duplicates, result.doubtful) == (2, 2, 0)
    result = take_in(document(days[2]))
    assert (result.transactions_new, result.duplicates) == (0, 1)
    assert amounts() == [10, 20, 30, 40]
    assert not BankStatement.objects.filter(has_gap_before=True).exists()


def test_a_batch_in_one_sum_and_its_payments_are_one_booking(cast: Cast) -> None:
    batch = document(
        statement(
            balance("OPBD", "100.00", "2026-01-04"), balance("CLBD", "400.00"),
            entry("300.00", details=detail("100.00", text="F-1") + detail("200.00", text="F-2")),
        )
    )  # fmt: skip
    sums = mt940_samples.message(
        ":61:2601050105C300,00NTRFNONREF//B1\n:86:batch",
        account="FR7630006000011234567890189", closing="C260105EUR400,00",
    )  # fmt: skip
    take_in(batch)
    assert take_in(sums).transactions_new == 0
    assert amounts() == [100, 200]


def test_two_days_alike_are_two_days(cast: Cast) -> None:
    def day(number: int, opening: str, closing: str) -> bytes:
        return mt940_samples.message(
            f":61:26010{number}010{number}C50,00NTRFNONREF\n:86:rent", account="FR7630006000011234567890189",
            opening=f"C26010{number}EUR{opening}", closing=f"C26010{number}EUR{closing}", reference=f"S{number}",
        )  # fmt: skip

    take_in(day(5, "100,00", "150,00"))
    assert take_in(day(6, "150,00", "200,00")).transactions_new == 1
    assert amounts() == [50, 50]


def test_a_day_that_adds_up_to_nothing_proves_nothing(cast: Cast) -> None:
    def told(reference: str) -> bytes:
        return mt940_samples.message(
            f":61:2601050105C50,00NTRFNONREF\n:86:in {reference}",
            f":61:2601050105D50,00NTRFNONREF\n:86:out {reference}",
            account="FR7630006000011234567890189", closing="C260105EUR100,00", reference=reference,
        )  # fmt: skip

    take_in(told("S1"))
    assert take_in(told("S2")).transactions_new == 2


def test_the_account_is_found_by_its_iban_and_by_its_old_number(cast: Cast) -> None:
    CompanyBankAccount.objects.filter(pk=cast.bank_account.pk).update(iban="DE29508800500194787400")
    known = CompanyBankAccount.objects.count()
    take_in(mt940_samples.balanced().replace(b"NL91ABNA0417164300", b"50880050/0194787400EUR"))
    assert CompanyBankAccount.objects.count() == known
    assert BankStatement.objects.get().bank_account_id == cast.bank_account.id


def test_a_table_with_running_balances_after_a_statement(cast: Cast) -> None:
    take_in(CAMT)
    result = services.import_statement(
        stream=io.BytesIO(CSV), filename="january.csv", actor=SYSTEM,
        tables=TableSettings(account_id="FR7630006000011234567890189"),
    )  # fmt: skip
    assert (result.transactions_new, result.duplicates) == (0, 3)
