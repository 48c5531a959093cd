"""Decide drawn cases and compare with their answers, per label; print how well the confidence tells the truth.

A hit is a payment that is applied by itself exactly as it was meant: the same items, the same amounts. A wrong one is
applied otherwise. All else is left to a person; "right first" says how often the best proposal is the answer then.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict

from bench.matching.cases import FEE_MAX, MAKERS, Case, World, draw_world
from quittance.core.matching import (
    CandidatePool,
    FamilyRules,
    MatchDecision,
    MatchOutcome,
    PayerDirectory,
    decide_lines,
)

BINS = ((0, 500), (500, 800), (800, 900), (900, 950), (950, 990), (990, 1000))


def decide(world: World) -> tuple[list[MatchDecision], float]:
    """Decide all cases, each by itself (two cases may want one item), and say how many seconds it took."""
    rules = {one.family: FamilyRules(small_difference_minor=FEE_MAX) for one in world.customers}
    pool = CandidatePool(
        (item for customer in world.customers for item in customer.items), closed_references=world.closed
    )
    directory = PayerDirectory(
        ibans=[(one.iban, one.family) for one in world.customers if one.iban],
        names=[(one.name, one.family) for one in world.customers],
    )
    started = time.perf_counter()
    decisions = []
    for case in world.cases:
        payers = {case.line.id: directory.identify(case.line)}
        decisions += decide_lines(lines=[case.line], payers=payers, pool=pool, rules=rules)
    return decisions, time.perf_counter() - started


def judge(case: Case, decision: MatchDecision) -> str:
    """Return what became of a case: hit, wrong, first (a person sees the answer first), asked."""
    if decision.outcome is MatchOutcome.APPLY and decision.proposal is not None:
        return "hit" if case.answer and decision.proposal.lines == case.answer else "wrong"
    best = next(iter(decision.alternatives), None)
    return "first" if best is not None and case.answer and best.lines == case.answer else "asked"


def main() -> None:
    """Print the table of labels, the totals against the goals, and the calibration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="", help="print the cases of this label that are no hits")
    options = parser.parse_args()
    world = draw_world(seed=options.seed, cases=options.cases)
    decisions, seconds = decide(world)
    judged = [(case, decision, judge(case, decision)) for case, decision in zip(world.cases, decisions, strict=True)]
    items = sum(len(customer.items) for customer in world.customers)
    print(f"{len(judged):,} payments, {items:,} open items, {len(world.customers):,} customers, seed {options.seed}")
    print(f"{seconds:.1f} s, {1e6 * seconds / len(judged):.0f} µs a payment\n")
    _print_labels(judged)
    _print_goals(judged)
    _print_calibration(judged)
    for case, decision, what in judged:
        if options.show and case.label == options.show and what != "hit":
            best = decision.proposal or next(iter(decision.alternatives), None)
            print(what, decision.reason.value, case.line.amount_minor, repr(case.line.text), case.answer[:4])
            print("   ", best and (best.strategy.value, best.confidence, best.lines[:4], best.differences))


def _print_labels(judged: list[tuple[Case, MatchDecision, str]]) -> None:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case, _, what in judged:
        counts[case.label][what] += 1
    print(f"{'label':<36}{'cases':>7}{'hit %':>8}{'wrong':>7}{'right first %':>15}{'else %':>8}")
    for label in MAKERS:
        count = counts[label]
        total = count.total()
        left = count["first"] + count["asked"]
        first = f"{100 * count['first'] / total:.1f}" if left else "-"
        print(
            f"{label:<36}{total:>7,}{100 * count['hit'] / total:>8.1f}{count['wrong']:>7}{first:>15}"
            f"{100 * count['asked'] / total:>8.1f}"
        )


def _print_goals(judged: list[tuple[Case, MatchDecision, str]]) -> None:
    named = [what for case, _, what in judged if case.is_named]
    hits = sum(1 for _, _, what in judged if what == "hit")
    applied = sum(1 for _, decision, _ in judged if decision.outcome is MatchOutcome.APPLY)
    wrong = sum(1 for _, _, what in judged if what == "wrong")
    untellable = sum(1 for case, _, what in judged if not case.answer and what == "wrong")
    print(f"\nwith a usable reference: {100 * named.count('hit') / len(named):.2f} % hit (goal 98)")
    print(f"of all payments:         {100 * hits / len(judged):.2f} % hit (goal 90)")
    print(f"wrong of those applied:  {100 * wrong / max(applied, 1):.3f} % (goal 0.1), {wrong} of {applied:,}")
    print(f"applied though nobody can tell: {untellable} (goal 0)\n")


def _print_calibration(judged: list[tuple[Case, MatchDecision, str]]) -> None:
    print("stated confidence   proposals   right")
    for low, high in BINS:
        best = [
            (case, decision.proposal or decision.alternatives[0])
            for case, decision, _ in judged
            if decision.proposal or decision.alternatives
        ]
        mine = [(case, one) for case, one in best if low <= one.confidence < high]
        right = sum(1 for case, one in mine if case.answer == one.lines)
        share = f"{100 * right / len(mine):.1f} %" if mine else "-"
        print(f"{low / 10:>5.0f} to {high / 10:>5.0f} %   {len(mine):>9,}   {share:>7}")


if __name__ == "__main__":
    main()
