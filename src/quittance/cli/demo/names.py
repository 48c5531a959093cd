"""Made-up names, towns and identifiers, by country; every one drawn from a seeded generator."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What a country lends to a made-up customer."""

    code: str
    language: str
    currency: str
    towns: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    trades: tuple[str, ...]
    roots: tuple[str, ...]
    forms: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    dial: str


FRANCE = Country(
    code="FR",
    language="fr",
    currency="EUR",
    dial="+33",
    towns=(
        ("Lyon", "69003"), ("Nantes", "44000"), ("Rennes", "35000"), ("Lille", "59000"), ("Bordeaux", "33000"),
        ("Quimper", "29000"), ("Grenoble", "38000"), ("Dijon", "21000"), ("Tours", "37000"), ("Metz", "57000"),
        ("Angers", "49000"), ("Vannes", "56000"), ("Caen", "14000"), ("Pau", "64000"), ("Brest", "29200"),
    ),
    streets=("rue des Forges", "avenue du Port", "chemin des Aulnes", "quai de la Douane", "place du Marché"),
    trades=(
        "Menuiserie", "Chauffage", "Quincaillerie", "Transports", "Imprimerie", "Électricité", "Charpente", "Outillage",
        "Emballages", "Conserverie", "Mécanique", "Plomberie", "Fournitures", "Papeterie", "Laiterie", "Ateliers",
    ),
    roots=(
        "Kervella", "du Bocage", "Montferrand", "de l'Odet", "Bellerive", "Trégor", "Valserine", "Courtois", "Le Floc'h",
        "Sablons", "du Vexin", "Garonne", "Pontivy", "Roquebrune", "des Monts", "Cormeilles", "Haute-Rive", "Ploumanac'h",
        "Beaulieu", "Saint-Aubin", "Vauclair", "de la Rance", "Marchand", "Delorme", "Guichard", "Lestrange",
    ),
    forms=("SAS", "SARL", "SA", "SAS", "SARL"),
    first_names=("Yann", "Claire", "Hugo", "Lucie", "Maël", "Inès", "Paul", "Jeanne", "Théo", "Camille"),
    last_names=("Le Goff", "Moreau", "Garnier", "Lefèvre", "Rousseau", "Morin", "Perrin", "Blanchard", "Guérin", "Noël"),
)  # fmt: skip
SPAIN = Country(
    code="ES",
    language="es",
    currency="EUR",
    dial="+34",
    towns=(("Zaragoza", "50001"), ("Bilbao", "48001"), ("Valencia", "46001"), ("Girona", "17001"), ("Vigo", "36201")),
    streets=("calle Mayor", "avenida del Puerto", "plaza de España", "calle de la Fuente"),
    trades=("Talleres", "Suministros", "Transportes", "Carpintería", "Conservas", "Materiales", "Imprenta"),
    roots=(
        "Ebro",
        "Cantábrico",
        "Montseny",
        "Aranjuez",
        "del Sur",
        "La Rueda",
        "Peñalba",
        "Ordesa",
        "Ibarra",
        "Luarca",
    ),
    forms=("SL", "SA", "SLU"),
    first_names=("Lucía", "Javier", "Carmen", "Álvaro", "Marta"),
    last_names=("Ortega", "Navarro", "Ruiz", "Ibáñez", "Castro"),
)
GERMANY = Country(
    code="DE",
    language="en",
    currency="EUR",
    dial="+49",
    towns=(("Köln", "50667"), ("Stuttgart", "70173"), ("Bremen", "28195"), ("Leipzig", "04109"), ("Ulm", "89073")),
    streets=("Hafenstraße", "Lindenweg", "Industriestraße", "Am Markt"),
    trades=("Feinmechanik", "Werkzeugbau", "Großhandel", "Spedition", "Elektrotechnik", "Verpackung"),
    roots=("Müller", "Hohenfels", "Nordwind", "Schäfer", "Lindner", "Rheintal", "Kessler", "Weber"),
    forms=("GmbH", "GmbH & Co. KG", "AG"),
    first_names=("Jürgen", "Anke", "Lukas", "Sabine"),
    last_names=("Becker", "Vogt", "Krämer", "Schulz"),
)
BRITAIN = Country(
    code="GB",
    language="en",
    currency="GBP",
    dial="+44",
    towns=(("Bristol", "BS1 4DJ"), ("Leeds", "LS1 5DL"), ("Cardiff", "CF10 1EP"), ("Norwich", "NR1 3JU")),
    streets=("Harbour Street", "Mill Lane", "Station Road", "Foundry Way"),
    trades=("Tools", "Supplies", "Joinery", "Haulage", "Printing", "Fittings"),
    roots=("Blackwater", "Oakhurst", "Tamar", "Ridgeway", "Penrose", "Ashdown", "Fenwick"),
    forms=("Ltd", "Ltd", "plc"),
    first_names=("Emma", "Oliver", "Grace", "Harry"),
    last_names=("Hughes", "Walker", "Turner", "Bennett"),
)
AMERICA = Country(
    code="US",
    language="en",
    currency="USD",
    dial="+1",
    towns=(("Portland", "97204"), ("Columbus", "43215"), ("Denver", "80202"), ("Austin", "78701")),
    streets=("Main Street", "Commerce Avenue", "Lakeside Drive"),
    trades=("Supply", "Industries", "Hardware", "Logistics", "Components"),
    roots=("Northfield", "Cascade", "Prairie", "Redwood", "Great Basin", "Old Dominion"),
    forms=("Inc", "LLC", "Corp"),
    first_names=("Ashley", "Tyler", "Megan", "Brandon"),
    last_names=("Collins", "Parker", "Reed", "Foster"),
)
SHARES = ((FRANCE, 66), (SPAIN, 14), (GERMANY, 9), (BRITAIN, 6), (AMERICA, 5))


