"""The kinds of events that remittances write, with what their payload holds."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "remittance.imported": "a file of a payer was taken in: filename, format, status, new, duplicates",
    "remittance.refused": "a file of a payer could not be read: filename, reason_code",
    "remittance.joined": "an advice explains a bank line: amount, currency, bank_transaction_id",
    "remittance.unjoined": "it explains that line no longer: amount, currency, bank_transaction_id",
    "remittance.closed": "the money it announced is posted: amount, currency, bank_transaction_id",
    "remittance.ignored": "a person said that no money follows from it: amount, currency, reason",
    "remittance.expected_again": "its money is expected after all: amount, currency",
}
