"""The words for a run: its status, and what its pages see."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The life of a run; the last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class Consistency(StrEnum):
    """What the pages of one export see.

    ``pages``: each page reads its own snapshot, in parallel, and can be resumed.
    ``snapshot``: one worker reads all pages from a single snapshot and starts over if
    it dies.
    """

    PAGES = "pages"
    SNAPSHOT = "snapshot"
