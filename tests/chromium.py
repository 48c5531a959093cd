"""The browser of the tests: one that the system has."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "The browser tests were NOT run: there is no Chromium here (Debian, Ubuntu: apt-get install chromium)."


def find_chromium() -> str | None:
    """Return its path, None when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)
