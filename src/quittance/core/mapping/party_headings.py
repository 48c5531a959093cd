"""The headings by which files name customers, their accounts and their contacts; the surest first, commas between.

The same sources and the same folding as `item_headings`. `PARTY_FILE_HEADINGS` are too plain to be believed in a file
of invoices: they count in files of customers and contacts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PARTY_HEADINGS: Final[Mapping[str, str]] = {
    "account_number": (
        "kunnr,customer n,customer id,customer code,customer account,customer account n,customer,"
        "account number,account id,client id,client n,client code,code client,n client,id client,"
        "n compte client,compte client,compte tiers,n compte tiers,n tiers,tiers n,code tiers,ref tiers,"
        "id tiers,identifiant tiers,compte auxiliaire,n compte auxiliaire,code auxiliaire,auxiliaire,"
        "compauxnum,tiers,client,reference client,ref client,matricule client,client facture,"
        "client facture n,code client facture,client payeur n,n client payeur,cliente,codigo cliente,"
        "cliente n,n cliente,id cliente,cuenta cliente,n cuenta cliente,cuenta auxiliar,codigo tercero,"
        "tercero,codigo deudor,deudor,n deudor,debitor,debitornummer,debitorennummer,debitoren nr,debitor nr,"
        "debitorenkonto,kundennummer,kunden nr,kundennr,kunde,kundenkonto,debtor,debtor n,debtor code,"
        "debtor id,debtor account,debiteur,n debiteur,compte debiteur,code debiteur,donneur ordre n,sold to,"
        "sold to party,sold to n,sold to party n,payer,payer n,bill to,bill to customer,bill to customer n,"
        "bill to n,sell to customer n,invoice account,partner id,partner,partner code,partner n,"
        "business partner,business partner n,business partner id,entity id,custaccount,party number,party n,"
        "rac,ct num,do tiers,e auxiliaire,t auxiliaire,bpcnum,bpr,bpcinv,bpcord,account no,compte,account,"
        "cuenta,konto,n compte,tercero n,cod cli,interlocutor comercial,partenaire"
    ),
    "customer_name": (
        "name customer,customer name,customer full name,raison sociale,raison sociale client,company name,"
        "company,societe,name 1,name1,client name,client nom,nom client,nom client facture,"
        "nom complet client,nom tiers,nom debiteur,nom auxiliaire,intitule tiers,intitule client,"
        "intitule compte,intitule compte tiers,intitule auxiliaire,libelle client,libelle tiers,"
        "libelle compte,libelle compte auxiliaire,libelle auxiliaire,compauxlib,denomination,"
        "denomination sociale,client,tiers,customer,cliente,kunde,debitor,debtor,tercero,deudor,debiteur,"
        "razon social,razon social cliente,nombre cliente,nombre tercero,nombre deudor,nombre comercial,"
        "nombre fiscal,denominacion,denominacion social,kundenname,name kunde,kunden name,name debitor,"
        "debitorenname,firma,firmenname,partner,partner name,partner display name,nom partenaire affiche,"
        "nom partenaire,invoice partner display name,debtor name,account name,business name,legal name,"
        "trading name,bill to customer name,bill to name,sell to customer name,sold to name,payer name,"
        "name payer,party name,entity name,ct intitule,t libelle,bpcnam,bprnam,custname,"
        "business partner name,sold to party name,nom payeur,raison sociale facturation,enseigne,"
        "customer company name,bill to,sold to,payer"
    ),
    "company_code": (
        "bukrs,co cd,business code,company code,company id,code societe,societe code,code entite,"
        "code etablissement,code dossier,dossier,etablissement,entity,legal entity,entite,entite juridique,"
        "sociedad,codigo sociedad,codigo empresa,empresa,buchungskreis,business unit,subsidiary,filiale,"
        "societe,company,fcy,cpy,e etablissement,operating unit,org id,data area id,sociedad co,site"
    ),
    "department_code": (
        "department,department code,departement comptable,code departement,code service,service,division,"
        "gsber,area business,business area,branche,activite,code activite,centre profit,prctr,profit center,"
        "centro beneficio,departamento,codigo departamento,geschaftsbereich,abteilung,agence,code agence,"
        "section analytique,delegacion,sales org,sales organization,organisation commerciale,vkorg,"
        "global dimension 1 code,shortcut dimension 1 code,department id,cost center,cost centre,"
        "domaine activite,class department"
    ),
    "currency": (
        "waers,invoice currency,currency,currency code,currency id,document currency,invoice currency code,"
        "devise,code devise,devise document,devise piece,devise facture,monnaie,code monnaie,idevise,moneda,"
        "codigo moneda,moneda documento,divisa,codigo divisa,wahrung,wahrungscode,belegwahrung,"
        "wahrungsschlussel,ccy,curr,cur,e devise,transaction currency,isocode,n devise,foreign currency,"
        "currency name,currency iso code"
    ),
    "terms_code": (
        "zterm,cust payment terms,payment term,payment terms code,payment term code,term,term code,"
        "invoice payment term,invoice payment term id,payt term,property payment term,terms of payment,"
        "condition paiement,code condition paiement,condition reglement,code condition reglement,"
        "mode echeance,delai paiement,delai reglement,code reglement,modalite paiement,modalite reglement,"
        "condiciones pago,condicion pago,codigo condicion pago,forma plazo pago,forma y plazo pago,"
        "plazo pago,vencimientos pactados,zahlungsbedingung,zahlungsbedingungen,zahlungsziel,pte,sales terms,"
        "net terms"
    ),
    "parent_number": (
        "parent,parent n,parent customer,parent customer n,parent id,parent code,parent company,group,"
        "group n,group code,groupe,code groupe,n groupe,compte groupe,maison mere,code maison mere,"
        "client parent,client payeur,tiers payeur,code payeur,centrale,compte centralisateur,matriz,grupo,"
        "codigo grupo,cliente matriz,empresa matriz,konzern,muttergesellschaft,konzs,headquarter,knkli,"
        "parent customer internal id,bpcgru,ct numpayeur"
    ),
    "siren": (
        "siren,siret,n siren,n siret,code siret,code siren,siren siret,stcd1,registration n,"
        "company registration,company registration n,company registry,registre commerce,rcs,cif,cif nif,"
        "nif cif,handelsregister,handelsregister nr,ct siret,crn,company n,t siret,identifiant legal"
    ),
    "vat_number": (
        "stceg,vat,vat n,vat id,vat registration n,vat reg n,vat reg number,tax id,tax n,tax registration n,"
        "tva,n tva,tva intracommunautaire,n tva intracommunautaire,n intracommunautaire,tva intra,"
        "n tva intra,identifiant tva,id tva,nif,nif iva,n iva,iva intracomunitario,nif intracomunitario,"
        "ust id,ust idnr,ust id nr,umsatzsteuer id,steuernummer,ct identifiant,eecnum,"
        "numero identificacion fiscal,rfc,t nif"
    ),
    "street": (
        "stras,street,street 1,street address,address,address 1,address line 1,adresse,adresse 1,"
        "adresse ligne 1,ligne adresse 1,rue,voie,n et rue,direccion,direccion 1,direccion fiscal,calle,"
        "domicilio,domicilio fiscal,strasse,strasse hausnummer,anschrift,billing address,billing street,"
        "billing address line 1,adresse facturation,direccion facturacion,ct adresse,bill to address,"
        "t adresse1,address1,adresse1"
    ),
    "postcode": (
        "pstlz,postcode,post code,postal code,zip,zip code,zip postal code,code postal,cp,codigo postal,c p,"
        "plz,postleitzahl,ct codepostal,ct code postal,billing zip,billing postal code,code poste,"
        "t codepostal,poscod"
    ),
    "city": (
        "ort01,city,town,ville,commune,localite,ciudad,poblacion,localidad,municipio,ort,stadt,wohnort,"
        "ct ville,billing city,t ville,cty"
    ),
    "country_code": (
        "land1,country,country code,country region code,country id,country name,pays,code pays,nom pays,pais,"
        "codigo pais,land,landercode,landercodes,landerschlussel,ct pays,billing country,t pays,cry,"
        "country iso code"
    ),
    "language_code": (
        "spras,language,language code,langue,code langue,langue correspondance,idioma,codigo idioma,sprache,"
        "sprachschlussel,sprachcode,lang,locale,preferred language,t langue,lan"
    ),
    "payment_method": (
        "zwels,zlsch,payment method,payment method code,method payment,mode paiement,mode reglement,"
        "code mode reglement,moyen paiement,moyen reglement,forma pago,metodo pago,medio pago,via pago,"
        "tipo pago,zahlungsart,zahlweg,zahlungsmethode,e modepaie,preferred payment method,pam,"
        "instrument paiement"
    ),
    "collector": (
        "busab,collector,collector name,credit controller,charge recouvrement,chargee recouvrement,"
        "gestionnaire,gestionnaire recouvrement,gestionnaire credit,recouvreur,responsable recouvrement,"
        "agent recouvrement,gestor cobro,gestor cobros,responsable cobros,gestor,sachbearbeiter,"
        "sachbearbeiter buchhaltung,account manager,accounting clerk,collection agent,agent collecteur,"
        "credit analyst"
    ),
    "credit_limit": (
        "klimk,credit limit,credit limit lcy,credit limit amount,credit line,limit,encours autorise,"
        "encours maximum,encours maxi,encours max,encours autorise ttc,plafond,plafond credit,"
        "plafond encours,plafond autorise,limite credit,montant plafond,limite credito,limite de riesgo,"
        "limite riesgo,riesgo maximo,riesgo autorizado,riesgo concedido,credito maximo,credito concedido,"
        "kreditlimit,kreditgrenze,kreditlinie,ct encours,ostauz"
    ),
    "discount_pct": (
        "taux escompte,escompte,pourcentage escompte,escompte pour cent,discount percentage,cash discount,"
        "cash discount percentage,discount pct,payment discount,early payment discount,prompt payment discount,"
        "descuento pronto pago,porcentaje descuento pronto pago,dto pronto pago,skonto,skontosatz,zprz1"
    ),
    "discount_days": (
        "jours escompte,delai escompte,nombre jours escompte,discount days,cash discount days,"
        "payment discount days,dias descuento,dias pronto pago,dias descuento pronto pago,skontotage,ztag1"
    ),
    "is_strategic": (
        "strategic,strategic customer,strategique,client strategique,compte strategique,estrategico,"
        "cliente estrategico,key account,grand compte,compte cle,cuenta clave,gran cuenta,vip,grosskunde"
    ),
    "iban": (
        "iban,iban client,code iban,n iban,iban bic,bank account,bank account n,compte bancaire,"
        "n compte bancaire,cuenta bancaria,bankverbindung,rib,rib iban,bank iban,iban n"
    ),
    "virtual_iban": (
        "virtual iban,viban,v iban,virtual account,virtual account number,virtual bank account,iban to pay to,"
        "iban virtuel,compte virtuel,compte bancaire virtuel,iban virtuel client,iban a payer,iban de paiement,"
        "iban virtual,cuenta virtual,cuenta bancaria virtual,iban de pago,virtuelle iban,virtuelles konto"
    ),
    "contact_name": (
        "contact,contact name,contact person,contact full name,primary contact,main contact,nom contact,"
        "nom complet contact,nom prenom,nom et prenom,prenom nom,prenom et nom,contact principal,"
        "interlocuteur,nom interlocuteur,persona contacto,persona de contacto,contacto,nombre contacto,"
        "nombre completo,nombre y apellidos,ansprechpartner,kontakt,kontaktperson,full name,nom complet,"
        "attention,a attention,ct contact,attn,primary contact n"
    ),
    "contact_first_name": (
        "first name,firstname,contact first name,prenom,prenom contact,namev,vorname,given name,nombre pila,"
        "forename,nombre de pila,ct prenom"
    ),
    "contact_last_name": (
        "last name,lastname,contact last name,surname,nom famille,apellido,primer apellido,"
        "apellidos contacto,nachname,familienname,family name"
    ),
    "role": (
        "role,contact role,function,fonction,fonction contact,fonction occupee,job title,job position,job,"
        "title,titre,poste,poste occupe,service contact,cargo,puesto,funcion,rol,funktion,pafkt,abteilung,"
        "type contact,contact type,departement contact,position,departamento contacto,ct fonction"
    ),
    "email": (
        "smtp addr,email,e mail,mail,email address,e mail address,courriel,adresse courriel,adresse email,"
        "adresse e mail,adresse mail,adresse electronique,correo,correo electronico,direccion correo,"
        "direccion de correo electronico,direccion email,mail adresse,email contact,contact email,"
        "e mail adresse,main email,billing email,email facturation,email facturacion,ct email,invoice email,"
        "electronic mail,contact e mail,email comptabilite"
    ),
    "phone": (
        "telf1,phone,phone n,phone 1,main phone,telephone,telephone 1,telephone n,tel,tel 1,n telephone,"
        "n tel,telephone fixe,tel fixe,fixe,ligne directe,telefono,telefono 1,telefono fijo,n telefono,tfno,"
        "tlf,telefon,telefonnummer,rufnummer,ct telephone,work phone,business phone,office phone,"
        "contact phone,standard,t telephone"
    ),
    "mobile": (
        "telf2,mobile,mobile phone,mobile n,mobile phone n,portable,telephone portable,tel portable,"
        "telephone mobile,tel mobile,n portable,gsm,movil,telefono movil,n movil,celular,handy,handynummer,"
        "mobil,mobiltelefon,cell,cell phone,ct telportable"
    ),
}

PARTY_FILE_HEADINGS: Final[Mapping[str, str]] = {
    "account_number": "n,code,number,id,ref,reference,account,compte,codigo,nummer,internal id,external id,entity id",
    "customer_name": (
        "name,nom,nombre,intitule,libelle,designation,display name,nom commercial,bezeichnung,nom societe,"
        "nombre empresa"
    ),
}
