"""Who is who: our companies and departments, customers and their accounts, contacts, notes; and our own people."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField, CurrencyField, folded, folded_numbers

LANGUAGES = [("fr", "Français"), ("en", "English"), ("es", "Español")]


class Role(models.TextChoices):
    """What a person may do; permissions per role are one table in `foundation.permissions`."""

    COLLECTOR = "COLLECTOR", _("Collector")
    CREDIT_MANAGER = "CREDIT_MANAGER", _("Credit manager")
    CASH_CLERK = "CASH_CLERK", _("Cash application clerk")
    CFO = "CFO", _("CFO")
    ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")
    PORTAL = "PORTAL", _("Customer (portal)")


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        fields.setdefault("roles", [Role.ADMINISTRATOR])
        return self.create_user(email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: one of ours, or (role PORTAL) one of a customer's."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), default=list)
    companies = models.ManyToManyField("parties.Company", blank=True, related_name="people")
    sees_all_companies = models.BooleanField(default=False)
    portal_customer = models.ForeignKey("parties.Customer", null=True, blank=True, on_delete=models.CASCADE)
    team = models.ForeignKey("parties.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    language = models.CharField(max_length=5, choices=LANGUAGES, default="fr")
    theme = models.CharField(max_length=6, default="auto")
    density = models.CharField(max_length=12, default="comfortable")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_portal_has_customer",
                condition=Q(portal_customer__isnull=True) | Q(roles=["PORTAL"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Team(models.Model):
    """People who share a list of work; `manager` sets their targets."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    manager = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="managed_teams")

    def __str__(self) -> str:
        return self.name


class Absence(models.Model):
    """Days on which a person is away and who stands in."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(User, on_delete=models.CASCADE, related_name="deputised_absences")
    from_date = models.DateField()
    until_date = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="absence_dates", condition=Q(until_date__gte=models.F("from_date"))),
            models.CheckConstraint(name="absence_deputy", condition=~Q(deputy=models.F("user"))),
        ]


class SavedView(models.Model):
    """A person's own named filter, sort and columns of one table."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    table_key = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "table_key", "name"], name="savedview_unique")]


