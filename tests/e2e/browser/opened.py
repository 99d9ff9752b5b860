"""A page that is open in Chromium, and the errors that it meets."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, expect

# The first load waits for the engine to start its workers.
PATIENCE_MS = 120_000


@dataclass
class Opened:
    """A page of one user; it shows the run of an export."""

    page: Page
    errors: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note_refusal)

    def expect_status(self, status: str) -> None:
        expect(self.page.locator("#run")).to_have_attribute("data-status", status)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def _note_refusal(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)


def close_without_errors(pages: Iterable[Opened]) -> None:
    errors = [error for seen in pages for error in seen.errors]
    for seen in pages:
        seen.page.context.close()
    assert errors == []
