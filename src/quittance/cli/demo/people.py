"""Who works in the made-up group, and the one password of them all. Plain data: settings read it too."""

from __future__ import annotations

from dataclasses import dataclass


def gettext_noop(text: str) -> str:
    """Mark a text to be translated where it is shown. Django's own needs the settings, which read this module."""
    return text


PASSWORD = "quittance-demo"  # the demo's own, printed at every start


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """A person of the demo; `customer` (a number) makes it a customer's person."""

    email: str
    name: str
    role: str
    title: str
    customer: str = ""
    language: str = "fr"


CLAIRE, HUGO, INES = "claire@arvor.example", "hugo@arvor.example", "ines@arvor.example"
STORIES = 12  # the first customers are those of the tutorial
PEOPLE = (
    DemoPerson(email=CLAIRE, name="Claire Martin", role="COLLECTOR", title="Collector"),
    DemoPerson(email="sophie@arvor.example", name="Sophie Leroy", role="CREDIT_MANAGER", title="Credit manager"),
    DemoPerson(email="nadia@arvor.example", name="Nadia Benali", role="CASH_CLERK", title="Cash application clerk"),
    DemoPerson(email="laurent@arvor.example", name="Laurent Girard", role="CFO", title="CFO"),
    DemoPerson(email="alex@arvor.example", name="Alex Roux", role="ADMINISTRATOR", title="Administrator"),
    DemoPerson(
        email=HUGO, name="Hugo Bernard", role="COLLECTOR", title=gettext_noop("Collector, stands in for Inès"),
    ),
    DemoPerson(email=INES, name="Inès Morel", role="COLLECTOR", title=gettext_noop("Collector, away this week")),
    DemoPerson(
        email="marie@durand.example", name="Marie Petit", role="PORTAL", title=gettext_noop("Customer, on the portal"),
        customer="C00001",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What the sign-in page shows of a person, and types for them."""

    name: str
    role: str
    email: str
    password: str


SIGN_INS = tuple(SignIn(name=p.name, role=p.title, email=p.email, password=PASSWORD) for p in PEOPLE)


def sign_in_lines() -> list[str]:
    """Return who may sign in, a line each, for the terminal."""
    width = max(len(p.title) for p in PEOPLE)
    return [f"{p.title:<{width}}  {p.email}" for p in PEOPLE] + [f"{'password for all':<{width}}  {PASSWORD}"]
