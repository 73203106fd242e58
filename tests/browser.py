"""A real browser for tests of pages; where there is none, the tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def _chromium() -> str | None:
    named = os.environ.get("LLMCD_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


class Seen:
    """What a page did that a test wants to know."""

    def __init__(self, page: Any) -> None:
        """Listen to a page."""
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def abroad(self) -> list[str]:
        """Requests for anything but a local file or content that is in the page."""
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@contextmanager
def browser() -> Iterator[Any]:
    """A running chromium, or a skip with the reason."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("playwright is not installed: pip install 'llmcd[browser]'")
    path = _chromium()
    if path is None:
        pytest.skip("no chromium found: install it or set LLMCD_CHROMIUM to its path")
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()
