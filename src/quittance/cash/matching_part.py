"""One part of a large match run as a process of its own: `services.dividing` starts it and says what to do.

It reads what it is to decide, tells which items it wants, reads which lines others want the same items for, carries out
its decisions and tells the counts; each is a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date, datetime
from typing import Any


def main() -> None:
    """Do what the other side of the pipes asks; end quietly when it is gone."""
    # Whatever prints must not speak into the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        _work(
            lambda: json.loads(sys.stdin.readline() or "null"),
            lambda value: print(json.dumps(value), file=answers, flush=True),
        )
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(1)


def _work(read: Callable[[], Any], tell: Callable[[Any], None]) -> None:
    order = read()
    if order is None:
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quittance.config.settings")
    import django

    django.setup()
    from quittance.cash.services.matching import decide_receipts
    from quittance.foundation import clock
    from quittance.foundation.permissions import Actor

    with ExitStack() as stack:
        if order["moment"]:
            stack.enter_context(clock.frozen(datetime.fromisoformat(order["moment"])))
        label, user_id = order["actor"]
        decided = decide_receipts(
            company_id=order["company_id"],
            as_of=date.fromisoformat(order["as_of"]),
            actor=Actor(label=label, user_id=user_id),
            may_apply=order["may_apply"],
            ids=order["ids"],
        )
        tell(decided.wanted())
        rivals = read()
        if rivals is not None:
            tell(asdict(decided.carry_out(rivals=rivals)))


if __name__ == "__main__":
    main()
