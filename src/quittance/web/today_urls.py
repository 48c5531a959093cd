"""Addresses of Today beyond the list itself: batches, assignment, calls in a row, the team."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import call_queue, team_page, today_work

urlpatterns = [
    path("tasks/bulk/", today_work.task_bulk, name="task_bulk"),
    path("tasks/bulk/ask/", today_work.task_bulk_ask, name="task_bulk_ask"),
    path("tasks/<int:task_id>/assign/", today_work.task_assign, name="task_assign"),
    path("calls/", call_queue.call_queue, name="call_queue"),
    path("team/", team_page.team, name="team"),
    path("team/<int:user_id>/target/", team_page.target, name="team_target"),
]
