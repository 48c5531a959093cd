"""Match bank lines with open items: find references, identify payers, propose, decide.

Computation on integers of minor units only. The caller gives lines, items and what is known of payers, and
applies what comes back. A new way to explain a line enters ``naming`` or ``amounts`` with its share in ``weighing``.
"""

from quittance.core.matching.allowances import DifferenceRules, discount_minor, limits_of_payment
from quittance.core.matching.deciding import (
    decide_line,
    decide_lines,
    decide_named_line,
    items_wanted,
    leave_rivals,
    propose_line,
    rival_lines,
)
from quittance.core.matching.mentions import words_like_references
from quittance.core.matching.own_numbers import names_own_numbers
from quittance.core.matching.payers import PayerDirectory, fold_iban, fold_name
from quittance.core.matching.pool import CandidatePool, keys_to_find
from quittance.core.matching.references import ReferenceHit, ReferenceIndex, fold_reference
from quittance.core.matching.replaying import DecisionInputs, gather_inputs, replay
from quittance.core.matching.values import (
    AnnouncedLine,
    BankLine,
    CandidateItem,
    Difference,
    DifferenceKind,
    DifferenceLimits,
    Evidence,
    EvidenceKind,
    FamilyRules,
    MatchDecision,
    MatchOutcome,
    MatchProposal,
    MatchReason,
    PayerIdentity,
    Strategy,
)

__all__ = [
    "AnnouncedLine",
    "BankLine",
    "CandidateItem",
    "CandidatePool",
    "DecisionInputs",
    "Difference",
    "DifferenceKind",
    "DifferenceLimits",
    "DifferenceRules",
    "Evidence",
    "EvidenceKind",
    "FamilyRules",
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
    "decide_named_line",
    "discount_minor",
    "fold_iban",
    "fold_name",
    "fold_reference",
    "gather_inputs",
    "items_wanted",
    "keys_to_find",
    "leave_rivals",
    "limits_of_payment",
    "names_own_numbers",
    "propose_line",
    "replay",
    "rival_lines",
    "words_like_references",
]
