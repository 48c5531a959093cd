"""The demo company: a made-up French group, told as stories, loaded through the same doors as real data."""

from quittance.cli.demo.people import SIGN_INS, sign_in_lines

__all__ = ["SIGN_INS", "load", "sign_in_lines"]


def load(scale: float = 1.0) -> None:
    """Put the demo company into an empty database. Needs Django to be set up."""
    from quittance.cli.demo.load import load_demo

    load_demo(scale=scale)
