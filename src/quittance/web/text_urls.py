"""Addresses of the texts of messages."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import templates_editor

urlpatterns = [
    path("", templates_editor.text_list, name="text_list"),
    path("<slug:code>/", templates_editor.text_edit, name="text_edit"),
    path("<slug:code>/preview/", templates_editor.text_frame, name="text_frame"),
    path("<slug:code>/shipped/", templates_editor.text_shipped, name="text_shipped"),
    path("<slug:code>/withdraw/", templates_editor.text_withdraw, name="text_withdraw"),
]