def draw_country(rng: Random) -> Country:
    """Return a country by the group's shares."""
    return rng.choices([c for c, _ in SHARES], [w for _, w in SHARES])[0]


def company_name(rng: Random, country: Country, taken: set[str]) -> str:
    """Return a company name that was not given before."""
    for attempt in range(1000):
        name = f"{rng.choice(country.trades)} {rng.choice(country.roots)}"
        if attempt > 20:
            name = f"{name} {rng.choice(country.towns)[0]}"
        if attempt > 60:
            name = f"{name} {rng.randint(2, 99999)}"
        name = f"{name} {rng.choice(country.forms)}"
        if name not in taken:
            taken.add(name)
            return name
    raise AssertionError("the pool of names is too small")


def person_name(rng: Random, country: Country) -> str:
    """Return a first and a last name."""
    return f"{rng.choice(country.first_names)} {rng.choice(country.last_names)}"


def luhn_complete(body: str) -> str:
    """Return `body` with the Luhn digit that makes it valid (SIREN)."""
    total = 0
    for place, char in enumerate(reversed(body)):
        digit = int(char) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return body + str(-total % 10)


def siren(rng: Random) -> str:
    """Return a well-formed SIREN from the 9xx range."""
    return luhn_complete("9" + "".join(str(rng.randint(0, 9)) for _ in range(7)))


def french_vat(number: str) -> str:
    """Return the VAT number of a SIREN (key = 12 + 3 x (SIREN mod 97), mod 97)."""
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"


def iban(rng: Random, country: str) -> str:
    """Return a well-formed IBAN of a made-up account; blank for countries without IBAN."""

    def digits(count: int) -> str:
        return "".join(str(rng.randint(0, 9)) for _ in range(count))

    if country == "FR":
        bank, branch, account = digits(5), digits(5), digits(11)
        key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
        bban = f"{bank}{branch}{account}{key:02d}"
    elif country == "ES":
        bank, account = digits(8), digits(10)
        bban = bank + _spanish_digit("00" + bank) + _spanish_digit(account) + account
    elif country == "DE":
        bban = digits(18)
    elif country == "GB":
        bban = "QUIT" + digits(14)
    else:
        return ""
    return f"{country}{_iban_check(country, bban)}{bban}"


def _spanish_digit(body: str) -> str:
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
    rest = 11 - sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
    return {10: "1", 11: "0"}.get(rest, str(rest))


def _iban_check(country: str, bban: str) -> str:
    spelled = "".join(str(int(c, 36)) for c in bban + country + "00")
    return f"{98 - int(spelled) % 97:02d}"
