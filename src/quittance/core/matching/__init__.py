"""Match bank lines with open items: find references, identify payers, propose, decide.

Computation on integers of minor units only. The caller gives lines, items and what is known of payers, and
applies what comes back. New ways to match enter the table in ``strategies``.
"""

from quittance.core.matching.deciding import MARGIN, THRESHOLD, decide_line, decide_lines, propose_line
from quittance.core.matching.payers import PayerDirectory, fold_iban, fold_name
from quittance.core.matching.pool import CandidatePool
from quittance.core.matching.references import ReferenceHit, ReferenceIndex, fold_reference
from quittance.core.matching.strategies import STRATEGIES, LineContext
from quittance.core.matching.values import (
    BankLine,
    CandidateItem,
    Evidence,
    EvidenceKind,
    MatchDecision,
    MatchOutcome,
    MatchProposal,
    MatchReason,
    PayerIdentity,
    Strategy,
)

__all__ = [
    "MARGIN",
    "STRATEGIES",
    "THRESHOLD",
    "BankLine",
    "CandidateItem",
    "CandidatePool",
    "Evidence",
    "EvidenceKind",
    "LineContext",
    "MatchDecision",
    "MatchOutcome",
    "MatchProposal",
    "MatchReason",
    "PayerDirectory",
    "PayerIdentity",
    "ReferenceHit",
    "ReferenceIndex",
    "Strategy",
    "decide_line",
    "decide_lines",
    "fold_iban",
    "fold_name",
    "fold_reference",
    "propose_line",
]
