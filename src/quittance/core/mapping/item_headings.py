"""The headings by which files name the fields of a ledger line; the surest first, commas between.

Sources: SAP tables BSEG, BSID and the list FBL5N (technical, German, English, French), Sage 100 and X3, Cegid, EBP,
Odoo, Dynamics (Navision), Oracle, NetSuite, QuickBooks, and what people write in French, English, Spanish and German.
Spellings that fold alike (N°, no, numéro, number; plurals; de, du, d') stand here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ITEM_HEADINGS: Final[Mapping[str, str]] = {
    "document_number": (
        "belnr,doc id,document n,document id,invoice n,invoice id,invoice,invoice document,n facture,"
        "n invoice,facture,id facture,facture id,n de piece comptable,n piece,piece,id piece,ref piece,"
        "pieceref,ref facture,ref document,facture n,feature id,invoice ref,document ref,billing document,"
        "billing document n,vbeln,code facture,document,factura,n factura,factura n,id factura,ref factura,"
        "documento,n documento,documento n,comprobante,n comprobante,ref documento,belegnummer,beleg,"
        "beleg nr,rechnungsnummer,rechnung,rechnungs nr,rechnungs n,belegnr,rechnungsnr,transaction n,trx n,"
        "trx number,trans n,payment id,paiement id,voucher,tran id,document number id,ec piece,ec ref piece,"
        "do piece,e numeropiece,e refinterne,accnum,invoice number tax,bill n,bill number,n avoir,"
        "credit note n,name invoice,move name,numero interne,n de document,doc ref"
    ),
    "instalment": (
        "buzei,line item,line n,item,item n,instalment,installment,instalment n,installment n,echeance n,"
        "n echeance,ligne,n ligne,vencimiento n,n vencimiento,plazo,n plazo,posten,position,"
        "n position,buchungszeile,terms sequence n,e numeche,payment schedule n,buchungsposition"
    ),
    "fiscal_year": (
        "gjahr,business year,fiscal year,year,exercice,exercice comptable,ejercicio,annee,annee comptable,"
        "geschaftsjahr,ejercicio contable,ano fiscal"
    ),
    "kind": (
        "blart,document type,type document,type,type piece,type piece comptable,type facture,invoice type,"
        "nature piece,nature,nature document,transaction type,trx type,class,trx class,tipo,tipo documento,"
        "tipo factura,clase documento,clase de documento,belegart,buchungsart,kind,e naturepiece,do type,"
        "move type,journal entry type,tipo comprobante,type de mouvement,type operation,tipo de movimiento,"
        "gacctyp"
    ),
    "document_date": (
        "bldat,document date,document create date,invoice date,issue date,date facture,date piece,"
        "date piece comptable,piecedate,date document,date emission,date creation facture,date,fecha,"
        "fecha factura,fecha documento,fecha emision,fecha expedicion,f emision,f factura,belegdatum,"
        "rechnungsdatum,ausstellungsdatum,transaction date,trx date,trans date,billing date,date facturation,"
        "date operation,emis le,emise le,facture le,date vente,issued on,issued,invoiced on,date of issue,"
        "emitida el,emitido el,fecha facturacion,fecha expedida,do date,invoice invoice date,invdat,"
        "e datepiece,invoice bill date,creation date,txn date,bill date,ec date piece,inv date,"
        "accounting document date,fkdat,date of invoice,fecha operacion"
    ),
    "posting_date": (
        "budat,posting date,pstng date,date comptable,date comptabilisation,date imputation,date ecriture,ecrituredate,"
        "accounting date,gl date,fecha contable,fecha contabilizacion,fecha registro,fecha asiento,"
        "f contable,buchungsdatum,entry date,comptabilise le,posted on,e datecomptable,accdat,ec date,"
        "date saisie,ecriture date,date enregistrement,journal date,date de valeur comptable,"
        "contabilizado el,fecha contab,effective date"
    ),
    "due_date": (
        "due date,due in date,net due date,date due,net due,invoice date due,invoice due date,date echeance,"
        "echeance,date exigibilite,exigible le,faedt,netdt,payment due date,vencimiento,fecha vencimiento,"
        "f vencimiento,vence el,vence,fecha limite pago,fecha de pago prevista,falligkeit,falligkeitsdatum,"
        "netto falligkeit,nettofalligkeit,fallig am,due,due on,maturity date,maturity,date maturity,"
        "payable by,pay by,a payer le,a payer avant le,a regler le,a regler avant le,date limite paiement,"
        "date limite reglement,date paiement prevue,date reglement prevue,echue le,echeance le,echeance date,"
        "ec echeance,duddat,e dateecheance,date d echeance piece,dtechu,vto,a pagar el,a pagar antes del,"
        "date echue,due by,falligkeit netto,date echeance facture,terms due date"
    ),
    "baseline_date": (
        "zfbdt,baseline create date,baseline date,baseline payment date,basisdatum,zahlungsfristenbasis,"
        "date de base,date base echeance,fecha base"
    ),
    "cleared_date": (
        "augdt,clear date,clearing date,clrng date,clearing,cleared on,settled date,date settled,"
        "date reglement,date lettrage,date rapprochement,date compensation,paid date,date paid,paid on,"
        "payment date,date paiement,paye le,payee le,regle le,reglee le,solde le,lettre le,pagado el,"
        "pagada el,fecha pago,fecha cobro,fecha compensacion,cobrado el,ausgleichsdatum,ausgleich,datelet,"
        "closed at date,date closed,closing date,ec datelettrage,e datelettrage,date de solde,"
        "settlement date,last payment date,actual payment date,bezahlt am,lettrage date,fecha liquidacion"
    ),
    "amount_open": (
        "total open amount,open amount,amount open,outstanding,outstanding amount,outstanding balance,"
        "amount outstanding,open balance,balance due,amount due,amount due remaining,remaining amount,"
        "amount remaining,remaining amt,residual,amount residual,amount residual currency,residual amount,"
        "solde,solde du,solde restant,solde restant du,solde ouvert,solde facture,solde piece,solde a payer,"
        "reste a payer,reste a regler,reste a encaisser,restant du,reste du,restant a payer,montant du,"
        "montant restant,montant restant du,montant ouvert,montant a payer,montant a regler,"
        "montant non regle,montant non solde,non solde,du,saldo,saldo pendiente,importe pendiente,pendiente,"
        "pendiente cobro,pendiente pago,saldo vivo,importe vivo,importe adeudado,saldo abierto,resto a pagar,"
        "por cobrar,importe a pagar,a pagar,offener betrag,offen,offener saldo,offene betrage,restbetrag,"
        "offener posten,open advance,remaining,balance,unpaid,unpaid amount,unpaid balance,impaye,"
        "amount not settled,montant impaye,solde en devise,foreign amount remaining,"
        "acctd amount due remaining,net amount due,total due,invoice balance,open amount in doc curr,"
        "balance remaining,invoice amount due,encours facture,rest offen"
    ),
    "amount": (
        "wrbtr,amount,invoice amount,amount in doc curr,amount in document currency,document amount,"
        "total amount,amount total,total,montant,montant ttc,montant facture,montant piece,montant total,"
        "montant total ttc,montant facture ttc,total ttc,ttc,total facture,montant document,montant echeance,"
        "montant en devise piece,montant devise,montantdevise,montant devise piece,montant initial,"
        "montant origine,montant de origine,importe,importe total,importe factura,importe total factura,"
        "importe documento,importe con iva,importe iva incluido,importe bruto,importe original,"
        "importe inicial,importe divisa,importe moneda documento,total factura,total documento,total con iva,"
        "monto,monto total,betrag,rechnungsbetrag,bruttobetrag,belegbetrag,betrag belegwahrung,gross amount,"
        "gross,gross total,total gross,amount incl vat,amount including vat,total incl vat,"
        "total including tax,invoice total,total invoice,original amount,amount original,amount due original,"
        "value,invoice value,amount currency,amount total signed,amount in transaction currency,"
        "transaction amount,amount foreign currency,foreign amount,ec montant,amtcur,e montant,total amt,"
        "original amt,montant en devise,open amount original,gross invoice amount,document total"
    ),
    "debit": (
        "debit,debit amount,amount debit,montant debit,debit eur,debe,importe debe,soll,sollbetrag,dr,cargo,"
        "e debit,accounted dr,mouvement debit"
    ),
    "credit": (
        "credit,credit amount,amount credit,montant credit,haber,importe haber,haben,habenbetrag,cr,abono,"
        "e credit,accounted cr,mouvement credit"
    ),
    "side": (
        "shkzg,sens,sens ecriture,d c,dc,debit credit,debit credit ind,debit credit indicator,dr cr,"
        "debe haber,d h,s h,soll haben,soll haben kennzeichen,soll haben kz,bschl,posting key,"
        "cle comptabilisation,clave contabilizacion,buchungsschlussel,sign,signe,signo,ec sens,sns,"
        "indicador debe haber,code sens,sens d c"
    ),
    "amount_company": (
        "dmbtr,amount in local currency,local amount,amount in lc,amount lc,amount lcy,original amount lcy,"
        "company currency amount,amount company currency,amount in eur,montant eur,montant en euro,"
        "montant societe,montant devise societe,montant monnaie tenue,montant devise interne,"
        "montant en devise interne,montant ds,importe moneda local,importe en moneda local,importe ml,"
        "hauswahrungsbetrag,betrag hauswahrung,betrag in hauswahrung,betrag hw,base amount,contre valeur,"
        "contrevaleur,amtloc,amount accounted,acctd amount,functional amount,montant tenue compte,"
        "amount in accounting currency,home amount"
    ),
    "receivable_account": (
        "hkont,gl account,g l account,reconciliation account,comptenum,compte general,compte collectif,"
        "compte comptable,n compte general,n compte collectif,general ledger account,cuenta contable,"
        "cuenta mayor,cuenta de mayor,cuenta,abstimmkonto,abstimmkonten,sachkonto,hauptbuchkonto,"
        "receivable account,control account,cg num,e general,compte,collectif,n compte,account,account n,"
        "account code,ar account,sac"
    ),
    "label": (
        "sgtxt,text,label,description,libelle,libelle ecriture,ecriturelib,libelle piece,libelle ligne,"
        "libelle operation,designation,item text,document header text,bktxt,concepto,descripcion,texto,"
        "texto posicion,glosa,buchungstext,positionstext,memo,narrative,comment,commentaire,comentario,"
        "observation,observaciones,detail,ec intitule,e libelle,memo description,objet,private note,"
        "bemerkung"
    ),
    "journal_code": (
        "journal,journal code,code journal,journalcode,jnl,diario,codigo diario,jo num,e journal,journal id,"
        "source journal"
    ),
    "entry_number": (
        "ecriturenum,n ecriture,entry n,entry number,journal entry,journal entry n,asiento,n asiento,entry,"
        "e numecrit,n mouvement,n sequence,buchungsnummer"
    ),
    "letter_code": (
        "augbl,lettrage,lettre,code lettrage,ecriturelet,clearing document,clrng doc,clearing document n,"
        "clearing doc,clearing n,matching n,reconcile ref,letter code,compensacion,documento compensacion,"
        "ausgleichsbeleg,ec lettrage,ec lettre,e lettrage,mtc,n lettrage,piece rapprochement,matching,punteo,"
        "full reconcile"
    ),
    "reference": (
        "xblnr,reference,ref,reference n,your ref,your reference,customer ref,customer reference,"
        "purchase order,purchase order n,po n,p o n,p o,po check n,po,customer po,customer po n,bon commande,"
        "n bon commande,n commande,n commande client,commande,commande client,ref commande,pedido,n pedido,"
        "pedido cliente,referencia,su referencia,referencia cliente,ref cliente,referenz,bestellnummer,"
        "ihr zeichen,zuonr,assignment,zuordnung,affectation,votre ref,votre reference,order n,sales order,"
        "external document n,doc externe n,n doc externe,n document externe,ref externe,external reference,"
        "invoice origin,payment reference,reference client,ref client,ref paiement,asignacion,"
        "nuestra referencia,ec reference,communication,otherrefnum,client order ref,customer order n"
    ),
    "external_id": (
        "external id,unique id,uuid,guid,record id,row id,id ligne,identifiant unique,id unico,id,"
        "internal id,id interne,customer trx id,payment schedule id,ec n,id externe"
    ),
}
