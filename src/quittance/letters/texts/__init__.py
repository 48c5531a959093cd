"""The words of letters in each language, from the TOML files beside this one; adding a language is adding a file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "es", "fr")
FALLBACK_LANGUAGE = "en"
LOCALES = {"fr": "fr_FR", "en": "en_GB", "es": "es_ES"}


def language_of(language: str) -> str:
    """Return the language itself when letters are written in it, else English."""
    return language if language in LANGUAGES else FALLBACK_LANGUAGE


@cache
def texts_of(language: str) -> dict[str, Any]:
    """Return all words of a language, by section; English when there are none."""
    name = f"{language_of(language)}.toml"
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
