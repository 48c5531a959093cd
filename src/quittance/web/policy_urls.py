"""Addresses of policies of reminders."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import policies, policies_edit

urlpatterns = [
    path("", policies.policy_list, name="settings_policies"),
    path("draft/", policies_edit.policy_draft, name="policy_draft"),
    path("assign/", policies_edit.policy_assign, name="policy_assign"),
    path("assignments/<int:assignment_id>/undo/", policies_edit.assignment_undo, name="assignment_undo"),
    path("versions/<int:policy_id>/withdraw/", policies_edit.policy_withdraw, name="policy_withdraw"),
    path("<slug:code>/", policies.policy_detail, name="policy_detail"),
    path("<slug:code>/edit/", policies_edit.policy_edit, name="policy_edit"),
    path("<slug:code>/copy/", policies_edit.policy_copy, name="policy_copy"),
    path("<slug:code>/default/", policies_edit.policy_default, name="policy_default"),
]
