"""Addresses of the queue to the ERP."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import writeback

urlpatterns = [
    path("", writeback.entry_list, name="writeback_list"),
    path("export/", writeback.export, name="writeback_export"),
    path("again/", writeback.again, name="writeback_again"),
    path("batches/", writeback.batch_list, name="writeback_batches"),
    path("batches/<int:writeback_batch_id>/", writeback.batch_detail, name="writeback_batch"),
    path("batches/<int:writeback_batch_id>/answer/", writeback.batch_answer, name="writeback_answer"),
    path("batches/<int:writeback_batch_id>/<slug:file_format>/", writeback.batch_file, name="writeback_file"),
]
