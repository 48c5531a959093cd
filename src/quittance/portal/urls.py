"""Addresses of the customer's pages."""

from __future__ import annotations

from django.urls import path

from quittance.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("statement.csv", views.statement, name="statement"),
]
