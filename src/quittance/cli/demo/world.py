"""The made-up group: its companies, its customers and the manners of each account.

Everything is drawn from one seed, so the same scale gives the same world. `STORIES` are the customers that the
tutorial follows; the others are drawn around them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from quittance.cli.demo import names

SEED = 20260901


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCompany:
    """One legal entity of the group; `departments` are (code, name)."""

    code: str
    name: str
    legal_identifier: str
    town: str
    postcode: str
    street: str
    sender_email: str
    phone: str
    iban: str
    bic: str
    prefix: str
    departments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How an account pays: days against the due date, spread, and its special habits (shares of 100)."""

    code: str
    delay_days: int
    spread_days: int
    invoices_per_month: int
    typical_amount: int
    pays_monthly: bool = False
    part_payments: int = 0
    disputes: int = 0
    unpaid: int = 0
    bad_reference: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """Customer x company x department with its manners."""

    company: str
    department: str
    terms_days: int
    end_of_month: bool
    payment_method: str
    manners: Manners


@dataclass(slots=True, kw_only=True)
class DemoCustomer:
    """One customer; `accounts` is filled when it is made."""

    number: str
    name: str
    kind: str
    country: str
    language: str
    currency: str
    town: str
    postcode: str
    street: str
    siren: str = ""
    vat_number: str = ""
    iban: str = ""
    parent: str = ""
    is_strategic: bool = False
    industry: str = ""
    credit_limit: int = 0
    contact: str = ""
    email: str = ""
    phone: str = ""
    accounts: list[DemoAccount] = field(default_factory=list)


COMPANIES = (
    DemoCompany(
        code="ARD", name="Arvor Distribution", legal_identifier="912345676", town="Brest", postcode="29200",
        street="4 quai des Fossés", sender_email="credit@arvor-distribution.example", phone="+33 2 98 00 00 10",
        iban="FR7630006000011234567890189", bic="AGRIFRPP", prefix="AD",
        departments=(("WHO", "Négoce"), ("EXP", "Export")),
    ),
    DemoCompany(
        code="ARS", name="Arvor Services", legal_identifier="987654329", town="Rennes", postcode="35000",
        street="12 rue de la Monnaie", sender_email="credit@arvor-services.example", phone="+33 2 99 00 00 20",
        iban="FR1420041010050500013M02606", bic="PSSTFRPPREN", prefix="AS",
        departments=(("MNT", "Maintenance"), ("PRJ", "Projets")),
    ),
)  # fmt: skip

PROMPT = Manners(code="PROMPT", delay_days=-1, spread_days=3, invoices_per_month=2, typical_amount=1800)
USUAL = Manners(code="USUAL", delay_days=9, spread_days=5, invoices_per_month=2, typical_amount=2400, disputes=2)
MONTHLY = Manners(
    code="MONTHLY", delay_days=6, spread_days=3, invoices_per_month=4, typical_amount=1500, pays_monthly=True
)
LATE = Manners(code="LATE", delay_days=24, spread_days=9, invoices_per_month=2, typical_amount=2600, disputes=7)
VERY_LATE = Manners(
    code="VERY_LATE", delay_days=48, spread_days=18, invoices_per_month=1, typical_amount=3200, disputes=10, unpaid=2
)
PARTIAL = Manners(
    code="PARTIAL", delay_days=15, spread_days=8, invoices_per_month=2, typical_amount=2200, part_payments=12
)
SMALL = Manners(
    code="SMALL", delay_days=4, spread_days=6, invoices_per_month=1, typical_amount=240, unpaid=2, bad_reference=45
)
SHARES = ((PROMPT, 34), (USUAL, 26), (MONTHLY, 14), (LATE, 12), (VERY_LATE, 5), (PARTIAL, 5), (SMALL, 4))
INDUSTRIES = (
    "Bâtiment", "Agroalimentaire", "Transport", "Commerce de détail", "Industrie", "Secteur public", "Énergie",
    "Hôtellerie",
)  # fmt: skip


def _account(company: str, department: str, manners: Manners, *, days: int = 30, eom: bool = False) -> DemoAccount:
    return DemoAccount(
        company=company, department=department, terms_days=days, end_of_month=eom, payment_method="TRANSFER",
        manners=manners,
    )  # fmt: skip


