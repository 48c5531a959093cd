"""Addresses of messages that leave, of those that come in, and of the public way out of courtesy messages."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import messages, receipts, replies, stopping

urlpatterns = [
    path("messages/", messages.message_list, name="message_list"),
    path("messages/<int:transmission_id>/", messages.message_detail, name="message_detail"),
    path("messages/<int:transmission_id>/html/", messages.message_html, name="message_html"),
    path("messages/<int:transmission_id>/resolve/", messages.message_resolve, name="message_resolve"),
    path("messages/<int:transmission_id>/repeat/", messages.message_repeat, name="message_repeat"),
    path("messages/files/<int:file_id>/", messages.message_file, name="message_file"),
    path("messages/replies/", replies.reply_list, name="reply_list"),
    path("messages/replies/<int:inbound_id>/", replies.reply_detail, name="reply_detail"),
    path("messages/replies/<int:inbound_id>/read/", replies.reply_mark, name="reply_mark"),
    path("messages/replies/<int:inbound_id>/give/", replies.reply_assign, name="reply_assign"),
    path("messages/replies/<int:inbound_id>/account/", replies.reply_account, name="reply_account"),
    path("receipts/<slug:channel>/<slug:token>/", receipts.sms_report, name="sms_report"),
    path("stop/<str:token>/", stopping.stop, name="stop_courtesy"),
]
