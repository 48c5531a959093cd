"""A real browser on a real server: its own processes, its own database, the demo company at a small scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from quittance.cli.demo import SIGN_INS
from tests import databases
from tests.browser.looking import watch
from tests.browser.site import Site, serve
from tests.chromium import find_chromium

SignIn = Callable[..., Page]
AddSession = Callable[..., None]
PAGE_SECONDS_MAX = 15


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    """Copy the demo's database and serve it; both are gone at the end."""
    data_dir, name = tmp_path_factory.mktemp("site"), f"browser_{worker_id}"
    with serve(database_url=databases.copy_demo(name=name, data_dir=data_dir), data_dir=data_dir) as found:
        yield found
    databases.drop(name)


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
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(PAGE_SECONDS_MAX * 1000)
    return context


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that must not complain: script errors, refused and missing resources fail the test."""
    complaints = watch(page)
    yield page
    assert complaints == []


@pytest.fixture(scope="session")
def add_session(site: Site) -> AddSession:
    """Sign a context in as the demo's person of a role: the form is sent without being drawn, once a role.

    `is_fresh` gives a session of one's own, for tests that leave something in it.
    """
    known: dict[str, Any] = {}

    def add(context: BrowserContext, role: str, *, is_fresh: bool = False) -> None:
        person = next(person for person in SIGN_INS if person.role == role)
        if role not in known or is_fresh:
            cookies = _cookies(context, site.url, person.email, person.password)
            if not is_fresh:
                known[role] = cookies
        else:
            context.add_cookies(known[role])

    return add


@pytest.fixture
def sign_in(page: Page, add_session: AddSession) -> SignIn:
    """Sign the test's page in, or another one, in English; return it."""

    def sign(role: str, *, is_fresh: bool = False, page: Page = page) -> Page:
        add_session(page.context, role, is_fresh=is_fresh)
        return page

    return sign


def _cookies(context: BrowserContext, url: str, email: str, password: str) -> Any:
    def token() -> str:
        return next(str(cookie["value"]) for cookie in context.cookies() if cookie["name"] == "csrftoken")

    context.request.get(f"{url}/account/login/")
    form = {"csrfmiddlewaretoken": token(), "login": email, "password": password}
    assert context.request.post(f"{url}/account/login/", form=form, headers={"Referer": url}).ok
    headers = {"X-CSRFToken": token(), "Accept": "application/json"}
    assert context.request.post(f"{url}/preference/", form={"language": "en"}, headers=headers).ok
    return context.cookies()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark these tests, and put them last: Playwright leaves an event loop behind that others trip over.

    Last of them those of reminders: whoever was just reminded needs no call, and Today has none left.
    """
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    ours.sort(key=lambda item: item.path.stem == "test_reminders")
    for item in ours:
        item.add_marker(pytest.mark.browser)
    others = [item for item in items if here not in item.path.parents]
    if find_chromium() is None:
        config.hook.pytest_deselected(items=ours)
        items[:] = others
    else:
        items[:] = others + ours
