"""Headings as people and ERPs write them, by the field that each must be proposed for; `nothing` must stay open."""

from __future__ import annotations

FRENCH = """
account_number: N° tiers; N° client; Nº client; № client; Code client; Numéro de client; No. Client; Num client;
    Compte tiers; Compte auxiliaire; Réf. tiers; Identifiant client; code_client; Codes clients
customer_name: Nom du tiers; Nom du client; Raison sociale; Intitulé du tiers; Intitulé client; Dénomination
    sociale; Libellé du compte auxiliaire; Nom client
document_number: Réf. document; N° facture; N° de la facture; Numéro de pièce; N° pièce comptable; Réf. pièce; Réf.
    facture; Facture n°; Num. facture; N° document; Nº facture client; Numéros de factures
document_date: Date pièce; Date de facture; Date d'émission; Émis le; Émise le; Facturé le; Date du document; Date
    de facturation; Dt facture
posting_date: Date comptable; Date de comptabilisation; Date d'écriture; Comptabilisé le; Date d'imputation
due_date: À payer le; Échéance; Date d'échéance; Date échéance facture; Exigible le; À régler avant le; Date limite
    de paiement; Date éch.; Échéances
cleared_date: Payé le; Réglée le; Date de règlement; Date de lettrage; Soldé le
amount: Montant TTC; Total TTC; Montant facture; Montant total TTC; Mt TTC; Montant TTC (EUR); Montant initial;
    Montant de la pièce
amount_open: Reste dû; Reste à payer; Solde; Solde dû; Montant restant dû; Restant dû (€); Solde facture; Impayé;
    Montant dû; Montant ouvert
debit: Débit; Montant débit
credit: Crédit; Montant crédit
side: Sens; D/C
currency: Devise; Code devise; Monnaie; Devise de la facture
kind: Type de pièce; Type de document; Nature de pièce
label: Libellé; Libellé écriture; Désignation; Commentaire
reference: Bon de commande; N° commande; Votre référence; N° de commande client
terms_code: Conditions de paiement; Condition de règlement; Délai de paiement
letter_code: Lettrage; Code lettrage
journal_code: Journal; Code journal
company_code: Code société; Établissement
department_code: Centre de profit; Service; Code agence
instalment: N° échéance; N° ligne
nothing: Montant HT; Total HT; Montant TVA; Remise; Taux de TVA; Adresse e-mail du vendeur; Nombre de relances;
    Jours de retard; Statut de la facture; Commercial; Date de relance; Date de livraison; Type de client; Quantité;
    Montant payé; Frais de port; Montant de l'escompte; Client depuis le; Catégorie
"""
ENGLISH = """
account_number: Customer No.; Customer #; Customer number; Customer ID; Customer code; Client code; Account number;
    Debtor no; Cust. no.; customer_id; CustomerNumber; Sold-to party no.; Bill-to Customer No.
customer_name: Customer name; Company name; Client name; Debtor name; Business name; Account name; Bill-to name;
    name_customer
document_number: Invoice #; Invoice no.; Invoice number; InvoiceNumber; Document number; Doc. no.; Transaction no.;
    Inv. No.; invoice_id; Credit note no.; Numbers of invoices
document_date: Invoice date; Document date; Issue date; Issued on; Date of issue; Billing date; Transaction date;
    InvoiceDate; Bill date
posting_date: Posting date; GL date; Accounting date; Posted on
due_date: Due date; Due on; Due by; Net due date; DueDate; Payment due date; Maturity date; Pay by
cleared_date: Paid on; Paid date; Clearing date; Payment date; Settled date
amount: Amount; Invoice amount; Gross amount; Total amount; Amount incl. VAT; Original amount; Invoice total; Amount
    (USD); Total (EUR)
amount_open: Open amount; Amount due; Balance due; Outstanding; Outstanding balance (GBP); Remaining amount; Open
    balance; Unpaid amount; Amount outstanding
debit: Debit; Debit amount
credit: Credit; Credit amount
side: Debit/credit; D/C; Dr/Cr
currency: Currency; Currency code; Invoice currency; CCY
kind: Document type; Transaction type; Doc. type; Invoice type
label: Description; Memo; Item text
reference: PO number; Purchase order; Your reference; Customer PO; P.O. no.
terms_code: Payment terms; Terms; Payment term
company_code: Company code; Legal entity; Business unit
department_code: Department; Profit center; Division
fiscal_year: Fiscal year
instalment: Line item; Instalment
nothing: Net amount excl. VAT; Net amount; VAT amount; Discount; Days overdue; Status; Sales rep; Ship date;
    Reminder date; Customer type; Quantity; Amount paid; Shipping; Customer since; Tax; Bucket; Created by; Dunning
    level; Invoice status
"""
SPANISH = """
account_number: Nº cliente; N.º de cliente; Código cliente; Cód. cliente; Número de cliente; Código de cliente; Id.
    cliente; Cuenta cliente; Código deudor; Nro. cliente; codigo_cliente
customer_name: Nombre del cliente; Razón social; Nombre cliente; Denominación social; Nombre fiscal; Nombre
    comercial; Razón social del cliente
document_number: Nº factura; N.º de factura; Número de factura; Núm. factura; Nº documento; Número de documento;
    Ref. factura; Nº fra.; Factura nº; Números de facturas; Nº comprobante
document_date: Fecha factura; Fecha de factura; Fecha de emisión; Fecha emisión; Fecha de expedición; Fecha
    documento; F. emisión; Emitida el; Fecha
posting_date: Fecha contable; Fecha de contabilización; Fecha de registro; F. contable
due_date: Vencimiento; Fecha de vencimiento; Fecha vencimiento; F. vencimiento; Fecha vto.; Vence el; Vto.; A pagar el
cleared_date: Fecha de pago; Fecha de cobro; Pagada el; Fecha de compensación
amount: Importe; Importe total; Importe factura; Importe con IVA; Total factura; Monto total; Importe total (EUR);
    Importe original; Importe de la factura
amount_open: Saldo pendiente; Importe pendiente; Pendiente; Pendiente de cobro; Saldo; Saldo vivo; Importe adeudado;
    Saldo pendiente (EUR)
debit: Debe; Importe debe
credit: Haber; Importe haber
side: Debe/Haber; D/H; Signo
currency: Moneda; Divisa; Código moneda; Moneda del documento
kind: Tipo de documento; Tipo documento; Clase de documento
label: Concepto; Descripción; Texto
reference: Pedido; Nº pedido; Su referencia; Referencia
terms_code: Condiciones de pago; Condición de pago; Plazo de pago
company_code: Sociedad; Código sociedad; Empresa
department_code: Departamento; Centro de beneficio; Delegación
fiscal_year: Ejercicio
instalment: Nº vencimiento; Plazo
nothing: Base imponible; Importe sin IVA; Cuota IVA; Descuento; Días de retraso; Estado; Comercial; Fecha de
    entrega; Tipo de cliente; Cantidad; Importe pagado; Gastos de envío; Portes; Fecha reclamación; Vendedor
"""
SAP = """
account_number: KUNNR; Debitor; Kundennr.; Debitorennummer; Customer; Customer Account
customer_name: NAME1; Name 1; Name des Kunden; Debitorenname
company_code: BUKRS; Buchungskreis; Company Code; CoCd
document_number: BELNR; Belegnummer; Belegnr; Document Number; DocumentNo; VBELN; Billing document; Rechnungsnummer
fiscal_year: GJAHR; Geschäftsjahr; Fiscal Year
instalment: BUZEI; Buchungszeile; Line item; Position
kind: BLART; Belegart; Document Type; Doc. Type
document_date: BLDAT; Belegdatum; Document Date; Doc. Date
posting_date: BUDAT; Buchungsdatum; Posting Date; Pstng Date
due_date: NETDT; FAEDT; Nettofälligkeit; Net due date; Fälligkeitsdatum; Netto-Fälligkeit
baseline_date: ZFBDT; Basisdatum; Baseline Payment Date; Zahlungsfristenbasis
cleared_date: AUGDT; Ausgleichsdatum; Clearing date; Clrng date
letter_code: AUGBL; Ausgleichsbeleg; Clearing Document; Clrng doc.
amount: WRBTR; Betrag in Belegwährung; Amount in doc. curr.; Amount in document currency
amount_company: DMBTR; Betrag in Hauswährung; Amount in local currency; Amount in LC
side: SHKZG; Soll/Haben-Kennzeichen; BSCHL; Buchungsschlüssel; Posting Key; Debit/Credit Ind.
currency: WAERS; Währung; Document currency; Belegwährung; Curr.
receivable_account: HKONT; Sachkonto; Abstimmkonto; G/L Account; Hauptbuchkonto
label: SGTXT; Buchungstext; Positionstext; Text
reference: XBLNR; Referenz; Reference; ZUONR; Zuordnung; Assignment
terms_code: ZTERM; Zahlungsbedingung; Terms of Payment; Payt Terms
department_code: PRCTR; GSBER; Profit Center; Geschäftsbereich
nothing: MANSP; Mahnstufe; MABER; Mahnsperre; MWSKZ; Steuerbetrag; Arrears after net due date; Skonto; USNAM; CPUDT;
    SKFBT
"""
SAGE = """
account_number: CT_Num; N° compte tiers; DO_Tiers; BPR; BPCNUM; BPCINV; Compte tiers
customer_name: CT_Intitule; Intitulé du tiers; BPRNAM; BPCNAM; Intitulé tiers
document_number: EC_Piece; EC_RefPiece; DO_Piece; N° pièce; Numéro pièce; ACCNUM
document_date: DO_Date; INVDAT; Date pièce
posting_date: EC_Date; ACCDAT; Date écriture
due_date: EC_Echeance; DUDDAT; Date échéance
amount: EC_Montant; AMTCUR
amount_company: AMTLOC; Montant tenue de compte
side: EC_Sens; SNS; Sens
receivable_account: CG_Num; N° compte général; Compte collectif; SAC
label: EC_Intitule; Libellé écriture
journal_code: JO_Num; Code journal
letter_code: EC_Lettrage; EC_Lettre; Lettrage
currency: CUR; Devise
company_code: FCY; CPY; Site
reference: EC_Reference; Référence
terms_code: PTE
nothing: EC_Pointage; DO_Valide; CREUSR; cbCreateur; DO_TotalHT; EC_Parite
"""
CEGID_EBP = """
account_number: E_AUXILIAIRE; T_AUXILIAIRE; Auxiliaire; Code tiers; Code auxiliaire; Code (tiers)
customer_name: T_LIBELLE; Nom du client; Nom du tiers; Libellé auxiliaire
document_number: E_NUMEROPIECE; E_REFINTERNE; N° document; Numéro du document; N° de pièce; Document - Numéro
document_date: Date du document; E_DATEPIECE; Document - Date
posting_date: E_DATECOMPTABLE; Date comptable
due_date: E_DATEECHEANCE; Date d'échéance; Échéance - Date
debit: E_DEBIT; Débit
credit: E_CREDIT; Crédit
amount: Montant TTC; Montant total TTC; Montant échéance
amount_open: Solde dû; Reste à payer; Montant à régler
currency: E_DEVISE; Devise
receivable_account: E_GENERAL; Compte général
journal_code: E_JOURNAL
letter_code: E_LETTRAGE
label: E_LIBELLE; Libellé
company_code: E_ETABLISSEMENT; Code dossier
kind: E_NATUREPIECE; Type de document
nothing: E_QUALIFPIECE; E_ETAT; Commercial/Collaborateur; Montant HT; Montant TVA; Acompte; Avancement
"""
ODOO = """
account_number: Partner/ID; partner_id; Partner ID
customer_name: Invoice Partner Display Name; partner_name; Nom du partenaire affiché
document_number: Invoice number; Numéro de facture; Name/Invoice
document_date: invoice_date; Invoice/Bill Date; Date de facturation
due_date: invoice_date_due; Due Date; Date d'échéance
amount: amount_total; amount_total_signed; Total; amount_currency
amount_open: amount_residual; Amount Due; Montant dû; Residual amount; amount_residual_currency
currency: currency_id; Currency; Devise
kind: move_type; Type
terms_code: invoice_payment_term_id; Payment Terms; Conditions de paiement
reference: payment_reference; invoice_origin; Reference; Communication
journal_code: journal_id; Journal
letter_code: Matching Number; Matching; Full reconcile
debit: debit; Débit
credit: credit; Crédit
label: Label; Libellé
posting_date: Accounting Date; Date comptable
nothing: amount_untaxed; Tax; state; Payment Status; invoice_user_id; Untaxed Amount; Next Activity; Salesperson
"""
DYNAMICS = """
account_number: Customer No.; Sell-to Customer No.; Bill-to Customer No.; N° client; Nº cliente; Debitorennr.;
    Customer account; Invoice account
customer_name: Customer Name; Bill-to Name; Sell-to Customer Name; Nom client
kind: Document Type; Type document; Tipo documento; Belegart
document_number: Document No.; N° document; Nº documento; Belegnr.; Voucher; Invoice
posting_date: Posting Date; Date comptabilisation; Fecha registro; Buchungsdatum
document_date: Document Date; Date document; Transaction date
due_date: Due Date; Date d'échéance; Fecha vencimiento; Fälligkeitsdatum
amount: Original Amount; Amount; Montant initial; Importe inicial; Amount in transaction currency
amount_company: Amount (LCY); Original Amount (LCY); Montant DS; Amount in accounting currency
amount_open: Remaining Amount; Montant ouvert; Importe pendiente; Amount not settled; Remaining Amt.
currency: Currency Code; Code devise; Cód. divisa; Currency
reference: External Document No.; N° doc. externe; Customer reference
entry_number: Entry No.; N° séquence
label: Description; Désignation; Descripción
department_code: Global Dimension 1 Code; Shortcut Dimension 1 Code
cleared_date: Closed at Date
nothing: Open; On Hold; Pmt. Disc. Date; Customer Posting Group; Salesperson Code; User ID; Applies-to ID; Original
    Pmt. Disc. Possible
"""
ORACLE_NETSUITE_QUICKBOOKS = """
account_number: CUSTOMER_NUMBER; ACCOUNT_NUMBER; BILL_TO_CUSTOMER_NUMBER; PARTY_NUMBER; Customer ID; Customer : ID;
    Entity ID
customer_name: CUSTOMER_NAME; PARTY_NAME; BILL_TO_CUSTOMER_NAME; Customer full name; Entity name; Company Name
document_number: TRX_NUMBER; TRANSACTION_NUMBER; INVOICE_NUM; Document Number; Transaction Number; Doc No; Invoice
    No; Tran ID
document_date: TRX_DATE; INVOICE_DATE; Date; Transaction date; Invoice Date; Txn Date
posting_date: GL_DATE; ACCOUNTING_DATE
due_date: DUE_DATE; Due date; TERMS_DUE_DATE; Date Due
amount: AMOUNT_DUE_ORIGINAL; INVOICE_AMOUNT; Amount (Foreign Currency); Amount; Total Amount
amount_open: AMOUNT_DUE_REMAINING; Amount Remaining; Open balance; Amount Due; Foreign Amount Remaining; Balance
amount_company: ACCTD AMOUNT; FUNCTIONAL_AMOUNT; Home amount
currency: INVOICE_CURRENCY_CODE; CURRENCY_CODE; Currency; Transaction Currency
kind: TRX_CLASS; CLASS; Transaction Type; TRX_TYPE; Type
terms_code: TERM_CODE; Terms; PAYMENT_TERMS; TERMS
reference: PURCHASE_ORDER; PO Number; Customer PO; PO/Check Number; P.O. Number
external_id: CUSTOMER_TRX_ID; Internal ID; PAYMENT_SCHEDULE_ID
company_code: Subsidiary; ORG_ID; OPERATING_UNIT; LEGAL_ENTITY
label: Memo; Memo/Description; DESCRIPTION
department_code: Department; Class/Department
instalment: TERMS_SEQUENCE_NUMBER; Installment
nothing: AMOUNT_APPLIED; AMOUNT_ADJUSTED; TAX_ORIGINAL; FREIGHT_ORIGINAL; STATUS; Days Overdue; Aging; Created By;
    Sales Rep; Split; Clr; DISCOUNT_TAKEN_EARNED
"""
CUSTOMERS = """
account_number: N° client; Code client; Code; Numéro; No.; Customer No.; Código; KUNNR; CT_Num; Account number; N°
    tiers
customer_name: Raison sociale; Nom; Name; Nombre; NAME1; CT_Intitule; Intitulé; Razón social; Nom du client; Display
    name
street: Adresse; Adresse 1; Street; Address line 1; Dirección; STRAS; Adresse de facturation; Rue; CT_Adresse;
    Adresse du client
postcode: Code postal; CP; Postcode; Zip code; Código postal; PSTLZ; PLZ; CT_CodePostal
city: Ville; City; Ciudad; Población; ORT01; CT_Ville; Ville du client
country_code: Pays; Country; País; LAND1; Country/Region Code; Code pays
siren: SIREN; SIRET; N° SIRET; CIF; Registration number; CT_Siret
vat_number: N° TVA; TVA intracommunautaire; N° TVA intracommunautaire; VAT number; VAT Registration No.; NIF; STCEG;
    USt-IdNr.; Tax ID; N° de TVA intra
terms_code: Conditions de paiement; Payment terms; Condiciones de pago; ZTERM; Payment Terms Code
payment_method: Mode de règlement; Mode de paiement; Payment method; Forma de pago; ZWELS; Payment Method Code
credit_limit: Encours autorisé; Plafond; Credit limit; Límite de crédito; KLIMK; Plafond d'encours; Credit Limit
    (LCY); CT_Encours
discount_pct: Taux d'escompte; Escompte; Cash discount; Discount percentage; Descuento pronto pago; ZPRZ1
discount_days: Jours d'escompte; Délai d'escompte; Discount days; Días pronto pago; ZTAG1
language_code: Langue; Language; Idioma; SPRAS; Language Code
iban: IBAN; Compte bancaire; IBAN du client; Cuenta bancaria
virtual_iban: IBAN virtuel; Virtual IBAN; IBAN virtual; Compte virtuel; Cuenta virtual; Virtual account
email: E-mail; Adresse e-mail; Email; Correo electrónico; Courriel; Mail; E-mail facturation
phone: Téléphone; Tél.; Phone; Teléfono; TELF1; N° de téléphone; Main phone
collector: Chargé de recouvrement; Collector; Gestor de cobro; Credit controller
parent_number: Maison mère; Groupe; Parent customer; Cliente matriz; KONZS; Client payeur
is_strategic: Client stratégique; Key account; Grand compte; Cliente estratégico
nothing: Chiffre d'affaires; Turnover; Créé le; Fax; Site web; Website; Latitude; Remise; Représentant; Salesperson
    Code; Blocked; Effectif; Nb commandes
"""
CONTACTS = """
account_number: N° client; Code client; Customer No.; Código cliente; Kundennummer
customer_name: Société; Raison sociale; Company name; Razón social
contact_name: Contact; Nom du contact; Interlocuteur; Contact name; Persona de contacto; Ansprechpartner; Nom
    complet; Nom et prénom; Full name; Nombre completo
contact_first_name: Prénom; First name; Vorname; Nombre de pila; Prénom du contact
contact_last_name: Nom de famille; Last name; Surname; Apellidos; Nachname
role: Fonction; Rôle; Job title; Cargo; Puesto; Funktion; Function
email: E-mail; Adresse mail; Email address; Correo electrónico; Courriel; Adresse électronique; E-Mail-Adresse
phone: Téléphone; Tél. fixe; Phone; Teléfono; Telefon; Ligne directe
mobile: Portable; Mobile; Móvil; Handy; Tél. portable; Mobile phone; GSM
language_code: Langue; Language; Idioma
nothing: Civilité; Date de naissance; Fax; LinkedIn; Newsletter; Anniversaire
"""
