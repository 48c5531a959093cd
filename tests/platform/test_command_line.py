"""The command itself: help, exit codes, and errors in sentences."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest

from quittance.cli import main
from tests.platform.conftest import Cli

NOWHERE = "postgresql://quittance:s3cret@127.0.0.1:1/quittance"


def test_help_needs_neither_database_nor_settings(cli: Cli, data_dir: Path) -> None:
    done = cli("--help", QUITTANCE_DATA_DIR=str(data_dir))
    assert done.returncode == 0
    assert all(name in done.stdout for name in main.COMMANDS)
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_command_has_help(name: str) -> None:
    context = click.Context(main.cli)
    command = main.cli.get_command(context, name)
    assert command is not None
    assert command.get_help(click.Context(command, info_name=name))
    assert command.help


def test_unknown_command_is_refused(cli: Cli) -> None:
    done = cli("frobnicate")
    assert done.returncode == 2
    assert "No such command" in done.stderr


@pytest.mark.parametrize("command", [["migrate"], ["verify-events"], ["worker", "--once"]])
def test_unreachable_database_is_a_sentence(cli: Cli, data_dir: Path, command: list[str]) -> None:
    done = cli(*command, QUITTANCE_DATABASE_URL=NOWHERE, QUITTANCE_DATA_DIR=str(data_dir))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "doesn't answer" in done.stderr
    assert "s3cret" not in done.stderr


def test_unreadable_address_is_a_sentence_without_the_password(cli: Cli, data_dir: Path) -> None:
    done = cli("migrate", QUITTANCE_DATABASE_URL="host=x pass s3cret", QUITTANCE_DATA_DIR=str(data_dir))
    assert done.returncode == 2
    assert "QUITTANCE_DATABASE_URL" in done.stderr
    assert "s3cret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_is_kept_in_a_file_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUITTANCE_DATA_DIR", str(tmp_path))
    text = main.explain(ZeroDivisionError("division by zero"))
    assert "unexpected" in text
    assert "ZeroDivisionError" in (tmp_path / "last-error.txt").read_text()


def test_unknown_queue_is_refused(cli: Cli, data_dir: Path) -> None:
    done = cli("worker", "--queues", "nothing", QUITTANCE_DATABASE_URL=NOWHERE, QUITTANCE_DATA_DIR=str(data_dir))
    assert done.returncode == 2
    assert "unknown: nothing" in done.stderr


def test_doctor_says_that_the_database_is_away(cli: Cli, data_dir: Path) -> None:
    done = cli("doctor", "--json", QUITTANCE_DATABASE_URL=NOWHERE, QUITTANCE_DATA_DIR=str(data_dir))
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["is_well"] is False
    assert [check["name"] for check in report["checks"] if check["state"] == "fail"] == ["database"]
    assert all(check["advice"] for check in report["checks"] if check["state"] != "ok")


def test_doctor_finds_the_missing_tables(cli: Cli, data_dir: Path) -> None:
    address = os.environ["QUITTANCE_DATABASE_URL"].rsplit("/", 1)[0] + "/postgres"
    done = cli("doctor", QUITTANCE_DATABASE_URL=address, QUITTANCE_DATA_DIR=str(data_dir))
    assert done.returncode == 1
    assert "fail  tables" in done.stdout
    assert "quittance migrate" in done.stdout


@pytest.mark.django_db
def test_doctor_is_content_with_a_migrated_database() -> None:
    from quittance.cli import doctor

    findings = [check() for check in (doctor._database, doctor._migrations, doctor._worker, doctor._events)]
    assert [finding.state for finding in findings] == ["ok", "ok", "warn", "ok"]
    assert "quittance worker" in findings[2].advice
