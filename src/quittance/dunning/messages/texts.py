"""The words of each language, from the TOML files beside this one; adding a language is adding a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from quittance.core.dunning import DunningLevel
from quittance.dunning.messages.writing import TextError, write_text

LANGUAGES = ("en", "es", "fr")
FALLBACK_LANGUAGE = "en"
LEVELS = (
    "COURTESY", "FIRST_REMINDER", "SECOND_REMINDER", "FORMAL_NOTICE", "STATEMENT", "PUBLIC_REMINDER",
    "PUBLIC_SECOND_REMINDER", "PUBLIC_FORMAL_NOTICE",
)  # fmt: skip
_LEVEL_OF_TONE = {"FRIENDLY": "FIRST_REMINDER", "FIRM": "SECOND_REMINDER", "FORMAL": "FORMAL_NOTICE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTexts:
    """The texts of one level: templates around the list of what is owed."""

    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All texts of one language."""

    language: str
    words: dict[str, str]
    levels: dict[str, LevelTexts]

    def of_level(self, level: DunningLevel) -> LevelTexts:
        """Return the texts of a level; one of the company's own making gets those of its tone."""
        return self.levels[self.code_of(level)]

    def code_of(self, level: DunningLevel) -> str:
        """Return the code of the texts of a level."""
        if level.text_code in self.levels:
            return level.text_code
        return "COURTESY" if level.is_courtesy else _LEVEL_OF_TONE.get(level.tone, "FIRST_REMINDER")


@cache
def texts_of(language: str) -> Texts:
    """Return the texts of a language, English when there are none.

    :raises TextError: when the file can't be read or lacks one of them.
    """
    used = language if language in LANGUAGES else FALLBACK_LANGUAGE
    try:
        parsed = tomllib.loads(_document(used))
        levels = {
            code: LevelTexts(
                subject=parsed[code]["subject"],
                before=tuple(parsed[code]["before"]),
                after=tuple(parsed[code]["after"]),
            )
            for code in LEVELS
        }
        return Texts(language=used, words=dict(parsed["words"]), levels=levels)
    except tomllib.TOMLDecodeError as error:
        raise TextError(f"{used}.toml: {error}") from error
    except KeyError as error:
        raise TextError(f"{used}.toml: {error.args[0]} is missing") from error


@cache
def _document(language: str) -> str:
    return resources.files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8")


def fill(template: str, values: dict[str, object], *, language: str) -> str:
    """Return a text of a language with its variables filled in, as plain text (the HTML page escapes it).

    :raises TextError: when it is wrong; the error says in which file, on which line, and what.
    """
    return write_text(template, values, file=f"{language}.toml", first_line=_line_of(template, language))


@cache
def _line_of(template: str, language: str) -> int | None:
    """Return the line of the language's file that a text begins on, None when it is not written there as it is."""
    before, found, _ = _document(language).partition(template.split("\n")[0])
    return before.count("\n") + 1 if found else None
