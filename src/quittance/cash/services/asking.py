"""Ask a colleague about a bank line, and answer."""

from __future__ import annotations

from django.db import transaction as db_transaction

from quittance.cash.errors import NotForYou, QuestionNotFound, TransactionNotFound
from quittance.cash.models import BankTransaction, LineQuestion
from quittance.cash.services.lines import record_line
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.people import list_people


@db_transaction.atomic
def ask_colleague(*, transaction_id: int, asked_to_id: int, text: str, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Ask one of our people about a bank line and return the question's id.

    :raises CashError: TransactionNotFound, NotForYou (the person does not see the company, or is oneself)
    """
    row = BankTransaction.objects.select_related("bank_account").filter(pk=transaction_id).first()
    if row is None or not scope.allows_company(row.bank_account.company_id) or actor.user_id is None:
        raise TransactionNotFound(f"no bank line {transaction_id}")
    people = dict(list_people(scope=Scope(company_ids=frozenset({row.bank_account.company_id}))))
    if asked_to_id not in people or asked_to_id == actor.user_id or not text.strip():
        raise NotForYou("ask somebody else who sees the company, and ask something")
    question = LineQuestion.objects.create(
        transaction=row, asked_by_id=actor.user_id, asked_to_id=asked_to_id, text=text.strip(), asked_at=clock.now()
    )
    record_line(
        row=row, actor=actor, kind="transaction.asked", payload={"to": people[asked_to_id], "text": question.text}
    )
    return question.id


@db_transaction.atomic
def answer_question(*, question_id: int, text: str, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Answer a question that was put to this person and return the id of the bank line.

    :raises CashError: QuestionNotFound, NotForYou (it was put to somebody else, or is answered)
    """
    found = LineQuestion.objects.filter(pk=question_id).select_related("transaction__bank_account").first()
    if found is None or not scope.allows_company(found.transaction.bank_account.company_id):
        raise QuestionNotFound(f"no question {question_id}")
    if found.asked_to_id != actor.user_id or not text.strip():
        raise NotForYou("only who was asked answers, with something")
    fresh = LineQuestion.objects.filter(pk=question_id, answered_at__isnull=True)
    if not fresh.update(answer=text.strip(), answered_at=clock.now()):
        raise NotForYou("it is answered already")
    record_line(row=found.transaction, actor=actor, kind="transaction.answered", payload={"text": text.strip()})
    return found.transaction_id
