"""Take the pictures of the README: the demo company at full scale, in a real browser, on a server of their own.

    make screenshots                                     everything, on a fresh demo in a temporary folder
    .venv/bin/python tools/screenshots.py --only today   pictures whose name begins so
    ... --url http://127.0.0.1:8000                      on a demo that runs already

A PNG that is too large for the README is taken as JPEG instead.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from quittance.cli.demo import SIGN_INS

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
BYTES_MAX = 240_000
START_SECONDS_MAX = 1200
LAPTOP, PHONE = (1440, 900), (390, 844)
Scheme = Literal["light", "dark"]


def _nothing(page: Page) -> None:
    """Show the page as it opens."""


def _first_row(page: Page) -> None:
    page.locator("tbody tr a").first.click()
    page.wait_for_load_state("networkidle")


def _next_task(page: Page) -> None:
    """Go on from the run of the day to the first customer."""
    if page.get_by_role("link", name="Review the run").count():
        page.keyboard.press("n")
        page.wait_for_load_state("networkidle")


def _line_with_explanation(page: Page) -> None:
    """Open a waiting line that has an explanation to accept."""
    page.get_by_role("row").filter(has_text="explanation").get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: who looks at what, how wide, how bright; `steps` are done on the page before."""

    name: str
    role: str
    path: str
    size: tuple[int, int] = LAPTOP
    scheme: Scheme = "light"
    steps: Callable[[Page], None] = _nothing


SHOTS = (
    Shot(name="today", role="Collector", path="/today/", steps=_next_task),
    Shot(name="today-dark", role="Collector", path="/today/", scheme="dark", steps=_next_task),
    Shot(name="today-phone", role="Collector", path="/today/", size=PHONE, steps=_next_task),
    Shot(name="customer", role="Collector", path="customer:Durand & Fils"),
    Shot(name="customer-phone", role="Collector", path="customer:Durand & Fils", size=PHONE),
    Shot(name="items", role="Collector", path="/items/"),
    Shot(name="run-review", role="Credit manager", path="/reminders/", steps=_first_row),
    Shot(name="cash-desk", role="Cash application clerk", path="/cash/", steps=_line_with_explanation),
    Shot(name="insight", role="CFO", path="/insight/"),
    Shot(name="insight-dark", role="CFO", path="/insight/", scheme="dark"),
    Shot(name="imports", role="Credit manager", path="/imports/"),
    Shot(name="portal-phone", role="Customer, on the portal", path="/portal/", size=PHONE),
)


@contextlib.contextmanager
def demo_server() -> Iterator[str]:
    """Run Quittance on a temporary folder; give its address once it is served."""
    with tempfile.TemporaryDirectory(prefix="quittance-pictures-") as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QUITTANCE_")}
        environment["QUITTANCE_DATA_DIR"] = folder
        server = subprocess.Popen(
            [sys.executable, "-m", "quittance.cli.main", "run", "--port", str(port)], env=environment
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_served(server, url)
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _wait_until_served(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("Quittance ended by itself; see above.")
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("Quittance did not start in time.")


def sign_in(browser: Browser, url: str, role: str) -> BrowserContext:
    """Return a context signed in as a person of the demo, in English."""
    person = next(person for person in SIGN_INS if person.role == role)
    context = browser.new_context(base_url=url, locale="en-GB", timezone_id="Europe/Paris")
    page = context.new_page()
    page.goto("/account/login/")
    page.locator("#id_login").fill(person.email)
    page.locator("#id_password").fill(person.password)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(lambda address: "/account/login" not in address)
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    done = page.request.post(
        f"{url}/preference/", form={"language": "en"}, headers={"X-CSRFToken": token, "Accept": "application/json"}
    )
    assert done.ok, f"the language could not be chosen: {done.status}"
    page.close()
    return context


def take(browser: Browser, url: str, state: BrowserContext, shot: Shot) -> Path:
    """Take one picture and return its file."""
    width, height = shot.size
    context = browser.new_context(
        base_url=url, storage_state=state.storage_state(), viewport={"width": width, "height": height},
        color_scheme=shot.scheme, locale="en-GB", timezone_id="Europe/Paris", reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    if shot.path.startswith("customer:"):
        name = shot.path.removeprefix("customer:")
        page.goto("/customers/?" + "q=" + name.replace("&", "%26").replace(" ", "+"))
        page.get_by_role("link", name=re.compile(re.escape(name))).first.click()
    else:
        page.goto(shot.path)
    page.wait_for_load_state("load")
    shot.steps(page)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(1200)  # charts draw themselves
    path = _write(page, shot.name)
    context.close()
    return path


def _write(page: Page, name: str) -> Path:
    for old in (TARGET / f"{name}.png", TARGET / f"{name}.jpg"):
        old.unlink(missing_ok=True)
    picture, suffix = page.screenshot(type="png"), "png"
    if len(picture) > BYTES_MAX:
        picture, suffix = page.screenshot(type="jpeg", quality=80), "jpg"
    path = TARGET / f"{name}.{suffix}"
    path.write_bytes(picture)
    return path


def main() -> int:
    """Take the pictures asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="a running demo; otherwise one is started")
    parser.add_argument("--only", default="", help="beginning of the names of the pictures to take")
    asked = parser.parse_args()
    chromium = next((path for path in BROWSERS if Path(path).exists()), None)
    if chromium is None:
        sys.exit("There is no Chromium here (Debian, Ubuntu: apt-get install chromium).")
    TARGET.mkdir(parents=True, exist_ok=True)
    server = contextlib.nullcontext(asked.url.rstrip("/")) if asked.url else demo_server()
    with server as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--lang=en-GB"],
            env={**os.environ, "LANGUAGE": "en_GB"},
        )
        people: dict[str, BrowserContext] = {}
        for shot in (shot for shot in SHOTS if shot.name.startswith(asked.only)):
            if shot.role not in people:
                people[shot.role] = sign_in(browser, url, shot.role)
            path = take(browser, url, people[shot.role], shot)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB", flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
