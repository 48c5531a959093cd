"""Addresses of late-payment interest."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import interest

urlpatterns = [
    path("accounts/<int:account_id>/interest/", interest.account_interest, name="account_interest"),
    path("accounts/<int:account_id>/interest/decide/", interest.interest_decide, name="interest_decide"),
    path("accounts/<int:account_id>/interest/rate/", interest.agreed_rate_add, name="agreed_rate_add"),
    path("interest/<int:claim_id>/change/", interest.claim_change, name="interest_change"),
]