def _story(number: str, name: str, country: names.Country, **fields: object) -> DemoCustomer:
    values: dict[str, object] = {
        "kind": "COMPANY", "town": country.towns[0][0], "postcode": country.towns[0][1], "street": country.streets[0],
        "language": country.language, "currency": country.currency, "credit_limit": 60000,
    }  # fmt: skip
    values.update(fields)
    return DemoCustomer(number=number, name=name, country=country.code, **values)  # type: ignore[arg-type]


def _stories() -> list[DemoCustomer]:
    """Return the customers whom the tutorial follows, each with the manners that make its story."""
    return [*_french_stories(), *_foreign_stories(), *_difficult_stories()]


def _french_stories() -> list[DemoCustomer]:
    return [
        _story(
            "C00001", "Durand & Fils", names.FRANCE, is_strategic=True, credit_limit=120000, industry="Bâtiment",
            contact="Marie Petit", accounts=[
                _account("ARD", "WHO", Manners(code="DURAND_WHO", delay_days=1, spread_days=2, invoices_per_month=4,
                                               typical_amount=9000), days=45),
                _account("ARS", "MNT", Manners(code="DURAND_MNT", delay_days=31, spread_days=6, invoices_per_month=3,
                                               typical_amount=5200, disputes=4), days=30),
            ],
        ),
        _story(
            "C00002", "Groupe Kerjean", names.FRANCE, is_strategic=True, credit_limit=300000, industry="Commerce de détail",
            town="Nantes", postcode="44000", contact="Hugo Garnier",
            accounts=[_account("ARD", "WHO", MONTHLY, days=45, eom=True)],
        ),
        *(
            _story(
                f"C0000{place}", f"Kerjean {town}", names.FRANCE, parent="C00002", industry="Commerce de détail", town=town,
                postcode=postcode, contact="Hugo Garnier", accounts=[_account("ARD", "WHO", manners, days=45, eom=True)],
            )
            for place, town, postcode, manners in (
                (3, "Vannes", "56000", MONTHLY), (4, "Quimper", "29000", LATE), (5, "Caen", "14000", USUAL),
            )
        ),
        _story(
            "C00006", "Centre hospitalier de Bréhat", names.FRANCE, kind="PUBLIC", industry="Secteur public",
            credit_limit=0, contact="Camille Noël", accounts=[
                _account("ARS", "MNT", Manners(code="PUBLIC", delay_days=38, spread_days=10, invoices_per_month=3,
                                               typical_amount=4100), days=50),
            ],
        ),
    ]  # fmt: skip


def _foreign_stories() -> list[DemoCustomer]:
    return [
        _story(
            "C00007", "Talleres Ebro SL", names.SPAIN, industry="Industrie", contact="Lucía Ortega", accounts=[
                _account("ARD", "EXP", Manners(code="EBRO", delay_days=12, spread_days=4, invoices_per_month=2,
                                               typical_amount=6400, disputes=14), days=60),
            ],
        ),
        _story(
            "C00008", "Blackwater Tools Ltd", names.BRITAIN, contact="Emma Hughes", accounts=[
                _account("ARD", "EXP", Manners(code="BLACKWATER", delay_days=14, spread_days=5, invoices_per_month=2,
                                               typical_amount=3900, part_payments=30), days=30),
            ],
        ),
        _story(
            "C00009", "Müller Feinmechanik GmbH", names.GERMANY, contact="Jürgen Becker", credit_limit=150000, accounts=[
                _account("ARD", "EXP", Manners(code="MULLER", delay_days=-6, spread_days=2, invoices_per_month=5,
                                               typical_amount=4800, pays_monthly=True), days=30),
            ],
        ),
        _story(
            "C00010", "Northfield Supply Inc", names.AMERICA, contact="Ashley Collins", accounts=[
                _account("ARD", "EXP", Manners(code="NORTHFIELD", delay_days=7, spread_days=4, invoices_per_month=2,
                                               typical_amount=7200), days=45),
            ],
        ),
    ]  # fmt: skip


def _difficult_stories() -> list[DemoCustomer]:
    return [
        _story(
            "C00011", "Yann Le Goff", names.FRANCE, kind="SOLE_TRADER", credit_limit=2000, town="Brest",
            postcode="29200", accounts=[
                _account("ARD", "WHO", Manners(code="LE_GOFF", delay_days=20, spread_days=6, invoices_per_month=1,
                                               typical_amount=240, unpaid=25)),
            ],
        ),
        _story(
            "C00012", "Chantiers Corbière", names.FRANCE, credit_limit=25000, contact="Paul Perrin", accounts=[
                _account("ARS", "PRJ", Manners(code="CORBIERE", delay_days=75, spread_days=20, invoices_per_month=2,
                                               typical_amount=8800, unpaid=10), days=30),
            ],
        ),
    ]  # fmt: skip


