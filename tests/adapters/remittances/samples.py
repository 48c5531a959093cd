"""Remittance advices written by us, one payment told in many ways."""

from __future__ import annotations

import io
from email.message import EmailMessage

import openpyxl
import typst

X12 = "\n".join(
    (
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*ARVOR          *260415*0900*U*00501*000000007*0*P*>~",
        "GS*RA*PAYER*ARVOR*20260415*0900*7*X*005010~",
        "ST*820*0001~",
        "BPR*I*1566*C*CHK************20260415~",
        "TRN*1*PAY-7001~",
        "CUR*PR*USD~",
        "N1*PR*Durand & Fils~",
        "N1*PE*Arvor Distribution~",
        "ENT*1~",
        "RMR*IV*INV-1001*PO*1166*1200*24~",
        "DTM*003*20260301~",
        "ADX*-10*01*IV*INV-1001~",
        "RMR*IV*INV-1002**500*500~",
        "RMR*CM*CM-9**-100*-100~",
        "SE*13*0001~",
        "GE*1*7~",
        "IEA*1*000000007~",
    )
).encode()
EDIFACT = "\n".join(
    (
        "UNA:+,? '",
        "UNB+UNOC:3+PAYER+ARVOR+260415:0900+7'",
        "UNH+1+REMADV:D:01B:UN:EAN003'",
        "BGM+481+ADV-77+9'",
        "DTM+137:20260414:102'",
        "DTM+203:20260415:102'",
        "RFF+PQ:PAY-7001'",
        "NAD+PR+3012345000017::9++DURAND ?+ FILS'",
        "CUX+2:EUR:11'",
        "DOC+380+INV-1001'",
        "MOA+9:1200,00'",
        "MOA+12:1166,00'",
        "MOA+52:24,00'",
        "DTM+137:20260301:102'",
        "AJT+1'",
        "MOA+165:10,00'",
        "FTX+AAI+++Broken pallets'",
        "DOC+380+INV-1002'",
        "MOA+9:500,00'",
        "MOA+12:500,00'",
        "DOC+381+CM-9'",
        "MOA+9:100,00'",
        "MOA+12:100,00'",
        "UNS+S'",
        "MOA+12:1566,00'",
        "UNT+24+1'",
        "UNZ+1+7'",
    )
).encode()
_NS = (
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:RemittanceAdvice-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


def _line(number: int, reference: str, amount: str, *, kind: str = "Invoice", kept: str = "") -> str:
    side = "Debit" if kind == "Invoice" else "Credit"
    charge = (
        "<cac:BillingReferenceLine><cbc:ID>1</cbc:ID><cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        "<cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode>"
        "<cbc:AllowanceChargeReason>Broken pallets</cbc:AllowanceChargeReason>"
        f'<cbc:Amount currencyID="EUR">{kept}</cbc:Amount></cac:AllowanceCharge></cac:BillingReferenceLine>'
        if kept
        else ""
    )
    return (
        f"<cac:RemittanceAdviceLine><cbc:ID>{number}</cbc:ID>"
        f'<cbc:{side}LineAmount currencyID="EUR">{amount}</cbc:{side}LineAmount>'
        f"<cac:BillingReference><cac:{kind}DocumentReference><cbc:ID>{reference}</cbc:ID>"
        f"<cbc:IssueDate>2026-03-01</cbc:IssueDate></cac:{kind}DocumentReference>{charge}</cac:BillingReference>"
        "</cac:RemittanceAdviceLine>\n"
    )


UBL = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<RemittanceAdvice {_NS}>\n'
    "<cbc:ID>ADV-77</cbc:ID><cbc:IssueDate>2026-04-14</cbc:IssueDate>\n"
    "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\n"
    '<cbc:TotalPaymentAmount currencyID="EUR">1566.00</cbc:TotalPaymentAmount>\n'
    "<cbc:PaymentOrderReference>PAY-7001</cbc:PaymentOrderReference><cbc:LineCountNumeric>3</cbc:LineCountNumeric>\n"
    "<cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Durand &amp; Fils</cbc:Name></cac:PartyName>"
    "</cac:Party></cac:AccountingCustomerParty>\n<cac:AccountingSupplierParty/>\n"
    "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-04-15</cbc:PaymentDueDate>"
    "<cac:PayerFinancialAccount><cbc:ID>FR7630006000011234567890189</cbc:ID></cac:PayerFinancialAccount>"
    "</cac:PaymentMeans>\n"
    + _line(1, "INV-1001", "1166.00", kept="34.00")
    + _line(2, "INV-1002", "500.00")
    + _line(3, "CM-9", "100.00", kind="CreditNote")
    + "</RemittanceAdvice>\n"
).encode()
TABLE = (
    "Avis de paiement\nPayeur : Durand & Fils\nDate de paiement : 15/04/2026\n\n"
    "N° facture;Date facture;Montant brut;Escompte;Retenue;Motif;Montant payé\n"
    "INV-1001;01/03/2026;1 200,00;24,00;10,00;Broken pallets;1 166,00\n"
    "INV-1002;03/03/2026;500,00;;;;500,00\n"
    "CM-9;10/03/2026;-100,00;;;;-100,00\n"
    "Total;;;;;;1 566,00\n"
).encode()
TEXT_FR = (
    "Bonjour,\n\nVeuillez trouver le détail de notre virement du 15/04/2026 (réf. virement PAY-7001).\n\n"
    "N° facture      Date         Montant brut    Escompte    Net payé\n"
    "INV-1001        01/03/2026       1 190,00       24,00    1 166,00\n"
    "INV-1002        03/03/2026         500,00        0,00      500,00\n"
    "Avoir CM-9      10/03/2026         100,00        0,00      100,00\n"
    "Total                                                    1 566,00 EUR\n\n"
    "Marie Petit - Comptabilité\nTél. 01 44 55 66 77 - SIRET 552 100 554 00013\n"
    "IBAN FR76 3000 6000 0112 3456 7890 189\n"
)
TEXT_EN = (
    "Hello,\nwe have paid the following by transfer on 15 April 2026:\n"
    "Invoice INV-1001: 1,166.00 USD\ninvoice INV-1002 500.00 USD\ncredit note CM-9 100.00 USD\n"
    "Total: 1,566.00 USD\n\nKind regards\nJohn Smith, +1 (555) 010-2030, 12 Main Street, Suite 400\n"
)
TEXT_ES = (
    "Buenos días:\nHemos realizado una transferencia de 1.566,00 € el 15/04/2026.\n"
    "Factura INV-1001    1.166,00 €\nFactura INV-1002    500,00 €\nAbono CM-9    100,00 €\n"
    "Importe de la transferencia: 1.566,00 €\n"
)


def pdf(text: str) -> bytes:
    """Print a text as it would be laid out, one line below the other in columns."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    source = f'#set page(width: 30cm)\n#raw("{escaped}", block: true)\n'
    return bytes(typst.compile(source.encode()))


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Remittance advice"])
    sheet.append(["Invoice number", "Invoice date", "Gross amount", "Discount", "Deduction", "Reason", "Amount paid"])
    sheet.append(["INV-1001", "2026-03-01", 1200, 24, 10, "Broken pallets", 1166])
    sheet.append(["INV-1002", "2026-03-03", 500, None, None, None, 500])
    sheet.append(["CM-9", "2026-03-10", -100, None, None, None, -100])
    sheet.append(["Total", None, None, None, None, None, 1566])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def mail(body: str, *files: tuple[str, bytes], subject: str = "Payment") -> bytes:
    message = EmailMessage()
    message["From"] = "Marie Petit <ap@durand.example>"
    message["To"] = "cash@arvor.example"
    message["Subject"] = subject
    message["Date"] = "Wed, 15 Apr 2026 09:00:00 +0200"
    message.set_content(body)
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
