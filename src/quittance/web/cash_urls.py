"""Addresses of the cash pages."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import (
    cash,
    cash_asking,
    cash_deciding,
    cash_expected,
    cash_reports,
    cash_statements,
    cash_suspense,
    learnt,
    statement_columns,
)

urlpatterns = [
    path("", cash.desk, name="cash_desk"),
    path("lines/", cash.line_list, name="cash_line_list"),
    path("lines/<int:transaction_id>/", cash.line, name="cash_line"),
    path("lines/<int:transaction_id>/pick/", cash_deciding.line_pick, name="cash_pick"),
    path("lines/<int:transaction_id>/return/", cash_deciding.line_return, name="cash_return"),
    path("lines/<int:transaction_id>/undo/", cash_deciding.line_undo, name="cash_undo"),
    path("lines/<int:transaction_id>/set-aside/", cash_deciding.line_set_aside, name="cash_set_aside"),
    path("lines/<int:transaction_id>/unidentified/", cash_deciding.line_keep_unidentified, name="cash_unidentified"),
    path("lines/<int:transaction_id>/bring-back/", cash_deciding.line_bring_back, name="cash_bring_back"),
    path("lines/<int:transaction_id>/split/", cash_deciding.line_split, name="cash_split"),
    path("lines/<int:transaction_id>/split-by-debits/", cash_deciding.line_split_by_debits, name="cash_split_debits"),
    path("lines/<int:transaction_id>/merge/", cash_deciding.line_merge, name="cash_merge"),
    path("lines/<int:transaction_id>/hold/", cash_asking.line_hold, name="cash_hold"),
    path("lines/<int:transaction_id>/take/", cash_asking.line_take, name="cash_take"),
    path("lines/<int:transaction_id>/ask/", cash_asking.line_ask, name="cash_ask"),
    path("questions/<int:question_id>/answer/", cash_asking.question_answer, name="cash_answer"),
    path("requests/<int:request_id>/approve/", cash_asking.request_approve, name="cash_approve"),
    path("requests/<int:request_id>/refuse/", cash_asking.request_refuse, name="cash_refuse"),
    path("proposals/<int:proposal_id>/accept/", cash_deciding.proposal_accept, name="cash_accept"),
    path("proposals/<int:proposal_id>/reject/", cash_deciding.proposal_reject, name="cash_reject"),
    path("learnt/", learnt.learnt_list, name="learnt_list"),
    path("learnt/new/", learnt.payer_new, name="payer_new"),
    path("learnt/payers/<int:identity_id>/", learnt.payer_detail, name="payer_detail"),
    path("learnt/payers/<int:identity_id>/switch/", learnt.payer_switch, name="payer_switch"),
    path("learnt/payers/<int:identity_id>/move/", learnt.payer_move, name="payer_move"),
    path("learnt/payers/<int:identity_id>/forget/", learnt.payer_forget, name="payer_forget"),
    path("learnt/habits/<int:customer_id>/<str:strategy>/", learnt.habit_detail, name="habit_detail"),
    path("learnt/habits/<int:customer_id>/<str:strategy>/switch/", learnt.habit_switch, name="habit_switch"),
    path("learnt/habits/<int:customer_id>/<str:strategy>/forget/", learnt.habit_forget, name="habit_forget"),
    path("reports/", cash_reports.reports, name="cash_reports"),
    path("suspense/", cash_suspense.suspense, name="cash_suspense"),
    path("suspense/money/", cash_suspense.suspense_money, name="cash_suspense_money"),
    path("expected/", cash_expected.expected, name="cash_expected"),
    path("expected/list/", cash_expected.expected_list, name="cash_expected_list"),
    path("statements/", cash_statements.statement_list, name="statement_list"),
    path("statements/import/", cash_statements.statement_import, name="statement_import"),
    path("statements/import/<int:batch_id>/columns/", statement_columns.statement_columns, name="statement_columns"),
    path("statements/<int:statement_id>/", cash_statements.statement_detail, name="statement_detail"),
]
