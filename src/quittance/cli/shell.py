"""`quittance shell`."""

from __future__ import annotations

import click
from django.core.management import call_command


@click.command()
def command() -> None:
    """Open a Python prompt with settings and models loaded."""
    call_command("shell")