def make_customers(scale: float = 1.0) -> list[DemoCustomer]:
    """Return about 400 x `scale` customers, the stories first."""
    rng = Random(SEED)
    customers = _stories()
    taken = {c.name for c in customers}
    for customer in customers:
        _complete(rng, customer)
    while len(customers) < max(len(customers), round(400 * scale)):
        customers.append(_drawn(rng, f"C{len(customers) + 1:05d}", taken, customers))
    return customers


def _drawn(rng: Random, number: str, taken: set[str], others: list[DemoCustomer]) -> DemoCustomer:
    country = names.draw_country(rng)
    is_sole_trader = rng.random() < 0.08
    name = names.company_name(rng, country, taken)
    if is_sole_trader:
        name = f"{names.person_name(rng, country)} – {rng.choice(country.trades)} {number[-4:]}"
    town, postcode = rng.choice(country.towns)
    parent = ""
    if rng.random() < 0.10 and not is_sole_trader:
        candidates = [o for o in others[-40:] if not o.parent and o.country == country.code and o.kind == "COMPANY"]
        parent = rng.choice(candidates).number if candidates else ""
    customer = DemoCustomer(
        number=number, name=name, kind="SOLE_TRADER" if is_sole_trader else "COMPANY", country=country.code,
        language=country.language, currency=country.currency, town=town, postcode=postcode, parent=parent,
        street=f"{rng.randint(1, 140)} {rng.choice(country.streets)}", is_strategic=rng.random() < 0.04,
        industry=rng.choice(INDUSTRIES), accounts=_draw_accounts(rng, country.code, is_sole_trader),
    )  # fmt: skip
    customer.credit_limit = _credit_limit(rng, customer.accounts)
    _complete(rng, customer)
    return customer


def _credit_limit(rng: Random, accounts: list[DemoAccount]) -> int:
    """Return a limit around twice what the accounts usually owe; too low for a few."""
    usual = sum(
        a.manners.typical_amount * a.manners.invoices_per_month * (a.terms_days + max(a.manners.delay_days, 0)) // 20
        for a in accounts
    )
    share = 70 if rng.random() < 0.05 else rng.choice((180, 220, 260, 300))
    return max(1000, usual * share // 100_000 * 1000)


def _draw_accounts(rng: Random, country: str, is_sole_trader: bool) -> list[DemoAccount]:
    """Return one to three accounts; each department meets its own manners."""
    places = [("ARD", "WHO" if country == "FR" else "EXP"), ("ARS", "MNT"), ("ARS", "PRJ")]
    count = 1 if is_sole_trader else rng.choices((1, 2, 3), (58, 32, 10))[0]
    weights = [1 if m is not SMALL else (12 if is_sole_trader else 0.3) for m, _ in SHARES]
    accounts = []
    for company, department in rng.sample(places, count):
        manners = rng.choices([m for m, _ in SHARES], [w * k for (_, w), k in zip(SHARES, weights, strict=True)])[0]
        accounts.append(
            DemoAccount(
                company=company, department=department, terms_days=rng.choice((30, 30, 30, 45, 60)),
                end_of_month=rng.random() < 0.2,
                payment_method=rng.choices(("TRANSFER", "DIRECT_DEBIT", "CHEQUE"), (86, 8, 6))[0], manners=manners,
            )
        )  # fmt: skip
    return accounts


def _complete(rng: Random, customer: DemoCustomer) -> None:
    """Give a customer its identifiers and, unless it is the story of a missing contact, a person to write to."""
    country = next(c for c, _ in names.SHARES if c.code == customer.country)
    if customer.country == "FR" and not customer.siren:
        customer.siren = names.siren(rng)
        customer.vat_number = names.french_vat(customer.siren)
    customer.iban = names.iban(rng, customer.country)
    customer.phone = f"{country.dial} {rng.randint(100, 999)} 555 {rng.randint(1000, 9999)}"
    if customer.number == "C00011":
        return
    customer.contact = customer.contact or names.person_name(rng, country)
    customer.email = f"accounts@{customer.number.lower()}.example"
