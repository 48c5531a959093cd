"""MT940 and MT942 messages written for the tests, in the dialects that banks send."""

from __future__ import annotations

IBAN = "NL91ABNA0417164300"


def message(
    *fields: str,
    account: str = IBAN,
    opening: str = "C260104EUR100,00",
    closing: str = "C260105EUR1587,50",
    reference: str = "S1",
    end: str = "-\n",
) -> bytes:
    """Return one MT940 message; each field with its tag, lines by line feeds."""
    lines = [f":20:{reference}", f":25:{account}", ":28C:5/1"]
    lines += [f":60F:{opening}"] if opening else []
    lines += fields
    lines += [f":62F:{closing}"] if closing else []
    return ("\n".join(lines) + "\n" + end).encode()


def balanced() -> bytes:
    """Two payments in, one charge out: 100.00 + 1,200.00 + 300.00 - 12.50 = 1,587.50."""
    return message(
        ":61:2601050105C1200,00NTRFNONREF//B1\n:86:/TRTP/SEPA OVERBOEKING/IBAN/FR7630001007941234567890185"
        "/BIC/BDFEFRPP\n/NAME/Durand et Fils/REMI/Facture F-1001/EREF/E2E-7",
        ":61:2601050105C300,00NTRFNONREF//B2\n:86:Hotel Sol F-1002",
        ":61:2601050105D12,50NCHGNONREF//B3\n:86:Kosten januari",
    )


def report() -> bytes:
    """An MT942 report of the running day: no balances, totals at the end."""
    return (
        b"{1:F01BANKNL2AXXXX0000000000}{2:I942BANKNL2AXXXXN}{4:\n:20:R1\n:25:DE89370400440532013000\n:28C:5/1\n"
        b":34F:EUR0,\n:13D:2601051200+0100\n:61:2601050105C700,00NTRFNONREF//R1\n:86:166?00GUTSCHRIFT?20SVWZ+F-9\n"
        b":61:2601050105D20,00NTRFNONREF//R2\n:86:Gebuehr\n:90D:1EUR20,00\n:90C:1EUR700,00\n-}\n"
    )


GERMAN = (
    "166?00GUTSCHRIFT?109310?20EREF+RECHNUNG-2026-1?21MREF+M-77?22SVWZ+Rechnungen 4711 und 47?2312 abzgl. Skonto"
    "?24ABWA+Muster Holding?30COBADEFFXXX?31DE89370400440532013000?32Muster Maschinenbau GmbH un?33d Co. KG?34000"
)
TRIODOS = "/CNTP/NL91ABNA0417164300/ABNANL2A/G-Tex N.V./Zeist//EREF/7293//REMI/USTD//201801-00\n1 en 201801-002/"
RABOBANK = "/EREF/REF-9/ORDP//NAME/Bedrijf B.V./REMI/NR.201303-111/11.3.2013/CDTRREF/RF18539007547034/ISDT/2026-01-05"
POLISH = (
    "770 PRZELEW; Z RACH.: 61109010140000071219812874; OD: \n"
    "ZAKŁAD USŁUG SP. Z O.O. ŁÓDŹ; TYT.: F/12/2026 \n; TNR: 1549.1"
)
BELGIAN = "OVERSCHRIJVING VAN JANSSENS BE68539007547034 +++090/9337/55493+++ DANK"
