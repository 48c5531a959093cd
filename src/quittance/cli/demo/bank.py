"""Bank statements of the demo as real camt.053 files: what customers wrote, well or badly, in their transfers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from xml.sax.saxutils import escape

from quittance.cli.demo.world import SEED, DemoCompany


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement of a statement; positive when money came in."""

    amount: Decimal
    name: str
    iban: str
    text: str
    end_to_end_id: str = "NOTPROVIDED"
    return_reason: str = ""

    @property
    def is_direct_debit(self) -> bool:
        """Say whether we collected it, so that it carries our own reference and may come back."""
        return self.end_to_end_id.startswith("PRLV-") and self.amount > 0


def banking_days_before(today: date, number: int) -> list[date]:
    """Return the last `number` weekdays before `today`, oldest first."""
    days: list[date] = []
    day = today
    while len(days) < number:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            days.append(day)
    return days[::-1]


def transfer_text(rng: Random, invoices: Sequence[str], bad_reference: int) -> str:
    """Return what the payer wrote: the numbers as they are, mangled, or nothing useful."""
    if rng.random() * 100 < bad_reference:
        return rng.choice(
            ("VIREMENT FOURNISSEUR", "REGLEMENT FACTURES", f"FACT {invoices[0][-7:]}", "PAIEMENT", "SALDO CUENTA")
        )
    lead = rng.choice(("FACT ", "Invoice ", "", "REGLT ", "/INV/", "Factura "))
    return (lead + rng.choice((" ", ", ", " + ")).join(invoices))[:140]


def direct_debit(*, amount: Decimal, name: str, iban: str, invoices: Sequence[str]) -> Movement:
    """Return a direct debit that the customer's bank paid: our own text and reference."""
    return Movement(
        amount=amount,
        name=name.upper()[:70],
        iban=iban,
        text=("PRLV SEPA " + " ".join(invoices))[:140],
        end_to_end_id=f"PRLV-{invoices[0]}"[:35],
    )


def sent_back(movement: Movement) -> Movement:
    """Return the same money going back for want of cover, under the same reference."""
    return replace(movement, amount=-movement.amount, text="REJET PRLV SEPA", return_reason="AM04")


def statement_xml(
    company: DemoCompany, *, day: date, sequence: int, opening: Decimal, movements: Sequence[Movement]
) -> str:
    """Return one day's statement as camt.053.001.08."""
    closing = opening + sum((m.amount for m in movements), Decimal(0))
    entries = "".join(_entry(day, sequence, place, m) for place, m in enumerate(movements, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>{company.code}{day:%Y%m%d}</MsgId><CreDtTm>{day:%Y-%m-%d}T22:10:00</CreDtTm></GrpHdr>
<Stmt><Id>{company.code}-{day:%Y%m%d}</Id><ElctrncSeqNb>{sequence}</ElctrncSeqNb><CreDtTm>{day:%Y-%m-%d}T22:10:00</CreDtTm>
<Acct><Id><IBAN>{company.iban}</IBAN></Id><Ccy>EUR</Ccy><Svcr><FinInstnId><BICFI>{company.bic}</BICFI></FinInstnId></Svcr></Acct>
{_balance("OPBD", opening, day)}{_balance("CLBD", closing, day)}
{entries}</Stmt></BkToCstmrStmt></Document>
"""


def _balance(code: str, amount: Decimal, day: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{abs(amount):.2f}</Amt>'
        f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{day:%Y-%m-%d}</Dt></Dt></Bal>"
    )


def _entry(day: date, sequence: int, place: int, movement: Movement) -> str:
    came_in = movement.amount > 0
    # Of a return the payer is still the debtor.
    party, role = ("Dbtr", "DbtrAcct") if came_in or movement.return_reason else ("Cdtr", "CdtrAcct")
    returned = f"<RtrInf><Rsn><Cd>{movement.return_reason}</Cd></Rsn></RtrInf>" if movement.return_reason else ""
    account = f"<{role}><Id><IBAN>{movement.iban}</IBAN></Id></{role}>" if movement.iban else ""
    name = f"<{party}><Pty><Nm>{escape(movement.name)}</Nm></Pty></{party}>" if movement.name else ""
    reference = f"{day:%y%m%d}{sequence:04d}{place:05d}"
    return f"""<Ntry><Amt Ccy="EUR">{abs(movement.amount):.2f}</Amt><CdtDbtInd>{"CRDT" if came_in else "DBIT"}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day:%Y-%m-%d}</Dt></BookgDt><ValDt><Dt>{day:%Y-%m-%d}</Dt></ValDt>
<AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>{escape(movement.end_to_end_id)}</EndToEndId></Refs>
<RltdPties>{name}{account}</RltdPties><RmtInf><Ustrd>{escape(movement.text)}</Ustrd></RmtInf>{returned}</TxDtls></NtryDtls></Ntry>
"""


def payer_name(rng: Random, name: str, contact: str, bad_reference: int) -> str:
    """Return the name as the bank writes it: in capitals, cut, now and then another one than the customer's."""
    if rng.random() * 100 < bad_reference * 1.2:
        return rng.choice((contact.upper(), f"CENTRE DE GESTION {name.split()[0].upper()}", name.upper()[:14]))
    return name.upper()[:70]


def noise(rng: Random, day: date) -> list[Movement]:
    """Return what every statement holds besides customers' transfers."""
    movements = [
        Movement(amount=-Decimal(rng.randint(900, 4800)) / 100, name="", iban="", text="COMMISSION DE MOUVEMENT")
    ]
    if rng.random() < 0.6:
        movements.append(
            Movement(
                amount=Decimal(rng.randint(20000, 240000)) / 100, name=rng.choice(("M DUPUIS ALAIN", "SCI LES TILLEULS")),
                iban="", text=f"VIR {day:%d%m} REGLEMENT",
            )
        )  # fmt: skip
    return movements


def statement_rng(company: str, day: date) -> Random:
    """Return the generator of one company's day."""
    return Random(f"{SEED}:{company}:{day.isoformat()}")
