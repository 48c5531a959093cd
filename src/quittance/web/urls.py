"""Addresses of the staff's pages; each area adds its own lines."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import home, ui

urlpatterns = [
    path("", home.home, name="home"),
    path("ui/", ui.components, name="ui"),
    path("ui/toast/", ui.components_toast, name="ui_toast"),
    path("ui/panel/", ui.components_panel, name="ui_panel"),
    path("preference/", ui.preference, name="preference"),
    path("saved-views/", ui.saved_view_create, name="saved_view_create"),
    path("saved-views/<int:view_id>/delete/", ui.saved_view_delete, name="saved_view_delete"),
]
