"""What a person chose for their own screen: language, theme, density, saved views. Services and their query."""

from __future__ import annotations

from typing import TypedDict

from quittance.parties.models import LANGUAGES, SavedView, User

CHOICES: dict[str, frozenset[str]] = {
    "language": frozenset(code for code, _name in LANGUAGES),
    "theme": frozenset({"auto", "light", "dark"}),
    "density": frozenset({"comfortable", "compact"}),
}
VIEWS_MAX = 40


class UnknownPreference(Exception):
    """The preference does not exist, or cannot have that value."""


class TooManyViews(Exception):
    """The person already saved as many views of the table as there is room for."""


class SavedViewRow(TypedDict):
    """A saved view as a tab."""

    id: int
    name: str
    query: str


def check_preference(*, name: str, value: str) -> None:
    """Refuse what is no preference.

    :raises UnknownPreference: no such name or value.
    """
    if value not in CHOICES.get(name, frozenset()):
        raise UnknownPreference(f"{name}={value}")


def set_preference(*, user_id: int, name: str, value: str) -> None:
    """Keep one choice of a person. One statement.

    :raises UnknownPreference: no such name or value.
    """
    check_preference(name=name, value=value)
    User.objects.filter(pk=user_id).update(**{name: value})


def list_saved_views(*, user_id: int, table_key: str) -> list[SavedViewRow]:
    """Return the person's views of one table, by name. One query."""
    found = SavedView.objects.filter(user_id=user_id, table_key=table_key).order_by("name", "id")
    return [{"id": view.pk, "name": view.name, "query": view.query} for view in found[:VIEWS_MAX]]


def save_view(*, user_id: int, table_key: str, name: str, query: str) -> int:
    """Keep a view under its name, in place of one of the same name; return its id.

    :raises TooManyViews: there is no room for another one.
    """
    known = SavedView.objects.filter(user_id=user_id, table_key=table_key)
    if not known.filter(name=name).exists() and known.count() >= VIEWS_MAX:
        raise TooManyViews(table_key)
    view, _created = SavedView.objects.update_or_create(
        user_id=user_id, table_key=table_key, name=name, defaults={"query": query}
    )
    return view.pk


def delete_view(*, user_id: int, view_id: int) -> bool:
    """Delete a view of the person's own; return whether there was one."""
    deleted, _by_model = SavedView.objects.filter(user_id=user_id, pk=view_id).delete()
    return deleted > 0