class Company(models.Model):
    """One of our legal entities."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=150)
    currency = CurrencyField(default="EUR")
    country = models.CharField(max_length=2, default="FR")
    legal_identifier = models.CharField(max_length=20, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    street = models.CharField(max_length=150, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    town = models.CharField(max_length=80, blank=True)
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=5, choices=LANGUAGES, default="fr")
    receivable_prefixes = ArrayField(models.CharField(max_length=20), default=list)
    payment_terms = models.ForeignKey(
        "parties.PaymentTerms", null=True, blank=True, on_delete=models.PROTECT, related_name="companies"
    )

    def __str__(self) -> str:
        return self.name


class CompanyBankAccount(models.Model):
    """A bank account of ours; `last_statement_date` says how fresh the bank data is."""

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="bank_accounts")
    iban = models.CharField(max_length=34, unique=True)
    bic = models.CharField(max_length=11, blank=True)
    name = models.CharField(max_length=80)
    currency = CurrencyField(default="EUR")
    is_shown_on_notices = models.BooleanField(default=True)
    last_statement_date = models.DateField(null=True)


class Department(models.Model):
    """A part of a company that sells, with its own ways."""

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="departments")
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="department_code")]

    def __str__(self) -> str:
        return self.name


class PaymentTerms(models.Model):
    """How a due date is found from an invoice date; computed by `core.terms`."""

    class EndOfMonth(models.TextChoices):
        NONE = "NONE"
        DAYS_THEN_EOM = "DAYS_THEN_EOM"
        EOM_THEN_DAYS = "EOM_THEN_DAYS"

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    days = models.PositiveSmallIntegerField(default=30)
    end_of_month = models.CharField(max_length=14, choices=EndOfMonth.choices, default=EndOfMonth.NONE)
    day_of_month = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """The real-world party that owes; may have a group parent."""

    class Kind(models.TextChoices):
        COMPANY = "COMPANY", _("Company")
        SOLE_TRADER = "SOLE_TRADER", _("Sole trader")
        PUBLIC = "PUBLIC", _("Public body")

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    name_folded = folded("name")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.COMPANY)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="daughters")
    is_strategic = models.BooleanField(default=False)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=5, choices=LANGUAGES, default="fr")
    siren = models.CharField(max_length=9, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    numbers_folded = folded_numbers("number", "siren", "vat_number")
    lei = models.CharField(max_length=20, blank=True)
    street = models.CharField(max_length=150, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    town = models.CharField(max_length=80, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    credit_limit = AmountField(null=True, blank=True)
    credit_limit_currency = CurrencyField(default="EUR")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["name_folded", "id"], name="customer_name"),
            models.Index(fields=["parent"], name="customer_parent"),
            models.Index(fields=["vat_number"], name="customer_vat"),
            models.Index(fields=["country"], name="customer_country"),
        ]
        constraints = [
            models.CheckConstraint(name="customer_not_own_parent", condition=~Q(parent=models.F("id"))),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerAccount(models.Model):
    """Customer x company x department: everything owed hangs on one, with its own terms and ways."""

    class PaymentMethod(models.TextChoices):
        TRANSFER = "TRANSFER", _("Transfer")
        DIRECT_DEBIT = "DIRECT_DEBIT", _("Direct debit")
        CARD = "CARD", _("Card")
        CHEQUE = "CHEQUE", _("Cheque")
        BILL = "BILL", _("Bill of exchange")

    class Delivery(models.TextChoices):
        EMAIL = "EMAIL", _("E-mail")
        LETTER = "LETTER", _("Letter")
        PORTAL = "PORTAL", _("Portal")
        EDI = "EDI", _("EDI")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="accounts")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="accounts")
    number = models.CharField(max_length=60)
    currency = CurrencyField(default="EUR")
    payment_terms = models.ForeignKey(PaymentTerms, null=True, blank=True, on_delete=models.PROTECT)
    payment_method = models.CharField(max_length=14, choices=PaymentMethod.choices, default=PaymentMethod.TRANSFER)
    language = models.CharField(max_length=5, choices=LANGUAGES, default="fr")
    delivery_preference = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.EMAIL)
    collector = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="accounts")
    # The defaults are the database's too: accounts of files are written without a model.
    discount_per_mille = models.PositiveSmallIntegerField(default=0, db_default=0)
    discount_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_oldest_first = models.BooleanField(default=False, db_default=False)
    nets_credit_notes = models.BooleanField(default=False, db_default=False)
    matching_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "company", "department"], name="account_unique"),
            models.UniqueConstraint(fields=["company", "department", "number"], name="account_number"),
            models.CheckConstraint(
                name="account_discount",
                condition=Q(discount_per_mille=0, discount_days=0)
                | Q(discount_per_mille__gt=0, discount_per_mille__lte=500, discount_days__lte=365),
            ),
            models.CheckConstraint(
                name="account_matching_threshold",
                condition=Q(matching_threshold__isnull=True)
                | Q(matching_threshold__gte=900, matching_threshold__lte=1000),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "number"], name="account_by_number"),
            models.Index(fields=["collector"], name="account_collector"),
            models.Index(
                fields=["company", "id"],
                condition=Q(discount_per_mille__gt=0)
                | Q(is_oldest_first=True)
                | Q(nets_credit_notes=True)
                | Q(matching_threshold__isnull=False),
                name="account_agreed",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Contact(models.Model):
    """A person at the customer, in a role, for one account or for all of them."""

    class ContactRole(models.TextChoices):
        ACCOUNTS_PAYABLE = "ACCOUNTS_PAYABLE", _("Accounts payable")
        BUYER = "BUYER", _("Buyer")
        FINANCE = "FINANCE", _("Finance director")
        MANAGEMENT = "MANAGEMENT", _("Management")
        LOGISTICS = "LOGISTICS", _("Logistics")
        LEGAL = "LEGAL", _("Legal")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    account = models.ForeignKey(
        CustomerAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="contacts"
    )
    role = models.CharField(max_length=20, choices=ContactRole.choices, default=ContactRole.ACCOUNTS_PAYABLE)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=5, choices=LANGUAGES, blank=True)
    is_opted_out = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "role", "id"], name="contact_role")]


class VirtualIban(models.Model):
    """An IBAN of ours that one customer alone is told to pay a company to."""

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="virtual_ibans")
    iban = models.CharField(max_length=34, unique=True)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="virtualiban_given", condition=~Q(iban=""))]


class Note(models.Model):
    """Something a person wrote down about a customer or one of its accounts."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    account = models.ForeignKey(CustomerAccount, null=True, blank=True, on_delete=models.CASCADE)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    text = models.TextField()
    is_pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "-created_at", "-id"], name="note_recent")]


class Attachment(models.Model):
    """A file kept with a customer, an account or an item (`item_id` is the ledger's; no key points up)."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="attachments")
    account = models.ForeignKey(CustomerAccount, null=True, blank=True, on_delete=models.CASCADE)
    item_id = models.BigIntegerField(null=True)
    file = models.FileField(upload_to="attachments/%Y/%m/")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
