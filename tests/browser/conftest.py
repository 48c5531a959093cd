"""A real browser on a real server: its own process, its own database, the demo company at a small scale."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.chromium import find_chromium
from tests.platform.conftest import environment

START_SECONDS_MAX = 90
SignIn = Callable[[str], Page]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The server under test: its address, its database, its data folder."""

    url: str
    database_url: str
    data_dir: Path

    def run(self, *arguments: str) -> str:
        """Run a `quittance` command on this site's database; return what it printed."""
        return _quittance(self.database_url, self.data_dir, *arguments)


def _environment(database_url: str, data_dir: Path) -> dict[str, str]:
    return environment(QUITTANCE_DATABASE_URL=database_url, QUITTANCE_DATA_DIR=str(data_dir), QUITTANCE_DEMO="1")


def _quittance(database_url: str, data_dir: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "quittance.cli.main", "--debug", *arguments],
        env=_environment(database_url, data_dir), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    """Prepare a database and serve it; both are gone at the end."""
    data_dir = tmp_path_factory.mktemp("site")
    server, _, _ = os.environ["QUITTANCE_DATABASE_URL"].rpartition("/")
    name = f"browser_{worker_id}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    database_url = f"{server}/{name}"
    _quittance(database_url, data_dir, "migrate")
    _quittance(database_url, data_dir, "demo", "--scale", "0.05")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = subprocess.Popen(
        [sys.executable, "-m", "quittance.cli.main", "web", "--port", str(port)],
        env=_environment(database_url, data_dir),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_served(web, url)
        yield Site(url=url, database_url=database_url, data_dir=data_dir)
    finally:
        web.terminate()
        web.wait(30)


def _wait_until_served(web: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        assert web.poll() is None, "the web server ended by itself"
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the web server doesn't answer")


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    return site.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "locale": "en-GB",
        "timezone_id": "Europe/Paris",
        "viewport": {"width": 1440, "height": 900},
        "reduced_motion": "reduce",
    }


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that must not complain: script errors and refused resources fail the test."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:  # a 4xx is the test's own business
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture(scope="session")
def sessions(site: Site, browser: Browser) -> dict[str, Any]:
    """The sign-ins done so far, by role: signing in is tested once, not before every test."""
    return {}


@pytest.fixture
def sign_in(page: Page, site: Site, sessions: dict[str, Any]) -> SignIn:
    """Sign the page in as the demo's person of a role: `collector`, `credit manager`, `cash clerk`, ..."""
    from quittance.cli.demo import SIGN_INS

    def sign(role: str) -> Page:
        person = next(person for person in SIGN_INS if person.role.lower() == role.lower())
        if role not in sessions:
            page.goto("/account/login/")
            page.get_by_label("E-mail").fill(person.email)
            page.get_by_label("Password").fill(person.password)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "/account/login" not in url)
            sessions[role] = page.context.cookies()
        else:
            page.context.add_cookies(sessions[role])
        return page

    return sign


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark these tests, and put them last: Playwright leaves an event loop behind that others trip over."""
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    others = [item for item in items if here not in item.path.parents]
    if find_chromium() is None:
        config.hook.pytest_deselected(items=ours)
        items[:] = others
    else:
        items[:] = others + ours
