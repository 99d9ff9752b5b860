"""The sizes of layers and functions, unpacked and zipped, and their budgets.

Lambda accepts 250 MB for a function and its layers, unpacked. The budgets are far
lower: small functions start fast, and whatever grows gets a look before its release.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Size:
    """A folder's size in bytes."""

    unpacked: int
    zipped: int

    def __str__(self) -> str:
        return (
            f"{self.unpacked / MEGABYTE:6.2f} MB unpacked,"
            f"{self.zipped / MEGABYTE:6.2f} MB zipped"
        )

    def __add__(self, other: "Size") -> "Size":
        return Size(self.unpacked + other.unpacked, self.zipped + other.zipped)

    def fits(self, budget: "Size") -> bool:
        return self.unpacked <= budget.unpacked and self.zipped <= budget.zipped


LAYER_BUDGETS = {
    "invoice_export": Size(1 * MEGABYTE, 500_000),
    "vendor": Size(38 * MEGABYTE, 13 * MEGABYTE),
    "tokens": Size(20 * MEGABYTE, 7 * MEGABYTE),
}
# A function's own code, and its code with all its layers.
CODE_BUDGET = Size(500_000, 200_000)
FUNCTION_BUDGET = Size(70 * MEGABYTE, 22 * MEGABYTE)


class OverBudgetError(Exception):
    """A layer or function exceeds its budget. The message is one line."""


def measure(folder: Path) -> Size:
    """Measure a folder as it is uploaded."""
    archive = io.BytesIO()
    unpacked = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                content = file.read_bytes()
                unpacked += len(content)
                target.writestr(file.relative_to(folder).as_posix(), content)
    return Size(unpacked, archive.tell())


def check(name: str, size: Size, budget: Size) -> None:
    """Raises :class:`OverBudgetError`."""
    if not size.fits(budget):
        raise OverBudgetError(f"{name} exceeds its budget: {size}; allowed: {budget}")
