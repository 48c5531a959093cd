"""Reading OFX: SGML and XML, what each element becomes."""

from __future__ import annotations

import html
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.statements.ofx import OfxReader
from quittance.core.ports.statements import FileRefused, ParsedTransaction, StatementFile, StatementKind
from tests.adapters.statements.text_contract import TextReaderContract

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE"?>\n'
ACCOUNT = "<BANKACCTFROM><BANKID>30006<BRANCHID>00001<ACCTID>12345678901<ACCTTYPE>CHECKING</BANKACCTFROM>"


def entry(
    amount: str = "1200.00",
    *,
    posted: str = "20260105120000.000[+1:CET]",
    identifier: str = "A1",
    name: str = "Durand et Fils",
    memo: str = "Facture F-1001",
    more: str = "",
) -> str:
    return (
        f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>{posted}\n<TRNAMT>{amount}\n<FITID>{identifier}\n<NAME>{name}\n"
        f"<MEMO>{memo}\n{more}</STMTTRN>\n"
    )


def statement(*entries: str, account: str = ACCOUNT, currency: str = "EUR", balance: str = "1587.50") -> str:
    ledger = f"<LEDGERBAL><BALAMT>{balance}<DTASOF>20260105</LEDGERBAL>" if balance else ""
    return (
        f"<STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>{currency}\n{account}\n"
        f"<BANKTRANLIST><DTSTART>20260104<DTEND>20260105\n{''.join(entries)}</BANKTRANLIST>{ledger}"
        "<AVAILBAL><BALAMT>9<DTASOF>20260105</AVAILBAL></STMTRS></STMTTRNRS>\n"
    )


def sgml(*statements: str, header: str = HEADER) -> bytes:
    return f"{header}<OFX><BANKMSGSRSV1>{''.join(statements)}</BANKMSGSRSV1></OFX>\n".encode()


def xml(content: bytes, *, prologue: str = "") -> bytes:
    """Turn SGML into XML: give each single value its end."""
    text = content.decode().removeprefix(HEADER)
    closed = []
    for piece in text.split("<")[1:]:
        tag, _, value = piece.partition(">")
        is_single = not tag.startswith("/") and f"</{tag}>" not in text
        closed.append(f"<{tag}>{value.strip()}</{tag}>\n" if is_single else f"<{piece}")
    return (XML + prologue + "".join(closed)).encode()


def balanced() -> bytes:
    return sgml(
        statement(
            entry(),
            entry("300.00", identifier="A2", name="Hotel Sol", memo="F-1002"),
            entry("-12.50", identifier="A3", name="FRAIS", memo=""),
        )
    )


class TestContract(TextReaderContract):
    reader = OfxReader()
    good = (
        balanced(),
        xml(balanced()),
        sgml(statement(entry()), statement(entry("-5,00"), account="<CCACCTFROM><ACCTID>7</CCACCTFROM>"), header=""),
        balanced().replace(b"\n<", b"<").replace(b"102<", b"102\n<"),
    )
    damaged = (
        (sgml(statement(entry("$120"), entry("1.200,00"), entry(""), entry("1O"), entry("--5"), entry())), 5, 1),
        (sgml(statement(entry("1.005"), entry())), 1, 1),
        (sgml(statement(entry(posted=""), entry(posted="20260231"), entry(posted="5/1/2026"), entry())), 3, 1),
        (sgml(statement(entry(more="<CURRENCY><CURRATE>1.1<CURSYM>XQX</CURRENCY>"), entry())), 1, 1),
        (sgml(statement(entry(), currency="EURO")), 2, 0),
        (sgml(statement(entry(), balance="1O0")), 1, 1),
        (sgml(statement(entry()).replace("<DTSTART>20260104", "<DTSTART>yesterday")), 1, 1),
    )


def read(content: bytes) -> StatementFile:
    return OfxReader().read(io.BytesIO(content))


