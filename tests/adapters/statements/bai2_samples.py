"""BAI2 files written for the tests, in the forms that banks send."""

from __future__ import annotations

HEADER = "01,SENDBANK,QUAINORD,260106,0530,17,80,,2/"


def account(
    *records: str, number: str = "004512345", currency: str = "USD", summaries: str = "", count: int = 0
) -> str:
    """One account with its trailer; the control total is that of the summaries and the amounts of the records."""
    amounts = [part for part in summaries.split(",")[1::4] if part]
    amounts += [record.split(",")[2] for record in records if record.startswith("16,")]
    total = sum(int(amount) for amount in amounts if amount.lstrip("+-").isdigit())
    lines = [f"03,{number},{currency},{summaries}/", *records]
    return "\n".join([*lines, f"49,{total},{count or len(lines) + 1}/"])


def document(
    *accounts: str, as_of: str = "260105", modifier: str = "2", status: str = "1", currency: str = "USD", end: str = ""
) -> bytes:
    group = f"02,QUAINORD,SENDBANK,{status},{as_of},,{currency},{modifier}/"
    total = sum(int(line.split(",")[1]) for text in accounts for line in text.split("\n") if line.startswith("49,"))
    lines = sum(text.count("\n") + 1 for text in accounts) + 2
    trailers = f"98,{total},{len(accounts)},{lines}/\n99,{total},1,{lines + 2}/\n"
    return "\n".join([HEADER, group, *accounts, end or trailers]).encode()


def detail(
    code: str = "165",
    amount: str = "120000",
    *,
    funds: str = "",
    bank: str = "B1",
    customer: str = "C1",
    text: str = "DURAND INV 7",
) -> str:
    return f"16,{code},{amount},{funds},{bank},{customer},{text}/"


def balanced() -> bytes:
    """1,000.00 + 1,200.00 - 12.50 = 2,187.50."""
    return document(
        account(
            detail(),
            detail("698", "1250", bank="B2", customer="", text="FEES, JANUARY"),
            summaries="010,100000,,,015,218750,,",
        )
    )
