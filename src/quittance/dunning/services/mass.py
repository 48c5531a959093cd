"""Send one text to accounts that a person chose: a run like any other, of these accounts and with that text."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from quittance.core.dunning import DunningMedium
from quittance.dunning.chosen import FREE_TEXT, MEDIA
from quittance.dunning.media import media_ready
from quittance.dunning.messages.free import FreeTexts, check_free_texts, written_in
from quittance.dunning.messages.own import TextProblem
from quittance.dunning.messages.texts import LEVELS
from quittance.dunning.models import DunningRun
from quittance.dunning.services.policies import ensure_default_policy
from quittance.dunning.services.recording import fill_run
from quittance.foundation import clock, jobs
from quittance.foundation.permissions import Actor

_CHOSEN = """
INSERT INTO dunning_chosenaccount (run_id, account_id)
SELECT %(run)s, a.id FROM parties_customeraccount a WHERE a.id = ANY(%(accounts)s) ORDER BY a.id
"""
_COMPANIES = "SELECT DISTINCT company_id FROM parties_customeraccount WHERE id = ANY(%s) ORDER BY company_id"


class NobodyChosen(Exception):
    """No account that exists was chosen."""


class UnknownText(Exception):
    """There is no such text, or nothing that could carry it by that medium."""


class OwnWordsRefused(Exception):
    """The words are wrong; `problems` says by language what and where."""

    def __init__(self, problems: dict[str, list[TextProblem]]) -> None:
        super().__init__("; ".join(f"{language}: {one.code}" for language, found in problems.items() for one in found))
        self.problems = problems


def list_mass_media() -> list[DunningMedium]:
    """Return the media by which a text can be sent to chosen accounts today."""
    return [medium for medium in MEDIA if medium in media_ready()]


def start_mass_run(
    *,
    account_ids: Iterable[int],
    message_code: str,
    medium: str,
    actor: Actor,
    free_texts: FreeTexts | None = None,
) -> int:
    """Write a run of today over the chosen accounts and queue its preparation; return its id.

    Nothing leaves by it before a person has released it, whatever the policies of the accounts say. `free_texts` are
    the words, by language, of a message of code FREE_TEXT.

    :raises NobodyChosen: :raises UnknownText: :raises NoWords: :raises OwnWordsRefused:
    """
    with transaction.atomic():
        run_id = _new_run(account_ids, message_code, medium, actor, free_texts or {})
        jobs.app.configure_task("dunning.fill_run").defer(run_id=run_id)
    return run_id


def prepare_mass_run(
    *,
    account_ids: Iterable[int],
    message_code: str,
    medium: str,
    actor: Actor,
    free_texts: FreeTexts | None = None,
) -> int:
    """Do the same and evaluate the accounts here and now; return the run's id.

    :raises NobodyChosen: :raises UnknownText: :raises NoWords: :raises OwnWordsRefused:
    """
    with transaction.atomic():
        run_id = _new_run(account_ids, message_code, medium, actor, free_texts or {})
    fill_run(run_id=run_id)
    return run_id


def _new_run(account_ids: Iterable[int], message_code: str, medium: str, actor: Actor, free_texts: FreeTexts) -> int:
    if message_code not in (*LEVELS, FREE_TEXT) or medium not in list_mass_media():
        raise UnknownText(f"nothing says {message_code} by {medium}")
    texts = _own_words(free_texts, medium) if message_code == FREE_TEXT else {}
    ensure_default_policy()
    wanted = sorted(set(account_ids))
    with connection.cursor() as cursor:
        cursor.execute(_COMPANIES, [wanted])
        company_ids = [row[0] for row in cursor.fetchall()]
        if not company_ids:
            raise NobodyChosen("no account was chosen")
        run = DunningRun.objects.create(
            origin=DunningRun.Origin.MASS,
            message_code=message_code,
            medium=medium,
            free_texts=texts,
            company_id=company_ids[0] if len(company_ids) == 1 else None,
            company_ids=company_ids,
            as_of=clock.today(),
            created_by_id=actor.user_id,
            created_by_label=actor.label,
            created_at=clock.now(),
        )
        cursor.execute(_CHOSEN, {"run": run.pk, "accounts": wanted})
    return run.pk


def _own_words(texts: FreeTexts, medium: str) -> dict[str, dict[str, str]]:
    problems = check_free_texts(texts, medium=medium)
    if problems:
        raise OwnWordsRefused(problems)
    return written_in(texts)
