"""The kinds of events that the cash desk writes, with what their payload holds."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "statement.imported": "a file of the bank was taken in: filename, format, status, new, duplicates",
    "statement.refused": "a file of the bank could not be read: filename, reason_code",
    "transaction.matched": "a person accepted a proposal: amount, currency, proposal_id, strategy",
    "transaction.posted_on_account": "a person posted the money on an account without items: amount, currency",
    "transaction.unmatched": "a match was undone: amount, currency, reason",
    "payment.returned": "the bank took a payment back: amount, currency, return_reason, paid_date, document",
    "payment.return_undone": "it was not a return of that payment: amount, currency, reason",
    "transaction.set_aside": "a bank line is no customer's payment: amount, currency, reason",
    "transaction.brought_back": "a line set aside is on the desk again: amount, currency",
    "proposal.rejected": "a person said that a proposal is wrong: amount, currency, proposal_id",
}
"""Matches made by themselves are told by the ledger (`allocation.posted`, origin RULE)."""
