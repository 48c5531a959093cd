"""Reading MT940 and MT942: what each part of a message becomes, in every dialect."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.statements.mt940 import Mt940Reader
from quittance.core.ports.statements import (
    FileRefused,
    ParsedTransaction,
    StatementFile,
    StatementKind,
    TransactionStatus,
)
from tests.adapters.statements.mt940_samples import (
    BELGIAN,
    GERMAN,
    POLISH,
    RABOBANK,
    TRIODOS,
    balanced,
    message,
    report,
)
from tests.adapters.statements.text_contract import TextReaderContract

GOOD = ":61:260105C4,00NTRFNONREF"


class TestContract(TextReaderContract):
    reader = Mt940Reader()
    good = (
        balanced(),
        report(),
        b"{1:F01BANKNL2AXXXX0000000000}{2:I940BANKNL2AXXXXN}{4:\n" + balanced().replace(b"-\n", b"-}{5:}\n"),
        message(f":61:260105C5,NTRFNONREF\n:86:{GERMAN}", closing="C260105EUR105,00"),
    )
    damaged = (
        (message(":61:2601X5C5,00NTRFNONREF\n:86:lost?", GOOD), 1, 1),
        (message(":61:260231C5,00NTRFNONREF", GOOD.replace("260105", "260229"), GOOD), 1, 2),
        (message(":61:260105X5,00NTRFNONREF", GOOD), 1, 1),
        (message(":61:260105", GOOD), 1, 1),
        (message(":61:260105C1O,00NTRFNONREF", ":61:260105C10,0ONTRFNONREF", ":61:260105CNTRFNONREF", GOOD), 3, 1),
        (message(":61:260105C1.200,00NTRFNONREF", ":61:260105C1200NTRFNONREF", GOOD), 2, 1),
        (message(":61:260105C5,001NTRFNONREF", GOOD), 1, 1),
        (message(GOOD, opening="C260104EURO100,00"), 1, 1),
        (message(GOOD, opening="", closing="C260105XQX1,00"), 2, 0),
        (message(GOOD, closing="C260105EUR1O,00"), 1, 1),
    )


def read(content: bytes) -> StatementFile:
    return Mt940Reader().read(io.BytesIO(content))


def only(entry: str, details: str = "") -> ParsedTransaction:
    content = message(f":61:{entry}" + (f"\n:86:{details}" if details else ""))
    (transaction,) = read(content).statements[0].transactions
    return transaction


def test_a_statement_that_balances() -> None:
    file = read(balanced())
    (found,) = file.statements
    assert (file.format, found.kind, found.statement_id, found.sequence) == (
        "MT940",
        StatementKind.STATEMENT,
        "S1",
        "5/1",
    )
    assert (found.account_iban, found.currency, found.balanced) == ("NL91ABNA0417164300", "EUR", True)
    assert found.opening and found.closing
    assert (found.opening.amount, found.closing.amount, found.closing.balance_date) == (
        Decimal(100),
        Decimal("1587.50"),
        date(2026, 1, 5),
    )
    assert [t.amount for t in found.transactions] == [Decimal(1200), Decimal(300), Decimal("-12.50")]
    assert [t.position for t in found.transactions] == [5, 8, 10]


def test_a_statement_that_does_not_balance_says_so() -> None:
    assert read(balanced().replace(b"1587,50", b"1587,51")).statements[0].balanced is False


def test_a_report_of_the_running_day_is_not_money_yet() -> None:
    file = read(report())
    (found,) = file.statements
    assert (file.format, found.kind, found.to_date) == ("MT942", StatementKind.REPORT, date(2026, 1, 5))
    assert {t.status for t in found.transactions} == {TransactionStatus.PENDING}
    assert (found.transaction_sum, found.balanced, found.remarks) == (Decimal(0), None, ())


def test_the_totals_of_a_report_are_compared() -> None:
    (remark,) = read(report().replace(b":90C:1EUR700,00", b":90C:2EUR900,00")).statements[0].remarks
    assert (remark.reason_code, remark.position) == ("CONTROL_TOTAL_DIFFERS", 12)


@pytest.mark.parametrize(
    ("mark", "amount", "is_reversal"),
    [("C", "5.00", False), ("D", "-5.00", False), ("RC", "-5.00", True), ("RD", "5.00", True), ("CR", "5.00", False)],
)
def test_marks_of_direction(mark: str, amount: str, is_reversal: bool) -> None:
    found = only(f"260105{mark}5,00NTRFNONREF")
    assert (found.amount, found.is_reversal, found.is_booked) == (Decimal(amount), is_reversal, True)


def test_expected_movements_are_not_booked() -> None:
    assert only("260105EC5,00NTRFNONREF").status is TransactionStatus.PENDING


@pytest.mark.parametrize(
    ("entry", "booked", "valued"),
    [
        ("2601050106C5,00NTRFNONREF", date(2026, 1, 6), date(2026, 1, 5)),
        ("2512310102C5,00NTRFNONREF", date(2026, 1, 2), date(2025, 12, 31)),
        ("2601021231C5,00NTRFNONREF", date(2025, 12, 31), date(2026, 1, 2)),
        ("260105    C5,00NTRFNONREF", date(2026, 1, 5), date(2026, 1, 5)),
        ("2602300302C5,00NTRFNONREF", date(2026, 3, 2), date(2026, 2, 28)),
        ("2402300301C5,00NTRFNONREF", date(2024, 3, 1), date(2024, 2, 29)),
    ],
)
def test_days(entry: str, booked: date, valued: date) -> None:
    found = only(entry)
    assert (found.booking_date, found.value_date) == (booked, valued)


@pytest.mark.parametrize(
    ("rest", "code", "customer", "bank"),
    [
        ("NTRFNONREF//B7", "NTRF", "", "B7"),
        ("N078F-1001//", "N078", "F-1001", ""),
        ("NIT NONREF", "NIT", "", ""),
        ("NONREF", "", "", ""),
        ("//19239782213", "", "", "19239782213"),
        ("", "", "", ""),
        ("NTRFA/12//B-9", "NTRF", "A/12", "B-9"),
    ],
)
def test_references(rest: str, code: str, customer: str, bank: str) -> None:
    found = only(f"260105C5,00{rest}")
    assert (found.bank_code, found.transaction_id, found.account_servicer_reference) == (code, customer, bank)


def test_german_subfields() -> None:
    found = only("260105C5,00NTRFNONREF", "\n".join(GERMAN[at : at + 61] for at in range(0, len(GERMAN), 61)))
    assert found.counterparty_name == "Muster Maschinenbau GmbH und Co. KG"
    assert (found.counterparty_iban, found.counterparty_bic) == ("DE89370400440532013000", "COBADEFFXXX")
    assert (found.end_to_end_id, found.mandate_id) == ("RECHNUNG-2026-1", "M-77")
    assert found.text == "Rechnungen 4711 und 4712 abzgl. Skonto"
    assert (found.ultimate_debtor, found.bank_code) == ("Muster Holding", "NTRF+166")
    assert (found.additional_text, found.return_reason) == ("GUTSCHRIFT", "")


def test_a_german_return_carries_its_reason() -> None:
    found = only("260105D53,00NRTINONREF", "109?00LS-RUECKGABE?20EREF+F-9?32Erika Muster?34914")
    assert (found.amount, found.return_reason, found.bank_code) == (Decimal("-53.00"), "914", "NRTI+109")


@pytest.mark.parametrize("mark", ["?", ">", "~", "^", "<"])
def test_each_mark_of_subfields(mark: str) -> None:
    found = only("260105C5,00NTRFNONREF", "020?00PRZELEW?20F 7?32Firma".replace("?", mark))
    assert (found.counterparty_name, found.text) == ("Firma", "F 7")


def test_dutch_words() -> None:
    found = only("260105C5,00NTRFEREF//B1", TRIODOS.replace("NL91ABNA0417164300", "FR7630001007941234567890185"))
    assert (found.counterparty_name, found.counterparty_bic) == ("G-Tex N.V.", "ABNANL2A")
    assert found.counterparty_iban == "FR7630001007941234567890185"
    assert (found.end_to_end_id, found.text) == ("7293", "201801-001 en 201801-002")


def test_our_own_account_is_not_the_other_side() -> None:
    found = only("260105C5,00NTRFEREF//B1", TRIODOS)
    assert (found.counterparty_iban, found.counterparty_account) == ("", "")


def test_rabobank_words_and_the_second_line() -> None:
    found = only("260105C5,00N541NONREF\nNL82RBOS0523149468", RABOBANK)
    assert (found.counterparty_name, found.counterparty_account) == ("Bedrijf B.V.", "NL82RBOS0523149468")
    assert found.text == "NR.201303-111/11.3.2013"
    assert (found.end_to_end_id, found.structured_references) == ("REF-9", ("RF18539007547034",))


def test_a_word_that_the_bank_folded_is_still_one() -> None:
    found = only("260105C5,00NTRFNONREF", "/CNTP/123//Firma N.V./Ede//EREF/NOTPROVIDED//RE\nMI/USTD//Factuur 7/")
    assert (found.text, found.end_to_end_id, found.counterparty_name) == ("Factuur 7", "", "Firma N.V.")


def test_abn_amro_words() -> None:
    found = only(
        "260105C5,00N654NONREF",
        "SEPA OVERBOEKING IBAN: FR7630001007941234567890185\nBIC: BDFEFRPP NAAM: Durand\nOMSCHRIJVING: F-1 en F-2\n"
        "KENMERK: NOTPROVIDED",
    )
    assert (found.counterparty_name, found.counterparty_iban) == ("Durand", "FR7630001007941234567890185")
    assert (found.text, found.counterparty_bic, found.end_to_end_id) == ("F-1 en F-2", "BDFEFRPP", "")


def test_polish_words_in_the_code_page_of_the_country() -> None:
    entry = f":61:2601050105CN5,00NTRFNONREF//EL1\n770-PRZELEW\n:86:{POLISH}"
    content = message(
        entry, account="PL61109010140000071219812874", opening="C260104PLN0,00", closing="C260105PLN5,00"
    ).decode()
    for encoding in ("utf-8", "iso8859_2"):
        (found,) = (
            read(content.encode(encoding).replace(b"1219812874; OD", b"1219812875; OD")).statements[0].transactions
        )
        assert found.counterparty_name == "ZAKŁAD USŁUG SP. Z O.O. ŁÓDŹ"
        assert (found.text, found.transaction_id) == ("F/12/2026", "1549.1")
        assert found.counterparty_account == "61109010140000071219812875"


def test_belgian_structured_communication() -> None:
    found = only("260105C5,00NTRFNONREF", BELGIAN)
    assert (found.structured_references, found.counterparty_iban) == (("090933755493",), "BE68539007547034")
    assert only("260105C5,00NTRFNONREF", BELGIAN.replace("493", "494")).structured_references == ()


def test_plain_text_that_names_the_payer_twice() -> None:
    found = only("260105C5,00NIOB0987654321\nmarechal s", "0987654321 marechal s\n" + " " * 65 + "\nFactuur 12")
    assert (found.counterparty_name, found.counterparty_account) == ("marechal s", "0987654321")
    assert found.text == "Factuur 12"


def test_what_was_ordered_in_another_currency() -> None:
    found = only("260105C5,00NTRFNONREF\n/OCMT/USD6,10/CHGS/EUR0,20")
    assert (found.instructed_amount, found.instructed_currency) == (Decimal("6.10"), "USD")


def test_a_time_of_day_at_the_start_of_a_line_is_text() -> None:
    found = only("260105C5,00NTRFNONREF", "106?20KARTE 2026-01-05T13\n:20:37 Folgenr. 007")
    assert found.text == "KARTE 2026-01-05T13:20:37 Folgenr. 007"


def test_text_after_the_closing_balance_belongs_to_no_movement() -> None:
    content = message(":61:260105C5,00NTRFNONREF\n:86:F-1", closing="C260105EUR105,00\n:64:C260105EUR105,00\n:86:SUM")
    assert [t.text for t in read(content).statements[0].transactions] == ["F-1"]


def test_at_signs_of_online_banking_are_line_ends() -> None:
    content = b"@@" + report().partition(b"{4:\n")[2].replace(b"\n", b"@@")
    assert [t.amount for t in read(content).statements[0].transactions] == [Decimal(700), Decimal(-20)]


def test_older_german_fields() -> None:
    content = message(":61:260105C5,00S051NONREF\n:NS:01Rechnung\n02 4711\n15Muster GmbH\n17GUTSCHRIFT")
    (found,) = read(content).statements[0].transactions
    assert (found.counterparty_name, found.text, found.additional_text) == (
        "Muster GmbH",
        "Rechnung 4711",
        "GUTSCHRIFT",
    )


def test_several_messages_of_several_accounts() -> None:
    other = message(GOOD, account="50880050/0194787400888", opening="D260104EUR4,00", closing="C260105EUR0,00")
    first, second = read(balanced() + other).statements
    assert (first.account_id, second.account_id) == ("NL91ABNA0417164300", "50880050/0194787400888")
    assert (second.balanced, second.position) == (True, 14)


def test_a_message_without_its_end_in_the_middle_is_kept_unchecked() -> None:
    cut = b"{1:F01X}{2:I940X}{4:\n" + message(GOOD, closing="", end="")
    first, second = read(cut + b"{1:F01X}{2:I940X}{4:\n" + balanced()).statements
    assert (len(first.transactions), first.closing, first.balanced, second.balanced) == (1, None, None, True)


@pytest.mark.parametrize(
    ("written", "account", "currency"),
    [
        ("NL91ABNA0417164300 EUR", "NL91ABNA0417164300", "EUR"),
        ("51210600/9223382012EUR", "51210600/9223382012", "EUR"),
        ("UBRTHUHB/1234567891/EUR", "UBRTHUHB/1234567891", "EUR"),
        ("ACXXXX1", "ACXXXX1", "EUR"),
    ],
)
def test_accounts(written: str, account: str, currency: str) -> None:
    (found,) = read(message(GOOD, account=written)).statements
    assert (found.account_id, found.currency) == (account, currency)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (message(GOOD, closing="", end=""), "TRUNCATED"),
        (b":20:S1\n:25:NL91ABNA0417164300\n", "TRUNCATED"),
        (b":86:text\n-\n", "NO_STATEMENT"),
        (balanced().decode().encode("utf-16"), "FORMAT_UNKNOWN"),
        (b":20:" + b"x" * 70_000, "LINE_TOO_LONG"),
    ],
)
def test_files_that_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.reason_code == code


def test_overlapping_statements_give_the_same_keys() -> None:
    first = message(GOOD + "//A", GOOD + "//B")
    second = message(GOOD + "//B", GOOD + "//C", reference="S2")
    keys = [{t.dedup_key for t in read(content).statements[0].transactions} for content in (first, second)]
    assert len(keys[0] & keys[1]) == 1


NAMES = st.text("ABCDEFGHIJ abcdefghij", min_size=1, max_size=27).map(lambda name: " ".join(name.split())).filter(bool)
MOVEMENTS = st.lists(
    st.tuples(
        st.dates(date(2020, 1, 1), date(2029, 12, 31)),
        st.integers(-(10**12), 10**12).filter(bool).map(lambda cents: Decimal(cents).scaleb(-2)),
        NAMES,
        st.text("ABCDEFG0123456789-", min_size=1, max_size=16).filter(lambda text: text.strip("0-")),
    ),
    min_size=1,
    max_size=8,
)


@given(movements=MOVEMENTS, opening=st.integers(-(10**9), 10**9))
def test_what_is_written_is_read(movements: list[tuple[date, Decimal, str, str]], opening: int) -> None:
    start = Decimal(opening).scaleb(-2)
    closing = start + sum(amount for _, amount, _, _ in movements)

    def written(amount: Decimal) -> str:
        return ("D" if amount < 0 else "C"), f"{abs(amount):f}".replace(".", ",")

    def balance(amount: Decimal) -> str:
        return "260105EUR".join(written(amount))

    fields = [
        f":61:{day:%y%m%d}{day + timedelta(days=1):%m%d}{''.join(written(amount))}NTRFNONREF//{reference}\n"
        f":86:166?00GUTSCHRIFT?20SVWZ+F-{number}?32{name}"
        for number, (day, amount, name, reference) in enumerate(movements)
    ]
    (found,) = read(message(*fields, opening=balance(start), closing=balance(closing))).statements
    assert found.balanced is True
    assert [
        (t.value_date, t.booking_date, t.amount, t.counterparty_name, t.account_servicer_reference, t.text)
        for t in found.transactions
    ] == [
        (day, day + timedelta(days=1), amount, name, reference, f"F-{number}")
        for number, (day, amount, name, reference) in enumerate(movements)
    ]
