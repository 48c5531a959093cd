"""The letter that a decision would become, whatever medium it goes by: to look at, or to print by hand."""

from __future__ import annotations

from quittance.dunning.chosen import is_free
from quittance.dunning.deciding import decide_again
from quittance.dunning.messages import content_of
from quittance.dunning.messages.copies import letter_pdf
from quittance.dunning.messages.free import in_own_words
from quittance.dunning.messages.own import own_texts
from quittance.dunning.models import DunningDecision
from quittance.dunning.stored import read_decision
from quittance.foundation import clock


def render_decision_letter(*, decision_id: int) -> bytes | None:
    """Return the PDF of a decision as it would leave now; None when nothing would. Eleven queries.

    :raises DunningDecision.DoesNotExist: when there is none of that id.
    :raises LetterNotWritten: :raises TextError:
    """
    run_as_of = DunningDecision.objects.values_list("run__as_of", flat=True).get(pk=decision_id)
    day = max(clock.today(), run_as_of)
    stored = read_decision(decision_id=decision_id, as_of=day)
    decision = decide_again(decision=stored.decision, account=stored.account, as_of=day)
    if decision.outcome != "SEND":
        return None
    content = content_of(account=stored.account, decision=decision, as_of=day)
    if is_free(decision) and stored.free_texts:
        content, words = in_own_words(content=content, texts=stored.free_texts)
        return letter_pdf(content=content, account=stored.account, decision=decision, level=words)
    level = own_texts(level=content.level, language=content.language, medium="LETTER", day=day)
    return letter_pdf(content=content, account=stored.account, decision=decision, level=level)
