"""Addresses of the pages of remittances."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import remittance_columns, remittances

urlpatterns = [
    path("", remittances.remittance_list, name="remittance_list"),
    path("import/", remittances.remittance_import, name="remittance_import"),
    path("import/<int:batch_id>/columns/", remittance_columns.remittance_columns, name="remittance_columns"),
    path("<int:remittance_id>/", remittances.remittance_detail, name="remittance_detail"),
    path("<int:remittance_id>/ignore/", remittances.remittance_ignore, name="remittance_ignore"),
    path("<int:remittance_id>/expect/", remittances.remittance_expect, name="remittance_expect"),
]
