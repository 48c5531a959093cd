"""Addresses of the cash pages."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import cash, cash_statements, statement_columns

urlpatterns = [
    path("", cash.desk, name="cash_desk"),
    path("lines/", cash.line_list, name="cash_line_list"),
    path("lines/<int:transaction_id>/", cash.line, name="cash_line"),
    path("lines/<int:transaction_id>/pick/", cash.line_pick, name="cash_pick"),
    path("lines/<int:transaction_id>/return/", cash.line_return, name="cash_return"),
    path("lines/<int:transaction_id>/undo/", cash.line_undo, name="cash_undo"),
    path("lines/<int:transaction_id>/set-aside/", cash.line_set_aside, name="cash_set_aside"),
    path("lines/<int:transaction_id>/bring-back/", cash.line_bring_back, name="cash_bring_back"),
    path("proposals/<int:proposal_id>/accept/", cash.proposal_accept, name="cash_accept"),
    path("proposals/<int:proposal_id>/reject/", cash.proposal_reject, name="cash_reject"),
    path("statements/", cash_statements.statement_list, name="statement_list"),
    path("statements/import/", cash_statements.statement_import, name="statement_import"),
    path("statements/import/<int:batch_id>/columns/", statement_columns.statement_columns, name="statement_columns"),
    path("statements/<int:statement_id>/", cash_statements.statement_detail, name="statement_detail"),
]
