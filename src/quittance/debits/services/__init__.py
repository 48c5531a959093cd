"""The only writer of mandates, collections and debits."""

from quittance.debits.errors import (
    CollectionNotFound,
    DebitRefused,
    InstructionNotFound,
    MandateNotFound,
    NothingToDebit,
)
from quittance.debits.services.announcing import NOTICE_TASK, announce_collection, send_notices
from quittance.debits.services.answering import (
    FILE_BYTES_MAX,
    StatusImport,
    allow_again,
    import_status,
    note_return,
    note_return_undone,
    return_instruction,
    settle_collection,
    settle_instructions,
    undo_return,
)
from quittance.debits.services.exporting import CollectionFile, FileDamaged, export_collection
from quittance.debits.services.mandates import (
    NewMandate,
    amend_mandate,
    cancel_mandate,
    change_settings,
    confirm_mandate,
    expire_mandates,
    record_mandate,
)
from quittance.debits.services.proposing import cancel_collection, propose_collection, take_out

__all__ = [
    "FILE_BYTES_MAX",
    "NOTICE_TASK",
    "CollectionFile",
    "CollectionNotFound",
    "DebitRefused",
    "FileDamaged",
    "InstructionNotFound",
    "MandateNotFound",
    "NewMandate",
    "NothingToDebit",
    "StatusImport",
    "allow_again",
    "amend_mandate",
    "announce_collection",
    "cancel_collection",
    "cancel_mandate",
    "change_settings",
    "confirm_mandate",
    "expire_mandates",
    "export_collection",
    "import_status",
    "note_return",
    "note_return_undone",
    "propose_collection",
    "record_mandate",
    "return_instruction",
    "send_notices",
    "settle_collection",
    "settle_instructions",
    "take_out",
    "undo_return",
]
