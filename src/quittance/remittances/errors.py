"""What remittances refuse, by name; each message says what and why."""

from __future__ import annotations


class RemittanceError(Exception):
    """Base of all refusals about remittances."""


class RemittanceNotFound(RemittanceError):
    """No remittance has this id (or the reader may not see it)."""


class RemittanceTaken(RemittanceError):
    """The remittance is joined to another bank line, or its money is posted."""


class BatchNotFound(RemittanceError):
    """No import of a remittance has this id, or it was started before."""
