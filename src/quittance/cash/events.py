"""The kinds of events that the cash desk writes, with what their payload holds."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "statement.imported": "a file of the bank was taken in: filename, format, status, new, duplicates",
    "statement.refused": "a file of the bank could not be read: filename, reason_code",
    "transaction.matched": "a person accepted a proposal: amount, currency, proposal_id, strategy, difference",
    "transaction.posted_on_account": "a person posted the money on an account without items: amount, currency",
    "transaction.unmatched": "a match was undone: amount, currency, reason",
    "payment.returned": "the bank took a payment back: amount, currency, return_reason, paid_date, document",
    "payment.return_undone": "it was not a return of that payment: amount, currency, reason",
    "transaction.set_aside": "a bank line is no customer's payment: amount, currency, reason",
    "transaction.brought_back": "a line set aside is on the desk again: amount, currency",
    "transaction.kept_unidentified": "a receipt is nobody's so far: amount, currency, text",
    "transaction.split": "a receipt is decided in parts: amount, currency, parts",
    "transaction.split_by_itself": "a receipt pays for many and was split so: amount, currency, count, collection",
    "transaction.made_part": "a part of a receipt is on the desk: amount, currency, of (its id)",
    "transaction.merged": "a split receipt is one again: amount, currency",
    "transaction.taken_over": "a person took a line that somebody else had open: from",
    "transaction.asked": "a person asked a colleague about a line: to, text",
    "transaction.answered": "the colleague answered: text",
    "difference.requested": "a difference above one's limit is proposed: difference, reason, text",
    "difference.approved": "somebody else let it be posted: difference, reason",
    "difference.refused": "somebody else said no: difference, reason, text",
    "write_off_limit.set": "up to how much a role or person may post: role, person, before, after",
    "difference_rule.set": "what is posted as a difference by itself: difference, before, after",
    "payer.added": "a person said under what a customer pays: kind, value",
    "payer.switched_off": "it is no longer used: kind, value",
    "payer.switched_on": "it is used again: kind, value",
    "payer.moved": "it is another customer's: kind, value, from, to",
    "payer.forgotten": "it is unknown again: kind, value",
    "habit.switched_off": "what people confirmed of a way to pay is no longer used: strategy",
    "habit.switched_on": "it is used again: strategy",
    "habit.forgotten": "a way to pay is learnt anew: strategy",
    "proposal.rejected": "a person said that a proposal is wrong: amount, currency, proposal_id",
}
"""Matches made by themselves are told by the ledger (`allocation.posted`, origin RULE)."""
