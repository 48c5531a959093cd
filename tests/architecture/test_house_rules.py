"""The rules of the house that a machine can check: sizes, purity, keyword-only services, no words left behind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "quittance"
APPS = (
    "foundation",
    "parties",
    "ledger",
    "cases",
    "interest",
    "segments",
    "promises",
    "delivery",
    "litigation",
    "debits",
    "dunning",
    "cash",
    "writeback",
    "worklist",
    "insight",
)
CORE_ALLOWED = {
    "__future__", "abc", "bisect", "calendar", "collections", "contextlib", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "hashlib", "heapq", "html", "itertools", "json", "math", "operator", "re",
    "string", "typing", "types", "unicodedata", "uuid", "quittance",
}  # fmt: skip
CORE_EXTRA = {"mapping": {"difflib", "pathlib"}, "matching": {"ahocorasick", "rapidfuzz"}, "ports": {"pathlib"}}


def python_files(folder: Path = SOURCE) -> list[Path]:
    return [p for p in sorted(folder.rglob("*.py")) if "migrations" not in p.parts and "static" not in p.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(("suffix", "limit"), [(".py", 500), (".html", 120), (".js", 120)])
def test_files_stay_small(suffix: str, limit: int) -> None:
    long = {
        name_of(path): lines
        for path in SOURCE.rglob(f"*{suffix}")
        if "migrations" not in path.parts and "vendor" not in path.parts
        and (lines := len(path.read_text().splitlines())) > limit
    }  # fmt: skip
    assert long == {}


def test_components_stay_small() -> None:
    long = {
        name_of(path): lines
        for path in (SOURCE / "web" / "templates" / "components").rglob("*.html")
        if (lines := len(path.read_text().splitlines())) > 40
    }
    assert long == {}


def test_functions_stay_small() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": size
        for path in python_files()
        for node in functions(path)
        if (size := (node.end_lineno or node.lineno) - node.lineno + 1) > 70
    }
    assert long == {}


def test_core_imports_nothing_that_reads_the_world() -> None:
    strays = []
    for path in python_files(SOURCE / "core"):
        allowed = CORE_ALLOWED | CORE_EXTRA.get(path.relative_to(SOURCE / "core").parts[0], set())
        for node in ast.walk(ast.parse(path.read_text())):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            strays += [f"{name_of(path)}: {m}" for m in modules if m.split(".")[0] not in allowed]
            ours = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if ours.startswith("quittance.") and not ours.startswith("quittance.core"):
                strays.append(f"{name_of(path)}: {ours}")
    assert strays == []


def test_core_reads_no_clock_and_uses_no_float() -> None:
    banned = re.compile(r"\b(date\.today|datetime\.now|datetime\.utcnow|time\.time|float)\s*\(")
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files(SOURCE / "core")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if banned.search(line.split("#")[0]) and ">>>" not in line
    ]
    assert found == []


def test_only_the_clock_reads_the_clock() -> None:
    banned = re.compile(r"\b(date\.today\(|datetime\.now\(|datetime\.utcnow\(|timezone\.now\()")
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files()
        if path.name != "clock.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if banned.search(line)
    ]
    assert found == []


def test_services_are_keyword_only() -> None:
    loose = []
    for app in APPS:
        for path in [SOURCE / app / "services.py", *(SOURCE / app / "services").glob("*.py")]:
            if not path.exists():
                continue
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.args.args:
                    loose.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert loose == []


def test_public_functions_are_documented() -> None:
    silent = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for app in ("core", *APPS)
        for path in python_files(SOURCE / app)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_models_stay_home() -> None:
    strays = []
    for path in python_files():
        home = path.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            match = re.match(r"quittance\.(\w+)\.models", module or "")
            if match and match[1] != home and home != "insight" and match[1] != "foundation":
                strays.append(f"{name_of(path)}: {module}")
    assert strays == []


def test_no_work_is_left_in_words() -> None:
    banned = re.compile(r"raise NotImplementedError|\bTODO\b|\bFIXME\b|# type: ignore(?!\[)|# noqa(?!:)")
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if banned.search(line)
    ]
    assert found == []


def test_templates_carry_no_inline_style_or_script() -> None:
    banned = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*(src=|type=\"application/json\"))")
    found = [
        f"{name_of(path)}:{number}"
        for path in SOURCE.rglob("*.html")
        if "messages" not in path.parts and "vendor" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if banned.search(line)
    ]
    assert found == []


def test_templates_write_ids_without_separators() -> None:
    """A plain number is written for people: item 4809 as 4,809, which no address and no form takes back."""
    banned = re.compile(
        r"\{\{ ?(row|item|account|customer|company|person|line|one)(\.[a-z_]+)*\.(id|pk) ?\}\}|card\.company\.id \}\}"
    )
    found = [
        f"{name_of(path)}:{number}"
        for path in SOURCE.rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if banned.search(line)
    ]
    assert found == []


def test_migrations_are_named_by_verb() -> None:
    unnamed = [name_of(p) for p in SOURCE.rglob("migrations/0*.py") if "auto" in p.stem or p.stem.endswith("_initial")]
    assert unnamed == []


def test_no_registry_is_named() -> None:
    banned = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|\"resolved\":")
    found = [
        name_of(path)
        for path in [
            *ROOT.glob("requirements*.lock"),
            *ROOT.glob("*.json"),
            *ROOT.glob("*.toml"),
            *ROOT.glob("docs/**/*.md"),
        ]
        if banned.search(path.read_text())
    ]
    assert found == []
