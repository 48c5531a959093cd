"""Addresses of segments."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import segments

urlpatterns = [
    path("settings/segments/", segments.segment_list, name="segment_list"),
    path("settings/segments/new/", segments.segment_new, name="segment_new"),
    path("settings/segments/draft/", segments.segment_draft, name="segment_draft"),
    path("settings/segments/refresh/", segments.segment_refresh, name="segment_refresh"),
    path("settings/segments/<int:segment_id>/", segments.segment_detail, name="segment_detail"),
    path("settings/segments/<int:segment_id>/edit/", segments.segment_edit, name="segment_edit"),
    path("settings/segments/<int:segment_id>/use/", segments.segment_use, name="segment_use"),
    path("settings/segments/<int:segment_id>/move/", segments.segment_move, name="segment_move"),
    path("accounts/<int:account_id>/segments/", segments.account_segments, name="account_segments"),
]
