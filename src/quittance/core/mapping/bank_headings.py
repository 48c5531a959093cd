"""The headings by which banks name the columns of a table of movements; the surest first, commas between.

Sources: exports of banks in France, Belgium, Spain, Germany, the United Kingdom and the United States, of payment
houses, and what people write in French, English, Spanish and German. Spellings that fold alike stand here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BANK_HEADINGS: Final[Mapping[str, str]] = {
    "booking_date": (
        "booking date,date operation,date comptable,buchungstag,fecha operacion,fecha contable,posting date,"
        "transaction date,date,fecha,datum,buchungsdatum,posted date,entry date,date d'ecriture,"
        "date de comptabilisation,"
        "operation date,f operacion,fecha de operacion,fecha mov,date mouvement,date d execution,execution date,"
        "date posted,buchung,processed date,completed date,date transaction,f contable,jour,day,date op"
    ),
    "value_date": (
        "value date,date valeur,date de valeur,fecha valor,wertstellung,valuta,valutadatum,wertstellungstag,f valor,"
        "wertstellungsdatum,val date,date val,valuta date,effective date,interest date"
    ),
    "amount": (
        "amount,montant,importe,betrag,umsatz,montant eur,montant de l operation,transaction amount,value,valeur,"
        "amount eur,importe eur,betrag eur,somme,mouvement,movement amount,net amount,montant operation,cantidad,"
        "montant en euros,betrag in eur,importe en eur,montant net,booked amount,umsatz in eur"
    ),
    "debit": (
        "debit,debit amount,montant debit,debe,cargo,soll,cargos,paid out,money out,withdrawal,withdrawals,debits,"
        "debit euros,sortie,sorties,payments,ausgang,ausgabe,gastos,lastschrift betrag,importe cargo,out"
    ),
    "credit": (
        "credit,credit amount,montant credit,haber,abono,haben,abonos,paid in,money in,deposit,deposits,credits,"
        "credit euros,entree,entrees,receipts,eingang,einnahme,ingresos,importe abono,in"
    ),
    "side": (
        "d c,debit credit,sens,dc,soll haben,s h,d h,debe haber,signe,sign,signo,credit debit,cr dr,dr cr,"
        "credit debit indicator,soll haben kennzeichen,sens operation,type debit credit,af bij,direction,c d"
    ),
    "currency": (
        "currency,devise,divisa,wahrung,waehrung,moneda,ccy,monnaie,currency code,code devise,devise compte,"
        "account currency,transaction currency,whg"
    ),
    "counterparty_name": (
        "partner name,payer name,counterparty,counterparty name,nom du tiers,tiers,payer,debtor,debtor name,"
        "contrepartie,nom contrepartie,donneur d ordre,nom du donneur d ordre,emetteur,ordenante,"
        "ordenante beneficiario,"
        "nombre ordenante,auftraggeber,auftraggeber empfanger,beguenstigter zahlungspflichtiger,begunstigter,"
        "begunstigter zahlungspflichtiger,zahlungspflichtiger,name,nom,nombre,beneficiary,beneficiaire,beneficiario,"
        "payee,sender,remitter,remitter name,from to,zahlungspflichtige r,zahlungsempfanger e,name zahlungsbeteiligter,"
        "nom de la contrepartie,other party,merchant,payer payee,partner,empfanger,contraparte,merchant name"
    ),
    "counterparty_account": (
        "payer iban,counterparty iban,counterparty account,iban contrepartie,compte contrepartie,iban du tiers,"
        "compte du tiers,iban tiers,iban donneur d ordre,compte donneur d ordre,iban ordenante,cuenta ordenante,"
        "partner iban,partner account,bank account,kontonummer iban,iban zahlungsbeteiligter,iban auftraggeber,"
        "debtor iban,debtor account,sender iban,sender account,remitter account,iban emetteur,iban debiteur,iban,"
        "kontonummer,konto,account,account number,compte,n compte,numero de compte,cuenta,gegenkonto,iban empfanger,"
        "n compte contrepartie,cuenta contraparte,iban contraparte,counterparty account number,beneficiary account"
    ),
    "own_account": (
        "own account,account iban,our account,compte bancaire,auftragskonto,iban auftragskonto,cuenta propia,"
        "iban compte,iban,compte,n compte,numero de compte,account,account number,cuenta,konto,kontonummer,"
        "account n,bank account,iban cuenta,numero cuenta,rib,bezeichnung auftragskonto iban"
    ),
    "text": (
        "description,libelle,concepto,verwendungszweck,label,narrative,details,text,texto,libelle operation,"
        "communication,remittance information,information,motif,intitule,payment details,transaction details,"
        "buchungstext,memo,observaciones,detail,libelle complet,libelle de l operation,transaction description,"
        "payment reference text,mas datos,informations complementaires,remittance info,particulars,objet,omschrijving,"
        "unstructured remittance,nature operation,narration,transaction,concept,descripcion,operation,beschreibung"
    ),
    "additional_text": (
        "details complementaires,additional information,complement,informations,additional details,notes,note,"
        "type,type operation,transaction type,type of transaction,tipo,categorie,category,movimiento,umsatzart,"
        "libelle complementaire,info,zusatz,observacion"
    ),
    "reference": (
        "reference,ref,referencia,referenz,bank reference,reference operation,transaction id,n operation,"
        "reference bancaire,transaction reference,numero operation,n ecriture,n piece,id,numero de operacion,"
        "reference banque,transaction n,referencia 1,bankreferenz,n mouvement,entry reference,statement reference"
    ),
    "end_to_end_id": (
        "end to end id,end to end reference,kundenreferenz end to end,kundenreferenz,e2e,reference de bout en bout,"
        "reference end to end,customer reference,reference client,referencia cliente,end to end,referencia 2,"
        "sepa reference,payment reference"
    ),
    "mandate_id": "mandate id,mandate reference,mandatsreferenz,rum,reference mandat,referencia mandato,mandate",
    "balance": (
        "balance,solde,saldo,running balance,solde apres operation,kontostand,saldo nach buchung,account balance,"
        "balance after,solde comptable,closing balance,saldo disponible,ledger balance,solde progressif,"
        "saldo posterior,solde courant,balance eur,solde eur"
    ),
}
BANK_FIELDS: Final[tuple[str, ...]] = tuple(BANK_HEADINGS)
DAY_FIELDS: Final = frozenset({"booking_date", "value_date"})
AMOUNT_FIELDS: Final = frozenset({"amount", "debit", "credit", "balance"})
