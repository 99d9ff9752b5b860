"""What axe-core finds in a page."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"


def findings(page: Page) -> list[str]:
    """Everything that axe-core calls serious or critical."""
    # Our pages' Trusted Types refuse a script tag; the debugger may evaluate.
    page.evaluate(AXE.read_text() + "; undefined")
    report: dict[str, Any] = page.evaluate("() => axe.run(document, {iframes: false})")
    return [
        f"{found['id']}: {node['html'][:120]} {node['failureSummary']}"
        for found in report["violations"]
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]
