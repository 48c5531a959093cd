"""Late-payment interest: the rates of the law and of contracts, and what people decided to claim or to waive."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.foundation.fields import AmountField, CurrencyField


class RateField(models.DecimalField):  # type: ignore[type-arg]
    """A yearly rate in percent: 12.15 is 12.15 %."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**{"max_digits": 7, "decimal_places": 4, **kwargs})  # type: ignore[arg-type]


class LateRegime(models.TextChoices):
    """Who owes; as in `core.interest_rules.Regime`."""

    BUSINESS = "BUSINESS", _("Businesses")
    PUBLIC = "PUBLIC", _("Public bodies")


class LateRate(models.Model):
    """What the law of a country says from a day on until the next row; `EU` is the directive's common minimum."""

    id = models.BigAutoField(primary_key=True)
    country = models.CharField(max_length=2)
    regime = models.CharField(max_length=8, choices=LateRegime.choices)
    from_date = models.DateField()
    rate_pct = RateField()
    floor_pct = RateField(null=True)
    indemnity = AmountField(default=0)
    indemnity_currency = CurrencyField(default="EUR")
    source = models.CharField(max_length=255)
    is_to_be_checked = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "regime", "from_date"], name="laterate_unique"),
            models.CheckConstraint(
                name="laterate_sensible",
                condition=Q(rate_pct__gte=0, rate_pct__lte=100, indemnity__gte=0)
                & (Q(floor_pct__isnull=True) | Q(floor_pct__gte=0)),
            ),
        ]


class DirectiveCountry(models.Model):
    """A country whose reference rate is the European Central Bank's: the rows of `EU` count where it has none."""

    country = models.CharField(max_length=2, primary_key=True)
    source = models.CharField(max_length=255)


class AgreedRate(models.Model):
    """The rate that the contract with an account sets from a day on; never applied below the floor of the day."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="agreed_rates")
    from_date = models.DateField()
    rate_pct = RateField()
    source = models.CharField(max_length=255)
    recorded_by_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "from_date"], name="agreedrate_unique"),
            models.CheckConstraint(name="agreedrate_sensible", condition=Q(rate_pct__gt=0, rate_pct__lte=100)),
        ]


class InterestClaim(models.Model):
    """The interest of an item for some days, and its indemnity, as a person claimed or waived them.

    Amounts stay as decided; `stretches` keeps days, base, rate and interest of each. Posts nothing: the debit
    note is the ERP's. Two claims of an item never cover one day (exclusion constraint of migration `0002`).
    """

    class State(models.TextChoices):
        CLAIMED = "CLAIMED", pgettext_lazy("interest", "Claimed")
        PAID = "PAID", pgettext_lazy("interest", "Paid")
        WAIVED = "WAIVED", pgettext_lazy("interest", "Waived")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("interest", "Taken back")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="interest_claims")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="interest_claims")
    document_number = models.CharField(max_length=60)
    first_date = models.DateField()
    last_date = models.DateField()
    currency = CurrencyField()
    interest = AmountField()
    indemnity = AmountField(default=0)
    indemnity_currency = CurrencyField(default="EUR")
    stretches = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=State.choices)
    decided_date = models.DateField()
    settled_date = models.DateField(null=True)
    withdrawn_date = models.DateField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="interestclaim_days", condition=Q(last_date__gte=F("first_date"))),
            models.CheckConstraint(name="interestclaim_amounts", condition=Q(interest__gte=0, indemnity__gte=0)),
            models.CheckConstraint(
                name="interestclaim_state_dated",
                condition=Q(state="CLAIMED", settled_date__isnull=True, withdrawn_date__isnull=True)
                | Q(state__in=["PAID", "WAIVED"], settled_date__isnull=False, withdrawn_date__isnull=True)
                | Q(state="WITHDRAWN", withdrawn_date__isnull=False),
            ),
            models.CheckConstraint(name="interestclaim_waived_why", condition=~Q(state="WAIVED") | ~Q(reason="")),
            models.UniqueConstraint(
                name="interestclaim_one_indemnity",
                fields=["account", "document_number"],
                condition=Q(indemnity__gt=0) & ~Q(state="WITHDRAWN"),
            ),
        ]
        indexes = [models.Index(fields=["account", "state"], name="interestclaim_account")]


class InterestNotice(models.Model):
    """In which reminders of a company interest is shown; a company without a row shows it in formal notices."""

    class ShownIn(models.TextChoices):
        NEVER = "NEVER", _("In no reminder")
        FORMAL = "FORMAL", _("In formal notices only")
        OVERDUE = "OVERDUE", _("In every reminder after the due date")

    company = models.OneToOneField("parties.Company", primary_key=True, on_delete=models.CASCADE)
    shown_in = models.CharField(max_length=8, choices=ShownIn.choices, default=ShownIn.FORMAL)
