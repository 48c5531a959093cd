"""The `quittance` command: finds the other commands, gives them a database and Django, and keeps errors readable.

Exit codes: 0 all done, 2 nothing could be done, 3 done but something was rejected, 130 stopped by the user.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from dataclasses import dataclass

import click

from quittance.foundation import postgres

EXIT_FAILED = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
HELP_OPTIONS = ("-h", "--help")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a command is (its module holds a click command named `command`), and what must be there before it."""

    module: str
    summary: str
    needs_django: bool = True
    needs_database: bool = True


COMMANDS = {
    "run": Entry(
        module="run", summary="Start everything on this machine and stay in front.", needs_django=False,
        needs_database=False,
    ),
    "web": Entry(module="web", summary="Serve the pages."),
    "worker": Entry(module="worker", summary="Run the jobs."),
    "migrate": Entry(module="migrate", summary="Bring the database to the present version."),
    "doctor": Entry(module="doctor", summary="Say what is configured, reachable and stale.", needs_django=False),
    "demo": Entry(module="load_demo", summary="Load the demo company."),
    "demo-mail": Entry(module="demo_mail", summary="Receive the demo's mail into its mailbox page."),
    "import": Entry(module="import_", summary="Import a ledger, a bank statement, customers or contacts."),
    "writeback": Entry(module="writeback", summary="Export what waits for the ERP, note its answers."),
    "dun": Entry(module="dun", summary="Evaluate reminders for a day, and send them."),
    "aged-balance": Entry(module="aged_balance", summary="Print the aged balance of a day."),
    "replay-match": Entry(module="replay_match", summary="Take the decision on a bank line again."),
    "verify-events": Entry(module="verify_events", summary="Check the chain of recorded events."),
    "createuser": Entry(module="createuser", summary="Create a person who can sign in."),
    "shell": Entry(module="shell", summary="Open a Python prompt with everything loaded."),
}  # fmt: skip


class Commands(click.Group):
    """Loads a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"quittance.cli.{entry.module}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        entry = COMMANDS.get(args[0])
        if entry is not None and entry.needs_django:
            wants_help = any(option in args for option in HELP_OPTIONS)
            if entry.needs_database and not wants_help and postgres.external_url() is None:
                ctx.with_resource(postgres.in_use())
            set_up_django()
        return super().resolve_command(ctx, args)


def set_up_django() -> None:
    """Load settings and models; the embedded server must have been started before, for its port."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quittance.config.settings")
    import django

    django.setup()


@click.group(cls=Commands, context_settings={"help_option_names": HELP_OPTIONS, "max_content_width": 110})
@click.option("--debug", is_flag=True, help="Show the technical details of an error.")
@click.version_option(package_name="quittance", message="%(prog)s %(version)s")
def cli(debug: bool) -> None:
    """Quittance: from the invoice to the cash matched in the books.

    The database is the one named by QUITTANCE_DATABASE_URL, else an embedded one in QUITTANCE_DATA_DIR (.data).
    """


def main() -> None:
    """Run the command line; every error ends in a sentence and an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))  # so that what was opened is closed
    try:
        code = cli.main(standalone_mode=False, prog_name="quittance")
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_FAILED)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if "--debug" in sys.argv[1:]:
            raise
        click.echo(f"Error: {explain(error)}", err=True)
        sys.exit(EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def explain(error: Exception) -> str:
    """Return what to tell the user: what happened, and what to do.

    Our own errors and a few of the database say it themselves; anything else is a bug, whose details are kept.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, ProgrammingError

    text = " ".join(str(error).split())
    if isinstance(error, ProgrammingError) and "does not exist" in text:
        return "the database is not at the present version. Run `quittance migrate`."
    if isinstance(error, OperationalError):
        return f"the database doesn't answer: {text.rstrip('.?')}. Run `quittance doctor`."
    if isinstance(error, ImproperlyConfigured | OSError) or type(error).__module__.startswith("quittance."):
        return str(error)
    return f"something unexpected happened ({type(error).__name__}: {text}). {_keep_details(error)}"


def _keep_details(error: Exception) -> str:
    path = postgres.data_dir_default() / "last-error.txt"
    details = "".join(traceback.format_exception(error))
    command = " ".join(sys.argv[1:2])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"quittance {command}\n{details}")
    except OSError:
        return "Repeat it with `quittance --debug ...` to see the details."
    return f"The details are in {path}; please report them."


if __name__ == "__main__":
    main()
