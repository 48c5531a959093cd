"""`quittance import ...`: one command per kind of file, each in its module `import_<kind>`."""

from __future__ import annotations

import importlib
import pkgutil

import click

import quittance.cli

PREFIX = "import_"


class Imports(click.Group):
    """Finds the kinds of files by their modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (module.name for module in pkgutil.iter_modules(quittance.cli.__path__))
        kinds = (name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX) and name != PREFIX)
        return sorted(kind.replace("_", "-") for kind in kinds)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"quittance.cli.{PREFIX}{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(cls=Imports)
def command() -> None:
    """Import a file; exit 0 when all was read, 3 when something was rejected, 2 when nothing could be read."""
