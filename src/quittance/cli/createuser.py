"""`quittance createuser`."""

from __future__ import annotations

import click
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from quittance.foundation.permissions import PERMISSIONS_BY_ROLE

ROLES = [role for role in PERMISSIONS_BY_ROLE if role != "PORTAL"]


@click.command()
@click.argument("email")
@click.option("--name", default="", help="Name shown on screen; the address if left out.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES, case_sensitive=False), default=["ADMINISTRATOR"],
    show_default=True, help="May be given several times.",
)  # fmt: skip
@click.password_option(help="Asked for when left out.")
def command(email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Create a person who can sign in and sees all companies; narrow that in the settings."""
    try:
        validate_email(email)
        validate_password(password)
        with transaction.atomic():
            get_user_model().objects.create_user(
                email, password, name=name or email, roles=[role.upper() for role in roles], sees_all_companies=True
            )
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
    except IntegrityError as error:
        raise click.ClickException(f"There is already somebody with the address {email}.") from error
    click.echo(f"{email} can sign in.")
