"""Every address of the product."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("account/", include("quittance.web.account_urls")),
    path("portal/", include("quittance.portal.urls")),
    path("", include("quittance.web.urls")),
]
