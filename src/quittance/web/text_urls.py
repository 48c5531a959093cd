"""Addresses of the texts of messages."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import sms_texts, templates_editor

urlpatterns = [
    path("", templates_editor.text_list, name="text_list"),
    path("sms/<slug:code>/", sms_texts.sms_text_edit, name="sms_text_edit"),
    path("sms/<slug:code>/preview/", sms_texts.sms_text_frame, name="sms_text_frame"),
    path("sms/<slug:code>/shipped/", sms_texts.sms_text_shipped, name="sms_text_shipped"),
    path("sms/<slug:code>/withdraw/", sms_texts.sms_text_withdraw, name="sms_text_withdraw"),
    path("<slug:code>/", templates_editor.text_edit, name="text_edit"),
    path("<slug:code>/preview/", templates_editor.text_frame, name="text_frame"),
    path("<slug:code>/shipped/", templates_editor.text_shipped, name="text_shipped"),
    path("<slug:code>/withdraw/", templates_editor.text_withdraw, name="text_withdraw"),
]
