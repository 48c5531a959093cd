"""Write a text from its template, strictly: a mistake in it is an error that says where, never a hole in a message."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError

FOLDER = Path(__file__).resolve().parent.parent / "templates"
_UNCHECKED = ("True", "False", "None")


class TextError(Exception):
    """A text of a message is wrong; the error names its file, the line where it is known, and what is wrong there."""


class UnknownVariable(Exception):
    """A text speaks of something that no message has."""


class _Values(Context):
    """The variables of a text; Django would write nothing for one that does not exist."""

    def __getitem__(self, key: Any) -> Any:
        if key not in self and key not in _UNCHECKED:
            raise UnknownVariable(f"unknown variable {key!r}")
        return super().__getitem__(key)


class _NoSuchThing(str):
    """What Django asks when a variable has no such part (`content.sendr`)."""

    __slots__ = ()

    def __mod__(self, name: object) -> str:
        raise UnknownVariable(f"unknown variable {str(name)!r}")


@cache
def _engine(*, is_html: bool) -> Engine:
    # With `debug` an error carries the line it came from.
    return Engine(dirs=[str(FOLDER)], autoescape=is_html, debug=True, string_if_invalid=_NoSuchThing("%s"))


@cache
def _text(source: str) -> Template:
    return _engine(is_html=False).from_string(source)


@cache
def _page(name: str) -> Template:
    return _engine(is_html=name.endswith(".html")).get_template(name)


def write_text(source: str, values: dict[str, object], *, file: str, first_line: int | None = None) -> str:
    """Return a text with its variables filled in, as plain text (the HTML page escapes it).

    `file` and `first_line` are where the text stands, for the error.

    :raises TextError: when it cannot be written.
    """
    try:
        return str(_text(source).render(_Values(values, autoescape=False, use_l10n=False))).strip()
    except Exception as error:
        line = _line_of(error)
        at = None if first_line is None else first_line + (line or 1) - 1
        raise TextError(_told(file, at, error)) from error


def write_page(name: str, values: dict[str, object]) -> str:
    """Return a page of the templates' folder, strictly.

    :raises TextError: when it cannot be written.
    """
    try:
        return str(_page(name).render(_Values(values, autoescape=name.endswith(".html"))))
    except Exception as error:
        raise TextError(_told(name.rpartition("/")[2], _line_of(error), error)) from error


def _line_of(error: Exception) -> int | None:
    found = getattr(error, "template_debug", {}).get("line")
    return int(found) if found else None


def _told(file: str, line: int | None, error: Exception) -> str:
    what = (
        str(error) if isinstance(error, (UnknownVariable, TemplateSyntaxError)) else f"{type(error).__name__}: {error}"
    )
    return f"{file}, line {line}: {what}" if line else f"{file}: {what}"
