"""The words of each language, from the TOML files beside this one; adding a language is adding a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from django.template import Context, Engine

from quittance.core.dunning import DunningLevel

LANGUAGES = ("en", "es", "fr")
FALLBACK_LANGUAGE = "en"
LEVELS = ("COURTESY", "FIRST_REMINDER", "SECOND_REMINDER", "FORMAL_NOTICE")
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
        if level.code in self.levels:
            return self.levels[level.code]
        return self.levels["COURTESY" if level.is_courtesy else _LEVEL_OF_TONE.get(level.tone, "FIRST_REMINDER")]


@cache
def texts_of(language: str) -> Texts:
    """Return the texts of a language, English when there are none."""
    used = language if language in LANGUAGES else FALLBACK_LANGUAGE
    document = resources.files(__package__).joinpath(f"{used}.toml").read_text(encoding="utf-8")
    parsed = tomllib.loads(document)
    levels = {
        code: LevelTexts(
            subject=parsed[code]["subject"], before=tuple(parsed[code]["before"]), after=tuple(parsed[code]["after"])
        )
        for code in LEVELS
    }
    return Texts(language=used, words=dict(parsed["words"]), levels=levels)


@cache
def _engine() -> Engine:
    return Engine(autoescape=False)


def fill(template: str, values: dict[str, object]) -> str:
    """Return a text with its variables filled in, as plain text (the HTML page escapes it)."""
    return _engine().from_string(template).render(Context(values, autoescape=False, use_l10n=False)).strip()
