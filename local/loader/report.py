"""What a load read, how it read it, and what it did."""

from collections.abc import Iterator
from dataclasses import dataclass

from local.loader.problems import counted, listed
from local.loader.rules import Existing


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The result for one organisation."""

    organization_id: str
    member: str
    is_new: bool
    new: int
    matched: int = 0
    changed: int = 0

    @property
    def rows(self) -> int:
        """All rows of this organisation in the file."""
        return self.new + self.matched

    @property
    def unchanged(self) -> int:
        """Rows that existed already with the same content."""
        return self.matched - self.changed


@dataclass(kw_only=True)
class Report:
    """The result of a load."""

    facts: list[str]
    organizations: list[Loaded]
    changed: int
    changes: list[str]
    existing: Existing
    dry_run: bool

    def lines(self) -> Iterator[str]:
        """Yield the report for the terminal, line by line."""
        yield from self.facts
        if self.changes:
            done = (
                "updated"
                if self.existing is Existing.UPDATE
                else "kept, although the file differs"
            )
            yield f"existing invoices {done}: {self.changed}"
            yield listed(self.changes, self.changed - len(self.changes))
        for one in self.organizations:
            yield self._told(one)
        if self.dry_run:
            yield "dry run: nothing was written"

    def _told(self, one: Loaded) -> str:
        changed = "updated" if self.existing is Existing.UPDATE else "kept"
        counts = [counted(one.rows, "row"), f"{one.new} new"]
        if one.changed:
            counts.append(f"{one.changed} {changed}")
        if one.unchanged:
            counts.append(f"{one.unchanged} unchanged")
        if one.is_new:
            counts.append("new organisation")
        return (
            f"{one.organization_id}: {', '.join(counts)}; export them as {one.member}"
        )
