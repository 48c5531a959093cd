"""Everything that writes remittances."""

from quittance.remittances.errors import BatchNotFound, RemittanceError, RemittanceNotFound, RemittanceTaken
from quittance.remittances.services.importing import (
    RemittanceImport,
    Sender,
    import_remittance,
    register_remittance_file,
    run_remittance_import,
)
from quittance.remittances.services.joining import (
    close_remittances,
    expect_remittance,
    ignore_remittance,
    join_remittance,
    unjoin_remittance,
)
from quittance.remittances.services.mapping import (
    TableProposal,
    TableSample,
    confirm_table,
    hold_for_columns,
    preview_table,
    propose_table,
)
from quittance.remittances.services.messages import MessageFile, take_message
from quittance.remittances.services.resolving import Resolved, resolve_remittances

__all__ = [
    "BatchNotFound",
    "MessageFile",
    "RemittanceError",
    "RemittanceImport",
    "RemittanceNotFound",
    "RemittanceTaken",
    "Resolved",
    "Sender",
    "TableProposal",
    "TableSample",
    "close_remittances",
    "confirm_table",
    "expect_remittance",
    "hold_for_columns",
    "ignore_remittance",
    "import_remittance",
    "join_remittance",
    "preview_table",
    "propose_table",
    "register_remittance_file",
    "resolve_remittances",
    "run_remittance_import",
    "take_message",
    "unjoin_remittance",
]
