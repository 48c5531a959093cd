"""The fields that a table can fill, and the headings by which files name them.

Headings are compared folded (`fold_heading`): lower case, no accents, camel case and underscores taken apart.
Sources of the names: SAP tables BSID/KNA1/KNVK and their usual extracts, Sage, Cegid, EBP, Odoo and
QuickBooks exports in French, English, Spanish and German.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quittance.core.mapping.text import fold_heading
from quittance.core.ports.intake import FileKind


class ValueType(StrEnum):
    """What the values of a field look like."""

    TEXT = "TEXT"
    IDENTIFIER = "IDENTIFIER"
    DATE = "DATE"
    AMOUNT = "AMOUNT"
    CURRENCY = "CURRENCY"
    SIDE = "SIDE"
    INTEGER = "INTEGER"
    EMAIL = "EMAIL"
    COUNTRY = "COUNTRY"
    LANGUAGE = "LANGUAGE"
    FLAG = "FLAG"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetField:
    """A field, the kinds of file that can hold it, and its known headings."""

    name: str
    value_type: ValueType
    kinds: frozenset[FileKind]
    headings: tuple[str, ...]


_ITEMS = frozenset({FileKind.OPEN_ITEMS})
_CUSTOMERS = frozenset({FileKind.CUSTOMERS})
_CONTACTS = frozenset({FileKind.CONTACTS})
_PARTIES = _CUSTOMERS | _CONTACTS
_ALL = _ITEMS | _PARTIES


def _target(name: str, value_type: ValueType, kinds: frozenset[FileKind], headings: str) -> TargetField:
    return TargetField(
        name=name,
        value_type=value_type,
        kinds=kinds,
        headings=tuple(dict.fromkeys(fold_heading(each) for each in headings.split(","))),
    )


TARGET_FIELDS: Final[tuple[TargetField, ...]] = (
    _target(
        "account_number",
        ValueType.IDENTIFIER,
        _ALL,
        "kunnr,cust number,customer number,customer no,customer id,customer code,customer,account number,"
        "account no,account id,client id,client number,client code,code client,n client,no client,"
        "num client,numero client,numero de client,compte client,compte tiers,compte auxiliaire,compauxnum,"
        "code tiers,tiers,id client,reference client,ref client,cliente,codigo cliente,cod cliente,"
        "numero cliente,n cliente,id cliente,numero de cliente,codigo de cliente,debitor,debitornummer,"
        "debitorennummer,kundennummer,kunden nr,kunde,debtor,debtor number,debtor code,sold to,"
        "sold to party,payer,bill to,bill to customer,partner id",
    ),
    _target(
        "customer_name",
        ValueType.TEXT,
        _ALL,
        "name customer,customer name,raison sociale,company name,company,societe,name 1,name1,client name,"
        "client nom,nom client,nom du client,nom tiers,intitule tiers,intitule client,libelle client,"
        "libelle tiers,compauxlib,"
        "denomination,client,nom,name,razon social,nombre cliente,nombre del cliente,"
        "nombre,kundenname,name des kunden,firma,partner,partner name,debtor name,account name,"
        "intitule,business name",
    ),
    _target(
        "company_code",
        ValueType.IDENTIFIER,
        _ALL,
        "bukrs,business code,company code,code societe,soc,etablissement,entity,legal entity,entite,"
        "entite juridique,sociedad,codigo sociedad,empresa,buchungskreis,company id,business unit,societe,"
        "company",
    ),
    _target(
        "department_code",
        ValueType.IDENTIFIER,
        _ALL,
        "department,department code,departement,service,division,gsber,area business,business area,branche,"
        "activite,centre de profit,prctr,profit center,departamento,geschaftsbereich,abteilung,agence,"
        "sales org,vkorg",
    ),
    _target(
        "document_number",
        ValueType.IDENTIFIER,
        _ITEMS,
        "belnr,doc id,document number,document no,document id,doc number,doc no,invoice number,invoice no,"
        "invoice id,invoice,invoice num,inv no,n facture,no facture,num facture,numero facture,"
        "numero de facture,facture,reference facture,n piece,no piece,num piece,numero de piece,"
        "numero piece,piece,pieceref,reference piece,feature id,id facture,factura,numero factura,"
        "numero de factura,n factura,no factura,documento,numero documento,belegnummer,beleg,"
        "rechnungsnummer,rechnung,rechnungs nr,transaction number,paiement id,payment id,voucher",
    ),
    _target(
        "instalment",
        ValueType.INTEGER,
        _ITEMS,
        "buzei,line item,line number,item,item number,instalment,installment,echeance n,n echeance,"
        "no echeance,numero echeance,ligne,n ligne,vencimiento n,plazo,position,posten,buchungszeile",
    ),
    _target("fiscal_year", ValueType.INTEGER, _ITEMS, "gjahr,business year,fiscal year,year,exercice,ejercicio,annee"),
    _target(
        "kind",
        ValueType.TEXT,
        _ITEMS,
        "blart,document type,doc type,type,type de piece,type piece,type document,type de document,nature,"
        "transaction type,tipo,tipo documento,tipo de documento,belegart,kind",
    ),
    _target(
        "document_date",
        ValueType.DATE,
        _ITEMS,
        "bldat,document date,document create date,doc date,invoice date,issue date,date facture,"
        "date de facture,date piece,piecedate,date de piece,date document,date d emission,date emission,"
        "date,fecha,fecha factura,fecha de factura,fecha documento,fecha emision,fecha de emision,"
        "belegdatum,rechnungsdatum,creation date,transaction date,billing date,date de facturation,"
        "date facturation",
    ),
    _target(
        "posting_date",
        ValueType.DATE,
        _ITEMS,
        "budat,posting date,date comptable,date de comptabilisation,date comptabilisation,date ecriture,"
        "ecrituredate,accounting date,gl date,fecha contable,fecha de contabilizacion,buchungsdatum,"
        "entry date",
    ),
    _target(
        "due_date",
        ValueType.DATE,
        _ITEMS,
        "due date,due in date,net due date,date echeance,date d echeance,echeance,date d exigibilite,faedt,"
        "netdt,payment due date,vencimiento,fecha vencimiento,fecha de vencimiento,falligkeit,"
        "falligkeitsdatum,netto falligkeit,due,due on,maturity date",
    ),
    _target(
        "baseline_date",
        ValueType.DATE,
        _ITEMS,
        "zfbdt,baseline create date,baseline date,baseline payment date,basisdatum,zahlungsfristenbasis",
    ),
    _target(
        "cleared_date",
        ValueType.DATE,
        _ITEMS,
        "augdt,clear date,clearing date,cleared on,settled date,date settled,date de reglement,"
        "date reglement,date de lettrage,date lettrage,date de rapprochement,paid date,date paid,"
        "payment date,date de paiement,date paiement,fecha de pago,fecha pago,fecha compensacion,"
        "ausgleichsdatum,datelet",
    ),
    _target(
        "amount_open",
        ValueType.AMOUNT,
        _ITEMS,
        "total open amount,open amount,amount open,outstanding,outstanding amount,open balance,balance due,"
        "amount due,remaining amount,residual,amount residual,solde,solde du,solde restant,"
        "solde restant du,reste a payer,restant du,reste du,montant du,montant restant du,montant ouvert,"
        "saldo,saldo pendiente,importe pendiente,pendiente,offener betrag,offen,restbetrag,open advance,"
        "remaining,balance,unpaid amount,impaye",
    ),
    _target(
        "amount",
        ValueType.AMOUNT,
        _ITEMS,
        "wrbtr,amount,invoice amount,amount in doc curr,amount in document currency,document amount,"
        "total amount,total,montant,montant ttc,montant facture,montant factture,montant total,total ttc,"
        "ttc,montant en devise,montantdevise,montant devise,importe,importe total,importe factura,"
        "total factura,monto,betrag,rechnungsbetrag,bruttobetrag,gross amount,montant paye,amount paid,"
        "value",
    ),
    _target("debit", ValueType.AMOUNT, _ITEMS, "debit,debits,debit amount,montant debit,debe,soll,sollbetrag,dr,cargo"),
    _target("credit", ValueType.AMOUNT, _ITEMS, "credit,credits,credit amount,montant credit,haber,haben,cr,abono"),
    _target(
        "side",
        ValueType.SIDE,
        _ITEMS,
        "shkzg,sens,d c,dc,debit credit,debit credit ind,debit credit indicator,dr cr,debe haber,d h,s h,"
        "soll haben,soll haben kennzeichen,bschl,posting key,cle de comptabilisation,buchungsschlussel,"
        "sign,signe,signo",
    ),
    _target(
        "amount_company",
        ValueType.AMOUNT,
        _ITEMS,
        "dmbtr,amount in local currency,local amount,amount in lc,amount lc,company currency amount,"
        "amount eur,montant eur,montant en euros,montant devise societe,montant monnaie de tenue,"
        "importe moneda local,hauswahrungsbetrag,betrag hauswahrung,base amount,contre valeur",
    ),
    _target(
        "currency",
        ValueType.CURRENCY,
        _ITEMS | _CUSTOMERS,
        "waers,invoice currency,currency,currency code,document currency,doc currency,devise,code devise,"
        "monnaie,idevise,moneda,divisa,wahrung,ccy,curr",
    ),
    _target(
        "receivable_account",
        ValueType.IDENTIFIER,
        _ITEMS,
        "hkont,gl account,g l account,reconciliation account,comptenum,compte general,compte collectif,"
        "compte comptable,general ledger account,cuenta contable,cuenta,abstimmkonto,sachkonto,"
        "receivable account,control account",
    ),
    _target(
        "label",
        ValueType.TEXT,
        _ITEMS,
        "sgtxt,text,label,description,libelle,libelle ecriture,ecriturelib,designation,item text,concepto,"
        "descripcion,buchungstext,positionstext,memo,narrative,comment,commentaire,details",
    ),
    _target("journal_code", ValueType.IDENTIFIER, _ITEMS, "journal,journal code,code journal,journalcode,jnl,diario"),
    _target(
        "entry_number",
        ValueType.IDENTIFIER,
        _ITEMS,
        "ecriturenum,n ecriture,numero ecriture,entry number,entry no,journal entry,asiento,numero asiento,entry",
    ),
    _target(
        "letter_code",
        ValueType.IDENTIFIER,
        _ITEMS,
        "augbl,lettrage,lettre,code lettrage,ecriturelet,clearing document,clearing doc,clearing number,"
        "matching number,reconcile ref,letter code,compensacion,ausgleichsbeleg",
    ),
    _target(
        "reference",
        ValueType.IDENTIFIER,
        _ITEMS,
        "xblnr,reference,ref,reference number,your reference,customer reference,purchase order,po number,"
        "po,po no,bon de commande,n commande,no commande,numero de commande,commande,pedido,numero pedido,"
        "referencia,referenz,bestellnummer,zuonr,assignment,votre reference,order number",
    ),
    _target(
        "terms_code",
        ValueType.IDENTIFIER,
        _ITEMS | _CUSTOMERS,
        "zterm,cust payment terms,payment terms,terms,payment term,terms of payment,conditions de paiement,"
        "condition de paiement,conditions reglement,condition de reglement,conditions de reglement,"
        "delai de paiement,code reglement,condiciones de pago,condicion de pago,forma y plazo de pago,"
        "zahlungsbedingung,zahlungsbedingungen,zahlungsziel",
    ),
    _target(
        "external_id",
        ValueType.IDENTIFIER,
        _ITEMS,
        "external id,unique id,uuid,guid,record id,row id,id ligne,identifiant unique,id unico,id",
    ),
    _target(
        "parent_number",
        ValueType.IDENTIFIER,
        _CUSTOMERS,
        "parent,parent number,parent customer,parent id,group,group number,groupe,code groupe,"
        "compte groupe,maison mere,client parent,client payeur,matriz,grupo,konzern,muttergesellschaft,"
        "konzs,headquarters,knkli",
    ),
    _target(
        "siren",
        ValueType.IDENTIFIER,
        _CUSTOMERS,
        "siren,siret,n siren,n siret,no siren,no siret,numero siren,numero siret,siren siret,stcd1,"
        "registration number,company registration,cif,handelsregister",
    ),
    _target(
        "vat_number",
        ValueType.IDENTIFIER,
        _CUSTOMERS,
        "stceg,vat,vat number,vat no,vat id,tax id,tax number,tva,n tva,no tva,numero tva,"
        "tva intracommunautaire,n tva intracommunautaire,numero de tva,identifiant tva,nif,nif iva,ust id,"
        "ust idnr,ust id nr,umsatzsteuer id",
    ),
    _target(
        "street",
        ValueType.TEXT,
        _CUSTOMERS,
        "stras,street,address,address 1,address line 1,adresse,adresse 1,rue,direccion,calle,domicilio,"
        "strasse,anschrift,billing address,adresse de facturation",
    ),
    _target(
        "postcode",
        ValueType.IDENTIFIER,
        _CUSTOMERS,
        "pstlz,postcode,post code,postal code,zip,zip code,code postal,cp,codigo postal,plz,postleitzahl",
    ),
    _target(
        "city",
        ValueType.TEXT,
        _CUSTOMERS,
        "ort01,city,town,ville,commune,localite,ciudad,poblacion,localidad,ort,stadt",
    ),
    _target(
        "country_code",
        ValueType.COUNTRY,
        _CUSTOMERS,
        "land1,country,country code,pays,code pays,pais,codigo pais,land,landercode",
    ),
    _target(
        "language_code",
        ValueType.LANGUAGE,
        _PARTIES,
        "spras,language,language code,langue,code langue,idioma,sprache,lang,locale",
    ),
    _target(
        "payment_method",
        ValueType.TEXT,
        _CUSTOMERS,
        "zwels,zlsch,payment method,method of payment,mode de paiement,mode de reglement,mode reglement,"
        "moyen de paiement,forma de pago,metodo de pago,zahlungsart,zahlweg",
    ),
    _target(
        "collector",
        ValueType.TEXT,
        _CUSTOMERS,
        "busab,collector,credit controller,charge de recouvrement,gestionnaire,recouvreur,"
        "responsable recouvrement,gestor de cobro,gestor,sachbearbeiter,account manager",
    ),
    _target(
        "credit_limit",
        ValueType.AMOUNT,
        _CUSTOMERS,
        "klimk,credit limit,limit,encours autorise,plafond,plafond de credit,plafond encours,"
        "limite de credit,limite credito,limite de credito,kreditlimit,kreditgrenze,encours maximum",
    ),
    _target(
        "is_strategic",
        ValueType.FLAG,
        _CUSTOMERS,
        "strategic,strategique,client strategique,estrategico,key account,grand compte,vip",
    ),
    _target(
        "iban",
        ValueType.IDENTIFIER,
        _CUSTOMERS,
        "iban,bank account,compte bancaire,cuenta bancaria,bankverbindung",
    ),
    _target(
        "contact_name",
        ValueType.TEXT,
        _CONTACTS,
        "contact,contact name,contact person,nom contact,nom du contact,interlocuteur,persona de contacto,"
        "contacto,nombre contacto,ansprechpartner,full name,nom complet",
    ),
    _target(
        "contact_first_name",
        ValueType.TEXT,
        _CONTACTS,
        "first name,firstname,prenom,prenom contact,namev,vorname,given name,nombre de pila",
    ),
    _target(
        "contact_last_name",
        ValueType.TEXT,
        _CONTACTS,
        "last name,lastname,surname,nom de famille,apellido,apellidos,nachname,family name",
    ),
    _target(
        "role",
        ValueType.TEXT,
        _CONTACTS,
        "role,function,fonction,job title,title,titre,poste,service contact,cargo,funcion,funktion,pafkt,"
        "abteilung,type de contact,contact type",
    ),
    _target(
        "email",
        ValueType.EMAIL,
        _PARTIES,
        "smtp addr,email,e mail,mail,email address,e mail address,courriel,adresse email,adresse e mail,"
        "adresse mail,correo,correo electronico,mail adresse,email contact,e mail adresse",
    ),
    _target(
        "phone",
        ValueType.TEXT,
        _PARTIES,
        "telf1,phone,phone number,telephone,tel,n telephone,numero de telephone,telefono,telefon,tel fixe,fixe",
    ),
    _target(
        "mobile", ValueType.TEXT, _CONTACTS, "telf2,mobile,mobile phone,portable,tel portable,movil,handy,mobil,cell"
    ),
)

TARGETS_BY_NAME: Final[dict[str, TargetField]] = {target.name: target for target in TARGET_FIELDS}
