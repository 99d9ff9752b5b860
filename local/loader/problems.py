"""Why a file cannot be loaded, line by line."""

from dataclasses import dataclass
from pathlib import Path

from local.errors import LaptopError

SHOWN = 10


class CsvError(LaptopError):
    """The file, or a line of it, cannot be loaded."""


@dataclass
class Tally:
    """Counts what is not an error, and keeps the line of the first case."""

    count: int = 0
    first: int | None = None

    def add(self, line: int) -> None:
        """Count one more."""
        self.count += 1
        if self.first is None:
            self.first = line

    def __str__(self) -> str:
        return f"{self.count}, the first in line {self.first}"


class Problems:
    """Collects the errors of single lines; keeps only as many as it shows."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._count = 0
        # An unknown status is usually in many lines.
        self._unknown: dict[str, Tally] = {}

    def add(self, line: int, complaint: str) -> None:
        """Add an error of one line."""
        self._count += 1
        if self._count <= SHOWN:
            self._shown.append(f"line {line}: {complaint}")

    def add_unknown(self, line: int, complaint: str) -> None:
        """Add an error that many lines share; it is shown once."""
        self._unknown.setdefault(complaint, Tally()).add(line)

    def refuse(self, path: Path) -> None:
        """Raise CsvError if there is any error."""
        entries = [
            f"line {seen.first}: {complaint}"
            + (f" ({seen.count} lines have it)" if seen.count > 1 else "")
            for complaint, seen in self._unknown.items()
        ]
        hidden = self._count - len(self._shown) + max(0, len(entries) - SHOWN)
        entries = self._shown + entries[:SHOWN]
        if entries:
            raise CsvError(f"{path}: nothing was loaded.\n{listed(entries, hidden)}")


def counted(count: int, what: str) -> str:
    """Return ``1 row`` or ``1000 rows``."""
    return f"{count} {what}" + ("" if count == 1 else "s")


def listed(entries: list[str], hidden: int = 0) -> str:
    """Return one entry per line, and how many are not shown."""
    more = [f"and {hidden} more"] if hidden else []
    return "\n".join(f"  {entry}" for entry in [*entries, *more])