def only(text: str) -> ParsedTransaction:
    (transaction,) = read(sgml(statement(text))).statements[0].transactions
    return transaction


@pytest.mark.parametrize(("content", "version"), [(balanced(), "OFX 102"), (xml(balanced()), "OFX 211")])
def test_a_statement(content: bytes, version: str) -> None:
    file = read(content)
    (found,) = file.statements
    assert (file.format, found.kind, found.currency) == (version, StatementKind.STATEMENT, "EUR")
    assert (found.account_iban, found.from_date) == ("FR7630006000011234567890189", date(2026, 1, 4))
    assert found.closing
    assert (found.closing.amount, found.opening, found.balanced) == (Decimal("1587.50"), None, None)
    assert [t.amount for t in found.transactions] == [Decimal(1200), Decimal(300), Decimal("-12.50")]


def test_what_the_payer_said() -> None:
    paid = only(entry(more="<BANKACCTTO><BANKID>9<ACCTID>FR7630001007941234567890185</BANKACCTTO><REFNUM>R9\n"))
    assert (paid.counterparty_name, paid.counterparty_iban) == ("Durand et Fils", "FR7630001007941234567890185")
    assert (paid.text, paid.account_servicer_reference) == ("Durand et Fils Facture F-1001", "A1")
    assert (paid.transaction_id, paid.bank_code, paid.booking_date) == ("R9", "CREDIT", date(2026, 1, 5))


def test_a_memo_that_repeats_the_name_is_said_once() -> None:
    assert only(entry(name="EFTPOS ALDI", memo="EFTPOS ALDI GEELONG")).text == "EFTPOS ALDI GEELONG"


@pytest.mark.parametrize(
    ("posted", "day"),
    [
        ("20260105", date(2026, 1, 5)),
        ("20260105233000", date(2026, 1, 5)),
        ("20260105233000.000[-5:EST]", date(2026, 1, 5)),
        ("20260105003000[0:GMT]", date(2026, 1, 5)),
        ("202601052330", date(2026, 1, 5)),
    ],
)
def test_the_day_is_the_one_the_bank_wrote(posted: str, day: date) -> None:
    assert only(entry(posted=posted)).booking_date == day


def test_the_id_of_the_bank_stands_for_the_text_in_the_key() -> None:
    assert only(entry(memo="now")).dedup_key == only(entry(memo="completed later")).dedup_key
    assert only(entry(memo="now", identifier="")).dedup_key != only(entry(memo="other", identifier="")).dedup_key


def test_an_id_that_the_bank_uses_twice_loses_no_movement() -> None:
    found = read(sgml(statement(entry(memo="one"), entry(memo="two")))).statements[0].transactions
    assert len({t.dedup_key for t in found}) == 2


def test_a_movement_or_statement_that_the_file_does_not_end_is_read() -> None:
    open_entries = statement(entry(), entry(identifier="A2")).replace("</STMTTRN>\n", "").replace("</STMTRS>", "")
    first, second = read(sgml(open_entries, open_entries)).statements
    assert (len(first.transactions), len(second.transactions)) == (2, 2)
    assert first.closing
    assert first.closing.amount == Decimal("1587.50")


def test_entities_and_character_data() -> None:
    paid = only(entry(name="M&amp;S &lt;PLC&gt; &#233;&nbsp;1 &unknown;", memo="<![CDATA[A & B]]>"))
    assert (paid.counterparty_name, paid.text) == ("M&S <PLC> é 1 &unknown;", "M&S <PLC> é 1 &unknown; A & B")


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("CHARSET:1252", "cp1252"), ("CHARSET:1252", "utf-8"), ("CHARSET:ISO-8859-15", "iso8859-15"),
     ("CHARSET:850", "cp850"), ("CHARSET:NONE", "utf-8"), ("CHARSET:KLINGON", "cp1252")],
)  # fmt: skip
def test_encodings(charset: str, encoding: str) -> None:
    content = sgml(statement(entry(name="Société Élan"))).decode().replace("CHARSET:1252", charset)
    found = read(content.encode(encoding)).statements[0].transactions[0]
    assert found.counterparty_name == "Société Élan"


