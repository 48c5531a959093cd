"""Addresses of mandates and collections."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import debits, mandates

urlpatterns = [
    path("", debits.collection_list, name="debit_list"),
    path("new/", debits.collection_new, name="debit_new"),
    path("answers/", debits.status_import, name="debit_answer"),
    path("settings/", mandates.debit_settings, name="debit_settings"),
    path("<int:collection_id>/", debits.collection_detail, name="debit_detail"),
    path("<int:collection_id>/announce/", debits.collection_announce, name="debit_announce"),
    path("<int:collection_id>/export/", debits.collection_export, name="debit_export"),
    path("<int:collection_id>/file/", debits.collection_file, name="debit_file"),
    path("<int:collection_id>/settle/", debits.collection_settle, name="debit_settle"),
    path("<int:collection_id>/cancel/", debits.collection_cancel, name="debit_cancel"),
    path("one/<int:instruction_id>/take-out/", debits.instruction_take_out, name="debit_take_out"),
    path("one/<int:instruction_id>/again/", debits.instruction_again, name="debit_again"),
    path("mandates/", mandates.mandate_list, name="mandate_list"),
    path("mandates/<int:mandate_id>/", mandates.mandate_detail, name="mandate_detail"),
    path("mandates/<int:mandate_id>/amend/", mandates.mandate_amend, name="mandate_amend"),
    path("mandates/<int:mandate_id>/confirm/", mandates.mandate_confirm, name="mandate_confirm"),
    path("mandates/<int:mandate_id>/cancel/", mandates.mandate_cancel, name="mandate_cancel"),
    path("accounts/<int:account_id>/mandate/", mandates.mandate_new, name="mandate_new"),
]
