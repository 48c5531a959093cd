"""Addresses of the causes of delay and of what is done about them."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import actions, causes

urlpatterns = [
    path("insight/why-late/", causes.causes, name="delay_causes"),
    path("insight/actions/", actions.action_list, name="action_list"),
    path("insight/actions/new/", actions.action_new, name="action_new"),
    path("insight/actions/<int:action_id>/", actions.action_detail, name="action_detail"),
    path("insight/actions/<int:action_id>/close/", actions.action_close, name="action_close"),
    path("insight/actions/<int:action_id>/reopen/", actions.action_reopen, name="action_reopen"),
]