def test_two_byte_texts_are_read() -> None:
    content = balanced().decode().encode("utf-16")
    assert OfxReader().supports(content)
    assert read(content).transactions_read == 3


def test_an_amount_in_another_currency_is_not_added_up() -> None:
    content = sgml(statement(entry(more="<CURRENCY><CURRATE>0.9<CURSYM>USD</CURRENCY>"), entry("5")))
    (found,) = read(content).statements
    assert ([t.currency for t in found.transactions], found.transaction_sum) == (["USD", "EUR"], Decimal(5))


def test_the_cash_side_of_an_investment_account() -> None:
    investment = (
        "<INVSTMTTRNRS><INVSTMTRS><CURDEF>USD<INVACCTFROM><BROKERID>b.example<ACCTID>X1</INVACCTFROM><INVTRANLIST>"
        f"<INVBANKTRAN>{entry()}<SUBACCTFUND>CASH</INVBANKTRAN></INVTRANLIST></INVSTMTRS></INVSTMTTRNRS>"
    )
    (found,) = read(sgml(investment)).statements
    assert (found.account_id, len(found.transactions)) == ("b.example X1", 1)
    with pytest.raises(FileRefused):
        read(sgml(investment.replace("STMTTRN>", "OTHER>")))


ENTITIES = '<!DOCTYPE OFX [<!ENTITY a "aaaaaaaaaa">]>\n'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (sgml(""), "NO_STATEMENT"),
        (sgml(statement(entry()))[:-20], "TRUNCATED"),
        (xml(balanced())[:-20], "TRUNCATED"),
        (xml(balanced(), prologue=ENTITIES), "DOCTYPE_REFUSED"),
        (sgml(statement(entry()), header=HEADER + ENTITIES), "DOCTYPE_REFUSED"),
        (xml(balanced()).replace(b"</NAME>", b"</NOM>"), "NOT_XML"),
        (xml(balanced()).replace(b"Durand", b"Durand \xe9"), "ENCODING_WRONG"),
        (
            sgml(statement(entry()), header=HEADER.replace("1252", "UTF-8")).replace(b"Durand", b"\xe9"),
            "ENCODING_WRONG",
        ),
        (HEADER.encode() + b"<OFX><STMTRS>" + b"<BAL>" * 100, "NESTED_TOO_DEEP"),
        (HEADER.encode() + b"<OFX><STMTRS><MEMO>" + b"x" * 200_000, "LINE_TOO_LONG"),
    ],
)
def test_files_that_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.reason_code == code


def test_the_line_of_a_rejected_movement_is_named() -> None:
    content = sgml(statement(entry(), "\n" * 70_000, entry("12..34")))
    for variant in (content, xml(content)):
        (line,) = read(variant).all_rejected
        assert line.position > (70_000 if variant is content else 20)
        assert "12..34" in line.content


TEXTS = st.text("ABC abc é<>&;/0123456789-", max_size=30).map(lambda text: " ".join(text.split()))


@given(
    movements=st.lists(
        st.tuples(
            st.dates(date(1990, 1, 1), date(2060, 1, 1)),
            st.integers(-(10**14), 10**14).map(lambda cents: Decimal(cents).scaleb(-2)),
            TEXTS,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_is_read(movements: list[tuple[date, Decimal, str]]) -> None:
    entries = [
        entry(f"{amount:f}", posted=f"{day:%Y%m%d}", identifier=f"I{number}", name=html.escape(text), memo="")
        for number, (day, amount, text) in enumerate(movements)
    ]
    content = sgml(statement(*entries))
    for variant in (content, xml(content)):
        found = read(variant).statements[0].transactions
        assert [(t.booking_date, t.amount, t.counterparty_name) for t in found] == movements
