"""A real browser for tests: Chromium from Debian's packages, else the one Playwright brings."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dev.stage import locked

DEBIAN = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_SECONDS = 300


def find_chromium() -> Path | None:
    """Where Chromium is, installing it if need be; None means Playwright's own. Fails if neither."""
    # One process of the test run installs, the others wait for it.
    with locked(path=Path("var/chromium.lock").absolute()):
        return _find_or_install()


def _find_or_install() -> Path | None:
    if DEBIAN.exists():
        return DEBIAN
    troubles: list[str] = []
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        troubles = [_try(["apt-get", "update", "-qq"]), _try(install)]
        if DEBIAN.exists():
            return DEBIAN
    if (trouble := _try([sys.executable, "-m", "playwright", "install", "chromium"])) == "":
        return None
    said = "\n".join(filter(None, [*troubles, trouble]))
    pytest.fail(
        "These tests need Chromium, and it could not be installed. As root on Debian: "
        f"`apt-get install chromium`; else: `playwright install chromium`.\n{said}",
        pytrace=False,
    )


def _try(command: list[str]) -> str:
    """Run it; nothing if it went well, else its last words."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{' '.join(command)}: {error}"
    words = (done.stderr or done.stdout).strip().splitlines()[-3:]
    return "" if done.returncode == 0 else f"{' '.join(command)}: {' '.join(words)}"


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A running Chromium."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(path) if path else None, args=ARGUMENTS
        )
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """A shopper's window, which remembers every complaint of the page: errors and CSP violations."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self._miss(request.url, request.failure))

    def _hear(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind == "error" or "Content Security Policy" in text:
            self.complaints.append(text)

    def _miss(self, url: str, why: str | None) -> None:
        # A page that is left while it still asks for something is no fault.
        if why != "net::ERR_ABORTED":
            self.complaints.append(f"{url}: {why}")
