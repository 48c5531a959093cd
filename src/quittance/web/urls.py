"""Addresses of the staff's pages; each area adds its own lines."""

from __future__ import annotations

from django.urls import include, path

from quittance.web.views import calls, home, insight, mailbox, notices, runs, today, ui

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("quittance.web.customer_urls")),
    path("insight/", insight.dashboard, name="insight"),
    path("insight/history/", insight.history, name="insight_history"),
    path("insight/aged-balance/", insight.aged_balance, name="aged_balance"),
    path("insight/<slug:code>/", insight.indicator, name="insight_indicator"),
    path("cash/", include("quittance.web.cash_urls")),
    path("reminders/", runs.run_list, name="run_list"),
    path("reminders/prepare/", runs.run_create, name="run_create"),
    path("reminders/<int:run_id>/", runs.run_detail, name="run_detail"),
    path("reminders/<int:run_id>/progress/", runs.run_progress, name="run_progress"),
    path("reminders/<int:run_id>/release/", runs.run_release, name="run_release"),
    path("reminders/<int:run_id>/cancel/", runs.run_cancel, name="run_cancel"),
    path("reminders/<int:run_id>/exclude/", runs.run_exclude, name="run_exclude"),
    path("reminders/decisions/<int:decision_id>/", notices.decision_detail, name="decision_detail"),
    path("reminders/decisions/<int:decision_id>/message/", notices.decision_message, name="decision_message"),
    path("reminders/notices/<int:notice_id>/", notices.notice_detail, name="notice_detail"),
    path("reminders/notices/<int:notice_id>/message/", notices.notice_message, name="notice_message"),
    path("reminders/notices/<int:notice_id>/resolve/", notices.notice_resolve, name="notice_resolve"),
    path("reminders/accounts/<int:account_id>/", notices.account_reminders, name="account_reminders"),
    path("reminders/accounts/<int:account_id>/hold/", notices.account_block, name="account_block"),
    path("reminders/accounts/<int:account_id>/holds/<int:block_id>/end/", notices.block_lift, name="block_lift"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/empty/", mailbox.mailbox_empty, name="mailbox_empty"),
    path("mailbox/<int:message_id>/", mailbox.mailbox_message, name="mailbox_message"),
    path("mailbox/<int:message_id>/html/", mailbox.mailbox_html, name="mailbox_html"),
    path("today/", today.today, name="today"),
    path("today/tasks/reopen/", today.task_reopen, name="task_reopen"),
    path("today/tasks/bulk/", today.task_bulk, name="task_bulk"),
    path("today/tasks/<int:task_id>/done/", today.task_done, name="task_done"),
    path("today/tasks/<int:task_id>/snooze/", today.task_snooze, name="task_snooze"),
    path("accounts/<int:account_id>/call/", calls.account_call, name="account_call"),
    path("accounts/<int:account_id>/promise/", calls.account_promise, name="account_promise"),
    path("accounts/<int:account_id>/dispute/", calls.account_dispute, name="account_dispute"),
    path("accounts/<int:account_id>/why-late/", calls.account_reason, name="account_reason"),
    path("today/promises/<int:promise_id>/undo/", calls.promise_undo, name="promise_undo"),
    path("today/disputes/<int:dispute_id>/undo/", calls.dispute_undo, name="dispute_undo"),
    path("ui/", ui.components, name="ui"),
    path("ui/toast/", ui.components_toast, name="ui_toast"),
    path("ui/panel/", ui.components_panel, name="ui_panel"),
    path("preference/", ui.preference, name="preference"),
    path("saved-views/", ui.saved_view_create, name="saved_view_create"),
    path("saved-views/<int:view_id>/delete/", ui.saved_view_delete, name="saved_view_delete"),
]
