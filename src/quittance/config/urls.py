"""Every address of the product."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("account/", include("quittance.web.account_urls")),
    path("api/v1/", include("quittance.api.urls")),
    path("portal/", include("quittance.portal.urls")),
    path("", include("quittance.web.urls")),
]

handler403 = "quittance.web.views.ui.permission_denied"
handler404 = "quittance.web.views.ui.page_not_found"
handler500 = "quittance.web.views.ui.server_error"
