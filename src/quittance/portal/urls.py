"""Addresses of the customer's pages."""

from __future__ import annotations

from django.urls import path

from quittance.portal import tell, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("items/<int:item_id>/paid/", tell.tell_paid, name="tell_paid"),
    path("items/<int:item_id>/reason/", tell.tell_reason, name="tell_reason"),
    path("statement.csv", views.statement, name="statement"),
]
