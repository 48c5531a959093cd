"""Pages that can be trusted: links lead somewhere, the README begins with the two commands, pictures are small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src" / "quittance").rglob("README.md")],
    key=str,
)
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
SCREENSHOT_BYTES_MAX = 250_000


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a page, as code forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    wrong = []
    for target in (a or b for a, b in LINK.findall(without_code(path.read_text()))):
        if "://" in target or target.startswith("mailto:"):
            continue
        place, _, anchor = target.partition("#")
        found = (path.parent / place).resolve() if place else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            wrong.append(target)
    assert wrong == []


def test_the_readme_begins_with_the_two_commands() -> None:
    code = re.search(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert code is not None
    assert [line.split("#")[0].strip() for line in code[1].splitlines()] == ["make run", "make test"]


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    linked = {(ROOT / "docs" / (a or b).partition("#")[0]).resolve() for a, b in LINK.findall(index)}
    pages = {path.resolve() for path in (ROOT / "docs").rglob("*.md")} - {(ROOT / "docs" / "index.md").resolve()}
    assert {str(path) for path in pages - linked} == set()


def test_screenshots_are_there_and_small() -> None:
    shown = re.findall(r"docs/screenshots/[\w-]+\.(?:png|jpg)", (ROOT / "README.md").read_text())
    assert len(shown) >= 6
    assert {name: size for name in shown if (size := (ROOT / name).stat().st_size) > SCREENSHOT_BYTES_MAX} == {}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_name_no_place_of_ours(path: Path) -> None:
    assert re.findall(r"/tmp/|/home/|localhost:\d", without_code(path.read_text())) == []
