"""Addresses of the import pages."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import import_mapping, import_upload, imports

urlpatterns = [
    path("", imports.import_list, name="import_list"),
    path("new/", import_upload.import_new, name="import_new"),
    path("<int:batch_id>/", imports.import_detail, name="import_detail"),
    path("<int:batch_id>/progress/", imports.import_progress, name="import_progress"),
    path("<int:batch_id>/columns/", import_mapping.import_columns, name="import_columns"),
    path("<int:batch_id>/items/", imports.import_items, name="import_items"),
    path("<int:batch_id>/restart/", imports.import_restart, name="import_restart"),
    path("<int:batch_id>/discard/", imports.import_discard, name="import_discard"),
]
