"""Everything that writes the queue to the ERP."""

from quittance.writeback.accounts import set_plan
from quittance.writeback.errors import (
    AnswerRefused,
    BatchNotFound,
    FileDamaged,
    NothingWaits,
    PlanRefused,
    WriteBackError,
)
from quittance.writeback.services.answering import (
    Answer,
    AnswerResult,
    acknowledge_batch,
    answer_entries,
    queue_again,
)
from quittance.writeback.services.collecting import collect_entries
from quittance.writeback.services.exporting import BatchFile, export_batch, read_batch_file

__all__ = [
    "Answer",
    "AnswerRefused",
    "AnswerResult",
    "BatchFile",
    "BatchNotFound",
    "FileDamaged",
    "NothingWaits",
    "PlanRefused",
    "WriteBackError",
    "acknowledge_batch",
    "answer_entries",
    "collect_entries",
    "export_batch",
    "queue_again",
    "read_batch_file",
    "set_plan",
]
