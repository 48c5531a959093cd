"""The headings by which payers name the columns of a remittance advice; the surest first, commas between.

Sources: advices of large buyers in English, French, Spanish and German. Spellings that fold alike stand here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REMITTANCE_HEADINGS: Final[Mapping[str, str]] = {
    "reference": (
        "invoice number,invoice n,n facture,facture,numero de facture,factura,n factura,numero de factura,invoice,"
        "document number,document,n document,n piece,piece,reference facture,invoice reference,document reference,"
        "your reference,votre reference,su referencia,reference document,referencia,reference,ref,rechnungsnummer,"
        "rechnung,belegnummer,beleg,supplier invoice,facture fournisseur,n facture fournisseur,"
        "factura proveedor,invoice id,vendor invoice,supplier reference,reference fournisseur,bill number,"
        "your invoice,votre facture,su factura"
    ),
    "kind": (
        "document type,type document,type de document,type,tipo de documento,tipo,type piece,nature,belegart,"
        "nature de piece,doc type,type de piece,tipo documento,transaction type"
    ),
    "document_date": (
        "invoice date,date facture,date de facture,fecha factura,fecha de factura,document date,date document,"
        "date piece,fecha documento,rechnungsdatum,belegdatum,date,fecha,datum,doc date,bill date"
    ),
    "amount_gross": (
        "gross amount,montant brut,importe bruto,invoice amount,montant facture,importe factura,gross,brut,bruto,"
        "bruttobetrag,original amount,montant initial,montant ttc,rechnungsbetrag,document amount,montant document,"
        "amount due,montant du,total invoice,importe documento,bill amount"
    ),
    "amount_paid": (
        "amount paid,paid amount,montant paye,montant regle,importe pagado,net amount,montant net,importe neto,"
        "payment amount,montant paiement,montant du reglement,net paid,net paye,net,neto,zahlbetrag,nettobetrag,paid,"
        "importe pago,paye,regle,pagado,amount remitted,remitted,montant,amount,importe,betrag,net a payer,"
        "net payment,paid amount eur"
    ),
    "amount_discount": (
        "discount,escompte,descuento,cash discount,discount taken,discount amount,skonto,skontobetrag,remise,"
        "montant escompte,importe descuento,early payment discount,pronto pago,descuento pronto pago"
    ),
    "amount_deduction": (
        "deduction,deductions,retenue,deduccion,retencion,adjustment,ajustement,ajuste,deduction amount,"
        "montant retenu,withheld,short payment,abzug,claim amount,penalite,penalites,adjustment amount,chargeback,"
        "difference,ecart,montant deduction"
    ),
    "reason_code": (
        "reason code,code motif,codigo motivo,deduction code,adjustment code,code deduction,grundcode,code raison,"
        "code ecart,reason id"
    ),
    "reason_text": (
        "reason,motif,motivo,deduction reason,comment,commentaire,comentario,grund,remarks,observation,"
        "observations,observaciones,motif retenue,motif deduction,description,libelle,note,text,verwendungszweck"
    ),
    "counterparty_name": (
        "payer,payer name,customer,customer name,payeur,nom du payeur,client,nom client,debtor,debtor name,pagador,"
        "ordenante,cliente,company,societe,empresa,emetteur,donneur d ordre,kunde,zahler,buyer,acheteur,comprador"
    ),
    "counterparty_account": (
        "payer iban,iban,iban payeur,payer account,iban pagador,debtor iban,iban client,compte payeur"
    ),
    "payment_reference": (
        "payment reference,payment number,reference paiement,reference de paiement,n paiement,n virement,"
        "reference virement,referencia de pago,numero de pago,payment n,payment id,remittance number,avis n,"
        "zahlungsreferenz,transfer reference,check number,cheque number,n cheque,wire reference,trace number,"
        "n de reglement,eft number,payment document"
    ),
    "payment_date": (
        "payment date,date paiement,date de paiement,fecha de pago,date virement,date de reglement,date reglement,"
        "zahlungsdatum,paid on,value date,date de valeur,fecha valor,settlement date,date du virement"
    ),
    "currency": "currency,devise,divisa,moneda,waehrung,wahrung,ccy,currency code,code devise,monnaie",
}
REMITTANCE_FIELDS: Final[tuple[str, ...]] = tuple(REMITTANCE_HEADINGS)
REMITTANCE_DAY_FIELDS: Final = frozenset({"document_date", "payment_date"})
REMITTANCE_AMOUNT_FIELDS: Final = frozenset({"amount_gross", "amount_paid", "amount_discount", "amount_deduction"})
