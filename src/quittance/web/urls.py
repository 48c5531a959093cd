"""Addresses of the staff's pages; each area adds its own lines."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import home

urlpatterns = [
    path("", home.home, name="home"),
]
