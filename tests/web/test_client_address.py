"""Who asks, behind proxies that are trusted and others; and what the environment may say of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import reverse

from quittance.config.proxy_env import trusted_proxies
from quittance.web.client_address import client_address, client_network

TRUSTED = "10.0.0.5, 10.1.0.0/16,fd00::/8"
CASES = """
connection     | forwarded                        | who
203.0.113.7    | -                                | 203.0.113.7
203.0.113.7    | 198.51.100.1                     | 203.0.113.7
10.0.0.5       | -                                | 10.0.0.5
10.0.0.5       | 198.51.100.1                     | 198.51.100.1
10.0.0.5       | 6.6.6.6, 198.51.100.1            | 198.51.100.1
10.0.0.5       | 198.51.100.1, 10.1.2.3           | 198.51.100.1
10.0.0.5       | 10.1.2.3, 10.1.2.4               | 10.1.2.3
10.0.0.5       | 198.51.100.1, nonsense           | 10.0.0.5
10.0.0.5       | nonsense, 198.51.100.1, 10.1.2.3 | 198.51.100.1
::ffff:10.0.0.5| 198.51.100.1                     | 198.51.100.1
fd00::1        | 2001:db8::9                      | 2001:db8::9
-              | 198.51.100.1                     | -
"""


@pytest.fixture
def proxies(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUITTANCE_TRUSTED_PROXIES", TRUSTED)
    settings.QUITTANCE_TRUSTED_PROXIES = trusted_proxies()


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize("line", CASES.strip().splitlines()[1:])
def test_only_a_trusted_proxy_is_believed(line: str) -> None:
    connection, forwarded, who = ("" if part.strip() == "-" else part.strip() for part in line.split("|"))
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=connection, **headers)
    assert client_address(request) == who


def test_an_address_of_ipv6_counts_with_its_network() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    assert client_network(request) == "2001:db8:1:2::/64"
    assert client_network(RequestFactory().get("/", REMOTE_ADDR="203.0.113.7")) == "203.0.113.7"


def test_without_the_setting_nobody_is_believed_and_nonsense_in_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUITTANCE_TRUSTED_PROXIES", raising=False)
    assert trusted_proxies() == ()
    monkeypatch.setenv("QUITTANCE_TRUSTED_PROXIES", "proxy.example.com")
    with pytest.raises(ImproperlyConfigured, match="QUITTANCE_TRUSTED_PROXIES"):
        trusted_proxies()


@pytest.mark.django_db
@pytest.mark.usefixtures("proxies")
def test_who_tries_links_is_counted_alone_behind_a_proxy_and_cannot_pretend_to_be_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quittance.promises.visits.VISITS_A_MINUTE_MAX", 2)
    bad = reverse("plan_answer", args=["nothing"])

    def ask(connection: str, forwarded: str) -> int:
        return Client().get(bad, REMOTE_ADDR=connection, HTTP_X_FORWARDED_FOR=forwarded).status_code

    assert [ask("10.0.0.5", "198.51.100.1") for _turn in range(3)] == [404, 404, 429]
    assert ask("10.0.0.5", "198.51.100.2") == 404  # another behind the same proxy
    # Without the proxy the header is what the caller makes it.
    assert [ask("203.0.113.7", f"198.51.100.{turn}") for turn in range(10, 13)] == [404, 404, 429]
