"""Reads docs/adapt.md: the files and the commands that it tells a reader to write."""

import re
from functools import cache

from local.config import ROOT

PAGE = ROOT / "docs" / "adapt.md"
DATASETS = "layers/invoice_export/python/invoice_export/datasets"
FILE = re.compile(
    r"^`([\w/.]+)`\n```(?:sql|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@cache
def listings() -> dict[str, str]:
    """Return each file of the page: its path in ``DATASETS``, and its text."""
    return dict(FILE.findall(PAGE.read_text("utf-8")))


def commands_of(heading: str) -> list[str]:
    """Return the shell blocks of a section, in their order."""
    return blocks_of(heading, "sh")


def blocks_of(heading: str, language: str) -> list[str]:
    """Return the blocks of one language below a heading, up to the next one."""
    page = PAGE.read_text("utf-8")
    (section,) = re.findall(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL
    )
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
