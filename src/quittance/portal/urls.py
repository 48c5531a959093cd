"""Addresses of the customer's pages."""

app_name = "portal"
urlpatterns: list[object] = []
