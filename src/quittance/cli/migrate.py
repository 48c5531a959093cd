"""`quittance migrate`."""

from __future__ import annotations

import click
from django.core.management import call_command


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 3 when something is to be done.")
def command(check: bool) -> None:
    """Bring the database to the present version; safe to repeat."""
    if check:
        pending = list_pending()
        for name in pending:
            click.echo(name)
        click.get_current_context().exit(3 if pending else 0)
    migrate()
    click.echo("The database is at the present version.")


def migrate() -> None:
    """Apply what is missing, quietly."""
    call_command("migrate", interactive=False, verbosity=0)


def list_pending() -> list[str]:
    """Return the names of the migrations that the database has not had yet."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
