"""Hard cases of cash application with their answers, drawn from a seed.

Each case is one payment of a customer with open items of its own; the references of all customers come from the same
numbers, so that a misread one is somebody else's. The answer is what the payer meant: the items and what is paid of
each, or that nobody can tell. `SHARES` is the mix: how many of a thousand cases are of each label.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from quittance.core.matching import AnnouncedLine, BankLine, CandidateItem

TODAY: Final = date(2026, 9, 15)
CURRENCY: Final = "EUR"
FEE_MAX: Final = 2_500

Lines = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A payment, what it pays (empty: nobody can tell), and whether its text names what it pays in a usable way."""

    label: str
    line: BankLine
    answer: Lines
    is_named: bool


@dataclass(slots=True, kw_only=True)
class Customer:
    """A customer with its items, its known bank account ("" when it has none), and the name it pays under."""

    family: int
    name: str
    iban: str
    items: list[CandidateItem] = field(default_factory=list)

    @property
    def invoices(self) -> list[CandidateItem]:
        return [item for item in self.items if item.amount_open_minor > 0]

    @property
    def credit_notes(self) -> list[CandidateItem]:
        return [item for item in self.items if item.amount_open_minor < 0]


@dataclass(slots=True, kw_only=True)
class World:
    """All customers, all cases, and the documents that are paid already."""

    random: random.Random
    customers: list[Customer] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    number: int = 1_000
    item_id: int = 0


