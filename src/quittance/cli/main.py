"""The `quittance` command."""


def main() -> None:
    """Run the command line."""
