"""Addresses of the staff's pages; each area adds its own lines."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import home, insight, ui

urlpatterns = [
    path("", home.home, name="home"),
    path("insight/", insight.dashboard, name="insight"),
    path("insight/history/", insight.history, name="insight_history"),
    path("insight/aged-balance/", insight.aged_balance, name="aged_balance"),
    path("insight/<slug:code>/", insight.indicator, name="insight_indicator"),
    path("ui/", ui.components, name="ui"),
    path("ui/toast/", ui.components_toast, name="ui_toast"),
    path("ui/panel/", ui.components_panel, name="ui_panel"),
    path("preference/", ui.preference, name="preference"),
    path("saved-views/", ui.saved_view_create, name="saved_view_create"),
    path("saved-views/<int:view_id>/delete/", ui.saved_view_delete, name="saved_view_delete"),
]
