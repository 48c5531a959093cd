"""Addresses of payment plans."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import plan_answers, plans

urlpatterns = [
    path("items/plan/", plans.item_plan, name="item_plan"),
    path("plans/", plans.plan_list, name="plan_list"),
    path("plans/<int:plan_id>/", plans.plan_detail, name="plan_detail"),
    path("plans/<int:plan_id>/accept/", plans.plan_accept, name="plan_accept"),
    path("plans/<int:plan_id>/send/", plans.plan_send, name="plan_send"),
    path("plans/<int:plan_id>/cancel/", plans.plan_cancel, name="plan_cancel"),
    path("plan/<str:token>/", plan_answers.plan_answer, name="plan_answer"),
]