def draw_world(*, seed: int, cases: int) -> World:
    """Return so many cases, the labels in the proportions of ``SHARES``."""
    world = World(random=random.Random(seed))
    labels = [label for label, share in SHARES.items() for _ in range(max(1, cases * share // 1000))]
    world.random.shuffle(labels)
    for label in labels:
        customer = _customer(world)
        MAKERS[label](world, customer, label)
    return world


def _customer(world: World) -> Customer:
    drawn = world.random
    family = len(world.customers) + 1
    name = f"{drawn.choice(_FIRST)} {drawn.choice(_SECOND)} {_code(drawn, 3)} {drawn.choice(_FORMS)}"
    iban = f"FR76{family:019d}{drawn.randrange(10**4):04d}"
    customer = Customer(family=family, name=name, iban=iban if drawn.random() < 0.8 else "")
    for _ in range(min(int(drawn.lognormvariate(2.4, 0.8)) + 3, 80)):
        _invoice(world, customer)
    for _ in range(drawn.choice((0, 0, 0, 1, 2))):
        _item(world, customer, -_amount(drawn) // 10 - 1, "AV")
    world.customers.append(customer)
    return customer


def _invoice(world: World, customer: Customer, amount: int = 0) -> CandidateItem:
    return _item(world, customer, amount or _amount(world.random), "FA")


def _item(world: World, customer: Customer, amount: int, prefix: str) -> CandidateItem:
    drawn = world.random
    world.number += drawn.randrange(1, 4)
    world.item_id += 1
    day = TODAY - timedelta(days=drawn.randrange(20, 150))
    item = CandidateItem(
        item_id=world.item_id,
        account_id=customer.family,
        account_family=customer.family,
        amount_open_minor=amount,
        currency=CURRENCY,
        document_date=day,
        due_date=day + timedelta(days=30),
        references=(f"{prefix}2026-{world.number:06d}",),
    )
    customer.items.append(item)
    return item


def _amount(drawn: random.Random) -> int:
    """Return an amount in cents: most are odd, some are round, some are a subscription that many have."""
    kind = drawn.random()
    if kind < 0.06:
        return drawn.choice((9_900, 29_900, 120_000))
    amount = int(drawn.lognormvariate(11.5, 1.2)) + 500
    return amount // 10_000 * 10_000 + 10_000 if kind < 0.2 else amount


def _code(drawn: random.Random, length: int) -> str:
    return "".join(drawn.choice(string.ascii_uppercase) for _ in range(length))


def _line(world: World, customer: Customer, amount: int, text: str, **more: object) -> BankLine:
    values: dict[str, object] = {
        "id": len(world.cases) + 1,
        "amount_minor": amount,
        "currency": CURRENCY,
        "booking_date": TODAY,
        "payer_name": customer.name.upper(),
        "payer_iban": customer.iban,
        "text": text,
    }
    return BankLine(**(values | more))  # type: ignore[arg-type]


def _add(world: World, label: str, line: BankLine, answer: Sequence[tuple[int, int]], *, is_named: bool) -> None:
    world.cases.append(Case(label=label, line=line, answer=tuple(sorted(answer)), is_named=is_named))


def _whole(items: Sequence[CandidateItem]) -> list[tuple[int, int]]:
    return [(item.item_id, item.amount_open_minor) for item in items]


def _sum(items: Sequence[CandidateItem]) -> int:
    return sum(item.amount_open_minor for item in items)


def _some(world: World, customer: Customer, low: int, high: int) -> list[CandidateItem]:
    while len(customer.invoices) < low:
        _invoice(world, customer)
    count = world.random.randint(low, min(high, len(customer.invoices)))
    return world.random.sample(customer.invoices, count)


def _reference(item: CandidateItem) -> str:
    return item.references[0]


def _noise(drawn: random.Random) -> str:
    return drawn.choice(
        (
            "",
            "VIR SEPA RECU",
            "MERCI",
            f"TEL 01{drawn.randrange(10**8):08d}",
            f"LE {drawn.randint(1, 28):02d}/{drawn.randint(1, 12):02d}/2026",
            f"SIRET {drawn.randrange(10**14):014d}",
            "CLIENT COMPTA",
        )
    )


# Text that names what is paid


def _clean_one(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    text = f"{_noise(world.random)} {_reference(item)} {_noise(world.random)}".strip()
    _add(world, label, _line(world, customer, item.amount_open_minor, text), _whole([item]), is_named=True)


def _clean_several(world: World, customer: Customer, label: str) -> None:
    items = _some(world, customer, 2, 60 if world.random.random() < 0.2 else 6)
    text = world.random.choice((" ", ", ", " + ", "/")).join(map(_reference, items))
    _add(world, label, _line(world, customer, _sum(items), text), _whole(items), is_named=True)


def _structured(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    reference = "RF42" + _reference(item).replace("-", "")
    line = _line(world, customer, item.amount_open_minor, "", structured_references=(reference,))
    _add(world, label, line, _whole([item]), is_named=True)


def _mangled(world: World, customer: Customer, label: str) -> None:
    """Spaces, other dashes, lower case, no prefix, no zeros."""
    items = _some(world, customer, 1, 3)
    shape = world.random.choice((0, 1, 2, 3, 4))

    def mangle(reference: str) -> str:
        number = reference[7:]
        return (
            reference.replace("-", " "),
            reference.lower().replace("-", "/"),
            f"2026-{number}",
            number,
            f"facture {int(number)}",
        )[shape]

    text = f"REGLT {' '.join(mangle(_reference(item)) for item in items)}"
    _add(world, label, _line(world, customer, _sum(items), text), _whole(items), is_named=True)


def _short_list(world: World, customer: Customer, label: str) -> None:
    """FA2026-001234/56/78: the members after the first without what they share."""
    world.number = world.number // 100 * 100 + 100  # a hundred that nobody has numbers of
    first = _invoice(world, customer)
    items = [first]
    stem = _reference(first)[:-2]
    for ending in sorted(world.random.sample(range(100), 3)):
        reference = f"{stem}{ending:02d}"
        if reference in {_reference(item) for item in items}:
            continue
        item = replace(_item(world, customer, _amount(world.random), "FA"), references=(reference,))
        customer.items[-1] = item
        items.append(item)
    world.number += 100
    text = _reference(first) + "".join(f"/{_reference(item)[-2:]}" for item in items[1:])
    _add(world, label, _line(world, customer, _sum(items), text), _whole(items), is_named=True)


def _range(world: World, customer: Customer, label: str) -> None:
    items = [_invoice(world, customer) for _ in range(world.random.randint(3, 9))]
    word = world.random.choice((" A ", " - ", " AU ", " TO "))
    text = f"FACTURES {_reference(items[0])}{word}{_reference(items[-1])}"
    _add(world, label, _line(world, customer, _sum(items), text), _whole(items), is_named=True)


def _truncated(world: World, customer: Customer, label: str) -> None:
    """More references than the 140 characters of a SEPA text hold."""
    items = [_invoice(world, customer) for _ in range(world.random.randint(10, 12))]
    text = " ".join(map(_reference, items))[:140]
    _add(world, label, _line(world, customer, _sum(items), text), _whole(items), is_named=True)


def _mistyped(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    digits = list(_reference(item))
    place = world.random.randrange(8, len(digits))
    kind = world.random.randrange(3)
    if kind == 0:
        digits[place] = str((int(digits[place]) + world.random.randint(1, 9)) % 10)
    elif kind == 1:
        del digits[place]
    else:
        digits[place - 1 : place + 1] = digits[place], digits[place - 1]
    line = _line(world, customer, item.amount_open_minor, f"VIR {''.join(digits)}")
    _add(world, label, line, _whole([item]), is_named=True)


def _with_credit_notes(world: World, customer: Customer, label: str) -> None:
    """Invoices are named, the credit notes that were deducted only sometimes."""
    items = _some(world, customer, 2, 5)
    note = _item(world, customer, -(_sum(items) // 7 + 13), "AV")
    names = [_reference(item) for item in items]
    if world.random.random() < 0.5:
        names.append(_reference(note))
    line = _line(world, customer, _sum(items) + note.amount_open_minor, " ".join(names))
    _add(world, label, line, _whole([*items, note]), is_named=True)


def _discount(world: World, customer: Customer, label: str) -> None:
    """Two per cent within the time that the terms give."""
    item = _invoice(world, customer)
    taken = item.amount_open_minor * 2 // 100
    item = replace(item, discount_minor=taken, discount_until=TODAY + timedelta(days=2))
    customer.items[-1] = item
    text = _reference(item) if world.random.random() < 0.8 else "ESCOMPTE DEDUIT"
    line = _line(world, customer, item.amount_open_minor - taken, text)
    answer = [(item.item_id, item.amount_open_minor - taken)]
    _add(world, label, line, answer, is_named=text == _reference(item))


def _fee(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    while item.amount_open_minor < 20_000:
        item = _invoice(world, customer)
    paid = item.amount_open_minor - world.random.choice((500, 1_200, 1_500, 2_500))
    line = _line(world, customer, paid, f"{_reference(item)} FRAIS")
    _add(world, label, line, [(item.item_id, paid)], is_named=True)


def _short(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    while item.amount_open_minor < 30_000:
        item = _invoice(world, customer)
    paid = item.amount_open_minor * world.random.randint(40, 90) // 100
    line = _line(world, customer, paid, f"ACOMPTE {_reference(item)}")
    _add(world, label, line, [(item.item_id, paid)], is_named=True)


def _over(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    paid = item.amount_open_minor + world.random.randint(3_000, 90_000)
    _add(world, label, _line(world, customer, paid, _reference(item)), _whole([item]), is_named=True)


def _other_payer(world: World, customer: Customer, label: str) -> None:
    """The parent, a factor or a payment agency pays from an account that we know for somebody else."""
    payer = world.customers[world.random.randrange(len(world.customers))]
    items = _some(world, customer, 1, 4)
    line = _line(world, payer, _sum(items), "P/C " + " ".join(map(_reference, items)))
    _add(world, label, line, _whole(items), is_named=True)


def _announced(world: World, customer: Customer, label: str) -> None:
    """A remittance advice names up to sixty items, some of them in part."""
    items = _some(world, customer, 2, 60)
    lines = [
        AnnouncedLine(
            reference=_reference(item),
            amount_minor=item.amount_open_minor * (80 if world.random.random() < 0.1 else 100) // 100,
        )
        for item in items
    ]
    total = sum(one.amount_minor for one in lines)
    answer = [(item.item_id, one.amount_minor) for item, one in zip(items, lines, strict=True)]
    line = _line(world, customer, total, f"AVIS {world.random.randrange(10**5)}", announced=tuple(lines))
    _add(world, label, line, answer, is_named=True)


# Text that names nothing


def _amount_only(world: World, customer: Customer, label: str) -> None:
    (item,) = _some(world, customer, 1, 1)
    same = sum(1 for other in customer.items if other.amount_open_minor == item.amount_open_minor)
    answer = _whole([item]) if same == 1 else []
    line = _line(world, customer, item.amount_open_minor, _noise(world.random))
    _add(world, label, line, answer, is_named=False)


def _two_items(world: World, customer: Customer, label: str) -> None:
    items = _some(world, customer, 2, 2)
    line = _line(world, customer, _sum(items), _noise(world.random))
    _add(world, label, line, _whole(items), is_named=False)


def _whole_balance(world: World, customer: Customer, label: str) -> None:
    while sum(item.amount_open_minor for item in customer.items) <= 0:
        _invoice(world, customer)
    line = _line(world, customer, _sum(customer.items), _noise(world.random))
    _add(world, label, line, _whole(customer.items), is_named=False)


def _whole_month(world: World, customer: Customer, label: str) -> None:
    months: dict[tuple[int, int], list[CandidateItem]] = {}
    for item in customer.items:
        months.setdefault((item.document_date.year, item.document_date.month), []).append(item)
    good = [items for items in months.values() if _sum(items) > 0 and len(items) > 1]
    if not good:
        return _whole_balance(world, customer, label)
    items = world.random.choice(good)
    line = _line(world, customer, _sum(items), f"RELEVE {_noise(world.random)}")
    return _add(world, label, line, _whole(items), is_named=False)


def _any_items(world: World, customer: Customer, label: str) -> None:
    """Five or more of many items: too many selections make the same amount, nobody can tell."""
    while len(customer.invoices) < 25:
        _invoice(world, customer)
    items = _some(world, customer, 5, 12)
    line = _line(world, customer, _sum(items), _noise(world.random))
    _add(world, label, line, [], is_named=False)


def _equal_amounts(world: World, customer: Customer, label: str) -> None:
    item = _invoice(world, customer)
    _invoice(world, customer, item.amount_open_minor)
    line = _line(world, customer, item.amount_open_minor, _noise(world.random))
    _add(world, label, line, [], is_named=False)


def _paid_twice(world: World, customer: Customer, label: str) -> None:
    """The document named is paid already; another one has the same amount."""
    item = _invoice(world, customer)
    world.number += 1
    reference = f"FA2026-{world.number:06d}"
    world.closed.append(reference)
    line = _line(world, customer, item.amount_open_minor, f"VIR {reference}")
    _add(world, label, line, [], is_named=False)


def _names_another(world: World, customer: Customer, label: str) -> None:
    """The number of one item, the amount of another: a slip of the payer, or a part of the one it names."""
    named = _invoice(world, customer)
    paid = _invoice(world, customer, max(named.amount_open_minor - 137, 300))
    line = _line(world, customer, paid.amount_open_minor, f"VIR {_reference(named)}")
    _add(world, label, line, [], is_named=False)


def _several_short(world: World, customer: Customer, label: str) -> None:
    """Three items are named and less is paid: which of them is short?"""
    items = [_invoice(world, customer, 40_000 + world.random.randrange(90_000)) for _ in range(3)]
    paid = _sum(items) * world.random.randint(60, 95) // 100
    line = _line(world, customer, paid, " ".join(map(_reference, items)))
    _add(world, label, line, [], is_named=False)


def _on_account(world: World, customer: Customer, label: str) -> None:
    """A round amount for no item in particular."""
    line = _line(world, customer, world.random.randint(2, 90) * 10_000, "ACOMPTE")
    amounts = {item.amount_open_minor for item in customer.items}
    if line.amount_minor in amounts:
        line = replace(line, amount_minor=line.amount_minor + 1)
    _add(world, label, line, [], is_named=False)


def _odd_name(world: World, customer: Customer, label: str) -> None:
    """No known account, and the name as banks and people write it; the amount is that of one item."""
    item = _invoice(world, customer)
    words = customer.name.split()
    name = world.random.choice(
        (" ".join(words[:-1]), " ".join(words)[:18], " ".join([words[1], words[0], *words[2:-1]]), customer.name[1:])
    )
    line = _line(world, customer, item.amount_open_minor, "", payer_name=name.upper(), payer_iban="")
    _add(world, label, line, _whole([item]), is_named=False)


def _stranger(world: World, customer: Customer, label: str) -> None:
    """Nobody we know pays what one of a thousand items happens to have."""
    (item,) = _some(world, customer, 1, 1)
    line = _line(world, customer, item.amount_open_minor, "VIR", payer_name=_code(world.random, 9), payer_iban="")
    _add(world, label, line, [], is_named=False)


MAKERS: Final[Mapping[str, Callable[[World, Customer, str], None]]] = {
    "reference clean, one item": _clean_one,
    "reference clean, 2 to 60 items": _clean_several,
    "reference structured (RF)": _structured,
    "reference mangled": _mangled,
    "list with shared beginning": _short_list,
    "range": _range,
    "reference truncated at 140": _truncated,
    "reference mistyped": _mistyped,
    "n to m with credit notes": _with_credit_notes,
    "cash discount": _discount,
    "bank fee": _fee,
    "paid short": _short,
    "paid over": _over,
    "parent, factor or agency pays": _other_payer,
    "remittance advice, to 60 items": _announced,
    "no reference, one item": _amount_only,
    "no reference, two items": _two_items,
    "no reference, whole balance": _whole_balance,
    "no reference, whole month": _whole_month,
    "no reference, name written oddly": _odd_name,
    "nobody can tell: 5 to 12 of many": _any_items,
    "nobody can tell: equal amounts": _equal_amounts,
    "nobody can tell: paid twice": _paid_twice,
    "nobody can tell: names another": _names_another,
    "nobody can tell: several short": _several_short,
    "nobody can tell: on account": _on_account,
    "nobody can tell: a stranger": _stranger,
}
SHARES: Final[Mapping[str, int]] = dict(
    zip(
        MAKERS,
        (260, 130, 40, 90, 20, 20, 20, 25, 40, 25, 25, 30, 20, 30, 40, 70, 15, 20, 20, 20, 6, 6, 6, 6, 6, 6, 6),
        strict=True,
    )
)
_FIRST = ("Durand", "Atelier", "Moreau", "Nordlys", "Bianchi", "Castillo", "Weber", "Lefort", "Okafor", "Quiroga")
_SECOND = ("Conseil", "Distribution", "Industrie", "Transports", "Services", "Bois", "Textile", "Energie", "Systems")
_FORMS = ("SAS", "SARL", "SA", "GmbH", "Ltd", "SL", "")
