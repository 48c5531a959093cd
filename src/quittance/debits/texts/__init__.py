"""The words of pre-notifications in each language, from the TOML files beside this one."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from quittance.letters.texts import language_of


@cache
def texts_of(language: str) -> dict[str, Any]:
    """Return the texts of a language, English when it is not written in."""
    name = f"{language_of(language)}.toml"
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
