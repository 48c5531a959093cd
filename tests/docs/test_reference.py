"""The reference names everything that exists: commands, options, variables, targets, kinds of events, roles, guards."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from quittance.cli.main import COMMANDS
from quittance.core.dunning_facts import DunningReason
from quittance.core.kpis.result import KpiReason
from quittance.foundation.permissions import PERMISSIONS_BY_ROLE, Permission

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "quittance"
EVENT_KIND = re.compile(
    r'"((?:absence|allocation|attachment|call|company|customer|demo|department|dispute|dunning_[a-z]+|exchange_rate|'
    r'debit|debit_[a-z]+|mandate|handover|import|interest|item|late_rate|limitation|note|payment|person|plan|promise|proposal|remittance|statement|task|transaction|transmission|api_token|writeback(?!\.collect)|writeback_[a-z]+)\.[a-z_]+)"'
)
GUARD = re.compile(r'(?:CheckConstraint|UniqueConstraint)\([^)]*?name="(\w+)"', re.DOTALL)
# Saved views and mappings, and a table of one row: no rule about money or people.
GUARDS_LEFT_OUT = {"savedview_unique", "freshness_one_row", "department_code"}


def page(name: str) -> str:
    return (DOCS / name).read_text()


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its words, groups opened."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quittance.config.settings")
    for name, entry in COMMANDS.items():
        command = importlib.import_module(f"quittance.cli.{entry.module}").command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for part in command.list_commands(context):
                child = command.get_command(context, part)
                assert child is not None
                yield f"{name} {part}", child
        else:
            yield name, command


ALL_COMMANDS = dict(commands())


def sections(text: str) -> dict[str, str]:
    """Return the text below each heading of the second level."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", sorted(ALL_COMMANDS))
def test_every_command_and_option_is_described(name: str) -> None:
    found = [
        body
        for heading, body in sections(page("reference/cli.md")).items()
        if re.search(rf"`{name}(`| [A-Z])", heading)
    ]
    assert len(found) == 1, f"no section of cli.md is about `{name}`"
    options = [
        option
        for parameter in ALL_COMMANDS[name].params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option != "--help"
    ]
    assert [option for option in options if f"`{option}`" not in found[0]] == []


def test_no_command_is_described_that_does_not_exist() -> None:
    headings = "\n".join(sections(page("reference/cli.md")))
    described = {match[1].strip() for match in re.finditer(r"`([a-z -]+)[A-Z ]*`", headings)}
    assert described - set(ALL_COMMANDS) == set()


def test_every_variable_of_the_environment_is_described() -> None:
    folders = (SOURCE, ROOT / "tools", ROOT / "tests", ROOT / "Makefile", ROOT / "conftest.py")
    files = [path for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("*.py"))]
    pattern = re.compile(
        r"""(?:environ(?:\.get\(|\.setdefault\(|\[)|getenv\()\s*["'](QUITTANCE_\w+)|\$\$\{(QUITTANCE_\w+)"""
    )
    used = {a or b for path in files for a, b in pattern.findall(path.read_text())}
    text = page("reference/configuration.md")
    assert len(used) > 12
    assert sorted(name for name in used if f"`{name}`" not in text) == []


def test_every_target_of_make_is_described() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = page("reference/configuration.md")
    assert [target for target in targets if f"`make {target}`" not in text] == []


def test_every_kind_of_event_is_described() -> None:
    files = [path for path in SOURCE.rglob("*.py") if "web" not in path.parts and "migrations" not in path.parts]
    used = {kind for path in files for kind in EVENT_KIND.findall(path.read_text()) if not kind.endswith(".csv")}
    text = page("reference/events.md")
    assert len(used) > 30
    assert sorted(kind for kind in used if f"`{kind}`" not in text) == []


def test_every_permission_and_role_is_described_as_it_is() -> None:
    text = page("reference/permissions.md")
    roles = [role for role in PERMISSIONS_BY_ROLE if role != "PORTAL"]
    assert all(f"`{role}`" in text for role in PERMISSIONS_BY_ROLE)
    for permission in Permission:
        row = next((line for line in text.splitlines() if line.startswith(f"| `{permission}` |")), None)
        assert row is not None, f"{permission} is missing"
        allowed = [cell.strip() == "yes" for cell in row.strip("|").split("|")[2:]]
        assert allowed == [permission in PERMISSIONS_BY_ROLE[role] for role in roles], row


def test_every_reason_of_an_indicator_is_described() -> None:
    text = page("reference/kpis.md")
    assert [reason for reason in KpiReason if f"`{reason}`" not in text] == []


def test_every_indicator_is_described() -> None:
    import quittance.core.kpis as kpis

    text = page("reference/kpis.md")
    shown = {
        "dso_simple_days": "DSO, simple", "dso_rolling_days": "DSO, rolling", "dso_count_back_days": "DSO, count back",
        "best_possible_dso_days": "best possible DSO", "average_days_delinquent": "average days delinquent",
        "collection_effectiveness_pct": "CEI", "current_pct": "current share", "over_91_days_pct": "over 91 days share",
        "disputed_pct": "disputed share", "promises_kept_pct": "promises kept", "provision_lines": "`provision_amount`",
        "months_back": "Sales", "receivable_totals": "Receivables", "sales_months": "Sales",
    }  # fmt: skip
    functions = [name for name in kpis.__all__ if name.islower()]
    assert [name for name in functions if f"`{name}`" not in text and shown.get(name, "?") not in text] == []


def test_every_reason_of_dunning_is_explained() -> None:
    text = page("explanation/why-holds.md")
    assert [reason for reason in (*DunningReason, "ALREADY_NOTIFIED") if f"`{reason}`" not in text] == []


def test_every_guard_of_the_database_is_described() -> None:
    text = page("reference/database-guards.md")
    names = {name for path in SOURCE.glob("*/models.py") for name in GUARD.findall(path.read_text())} - GUARDS_LEFT_OUT
    for path in SOURCE.glob("*/migrations/*.py"):
        names |= set(re.findall(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)", path.read_text()))
    assert len(names) > 30
    assert sorted(name for name in names if f"`{name}`" not in text) == []
