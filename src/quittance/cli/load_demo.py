"""`quittance demo`."""

from __future__ import annotations

import click

from quittance.cli import demo, demo_state


@click.command()
@click.option(
    "--scale", default=1.0, show_default=True, type=click.FloatRange(0.01, 1000), help="Size; 1 is 400 customers."
)
def command(scale: float) -> None:
    """Load the demo company into an empty database; who may sign in is printed."""
    if not demo_state.is_database_empty():
        raise click.ClickException(
            "There are companies in this database already; the demo goes only into an empty one. Choose another with "
            "QUITTANCE_DATA_DIR or QUITTANCE_DATABASE_URL."
        )
    click.echo("Loading the demo company ...")
    demo_state.load(scale)
    click.echo("\n".join(demo.sign_in_lines()))
