"""Crash points around the adapters' connections, invisible to the steps.

An effect is a committed transaction that wrote, or an AWS call that changes something.
Its name is the label of the process ("Write Page", "sweep") and what it does: the last
statement that wrote, or the client's method. A fault happens before the effect, after
it or in its place.
"""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import psycopg
from botocore.exceptions import ClientError, ReadTimeoutError
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn

from invoice_export.store import statements

# Statements that write, by their text. Locks and settings do not persist.
WRITES = {
    statements.compose(f"{drawer}.{name}"): f"{drawer}.{name}"
    for drawer in statements.drawers()
    # Its parts differ with the request, and it only reads.
    if drawer != "exported_rows"
    for name, text in statements.drawer(drawer).items()
    if any(word in text for word in ("INSERT INTO", "UPDATE ", "DELETE"))
    and "FOR NO KEY UPDATE" not in text
}
AWS_EFFECTS = {
    "put_object",
    "delete_objects",
    "create_multipart_upload",
    "upload_part",
    "complete_multipart_upload",
    "abort_multipart_upload",
    "send_email",
    "start_execution",
    "stop_execution",
}
# The error with which each service refuses a call, without an effect.
REFUSALS = {"send_email": ("Throttling", 400), "put_object": ("SlowDown", 503)}


class Died(BaseException):
    """The worker's process died; a BaseException, so no step catches it."""


class Kind(StrEnum):
    """What goes wrong."""

    DIES_BEFORE = "dies before it"
    DIES_AFTER = "dies after it"
    REFUSED = "definitive error"
    DATABASE_ERROR = "database error"
    LOST = "answer lost after it happened"
    EXHAUSTED = "fails until the retries are exhausted"
    STOPPED = "execution stopped"


def kinds_for(point: str) -> list[Kind]:
    """Return the kinds of fault that this point can have."""
    label, _, name = point.partition(": ")
    kinds = [Kind.DIES_BEFORE, Kind.DIES_AFTER, Kind.LOST, Kind.EXHAUSTED]
    kinds.append(Kind.REFUSED if name in AWS_EFFECTS else Kind.DATABASE_ERROR)
    if label.istitle():
        kinds.append(Kind.STOPPED)
    return kinds


@dataclass(frozen=True)
class Fault:
    """One fault, on the first or second pass through a point."""

    point: str
    kind: Kind
    occurrence: int


class Director(Protocol):
    """Decides what happens at each effect, and who goes on while others wait."""

    def effect(self, point: str, name: str, act: Callable[[], Any]) -> Any: ...

    def begin(self) -> None:
        """A transaction is about to begin."""

    def wait(self, connection: Any, steps: Generator[Any, Any, Any]) -> Any:
        """Take the steps that psycopg waits in; return their result."""

    def close(self, connection: Any) -> None:
        """End this connection's transaction before it closes."""


class Injector:
    """Watches every effect and injects one fault."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.stop: Callable[[], None] = lambda: None
        # What a simulation's workers have closed, for new ones.
        self.spare: list[PGconn] = []
        self.reset(None)

    def reset(self, fault: Fault | None) -> None:
        self.fault = fault
        self.fired = 0
        self.seen: Counter[str] = Counter()
        self.label = ""
        self.visit = 0
        self.dead = False
        # A scenario makes AWS refuse the next call at these points.
        self.refuse_once: set[str] = set()
        # AWS refuses every call at this point until the scenario clears it.
        self.refuse_all: str | None = None
        self._spoilt: tuple[str, int] | None = None
        # Decides about all effects and waits instead, in a simulation.
        self.director: Director | None = None

    def run_as(self, label: str, visit: int) -> None:
        """Start acting as a process; ``visit`` counts the entries into a state."""
        self.label, self.visit, self.dead = label, visit, False

    def effect(self, name: str, act: Callable[[], Any]) -> Any:
        if self.dead:
            raise Died
        point = f"{self.label}: {name}"
        if self.director is not None:
            return self.director.effect(point, name, act)
        if point == self.refuse_all:
            raise refusal(name)
        if point in self.refuse_once:
            self.refuse_once.discard(point)
            raise refusal(name)
        self.seen[point] += 1
        fault = self.fault
        if fault is None or fault.point != point:
            return act()
        if self._spoilt == (point, self.visit):
            self.fired += 1
            raise refusal(name)
        if self.fired or self.seen[point] != fault.occurrence:
            return act()
        self.fired += 1
        return self._fire(fault.kind, name, act, point)

    def _fire(self, kind: Kind, name: str, act: Callable[[], Any], point: str) -> Any:
        if kind is Kind.DIES_BEFORE:
            self.dead = True
            raise Died
        if kind in (Kind.REFUSED, Kind.DATABASE_ERROR):
            raise refusal(name)
        if kind is Kind.EXHAUSTED:
            self._spoilt = (point, self.visit)
            raise refusal(name)
        if kind is Kind.STOPPED:
            self.stop()
            return act()
        act()
        if kind is Kind.DIES_AFTER:
            self.dead = True
            raise Died
        raise silence(name)


def refusal(name: str) -> Exception:
    if name not in AWS_EFFECTS:
        return psycopg.OperationalError("the server went away before the commit")
    code, status = REFUSALS.get(name, ("ThrottlingException", 400))
    return ClientError(
        {
            "Error": {"Code": code, "Message": "not now, somebody@example.com"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        name,
    )


def silence(name: str) -> Exception:
    if name not in AWS_EFFECTS:
        return psycopg.OperationalError("the server went away after the commit")
    return ReadTimeoutError(endpoint_url="https://aws.example")


class FaultyClient:
    """A boto3 client that sends its effects through the injector."""

    def __init__(self, client: Any, injector: Injector) -> None:
        self._client, self._injector = client, injector

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in AWS_EFFECTS:
            return method

        def call(**request: Any) -> Any:
            return self._injector.effect(name, lambda: method(**request))

        return call


class FaultyCursor(psycopg.Cursor[Any]):
    """Reports every commit with changes to the injector."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        connection: Any = self.connection
        injector: Injector = connection.injector
        if injector.dead:
            raise Died

        def act() -> Any:
            return super(FaultyCursor, self).execute(query, params, **options)

        if query in WRITES:
            connection.written.append(WRITES[query])
        if query != "COMMIT":
            if str(query).startswith("BEGIN"):
                connection.written.clear()
                if injector.director is not None:
                    injector.director.begin()
            return act()
        if not connection.written:
            return act()
        return injector.effect(connection.written[-1], act)


class FaultyConnection(psycopg.Connection[Any]):
    """A connection that tracks what its transaction has written."""

    injector: Injector | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.written: list[str] = []
        # What a statement says after the server's process was left to another.
        self.parted: psycopg.OperationalError | None = None
        self.cursor_factory = FaultyCursor

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        if self.parted is not None:
            gen = _failing(self.parted)
        if self.injector is None or self.injector.director is None:
            return super().wait(gen, *arguments, **options)
        return self.injector.director.wait(self, gen)

    @property
    def closed(self) -> bool:
        return self.parted is not None or super().closed

    def close(self) -> None:
        if self.injector is not None and self.injector.director is not None:
            self.injector.director.close(self)
        super().close()

    def part(self, error: psycopg.OperationalError) -> None:
        """Leave the server's process to a connection to come; statements fail here."""
        assert self.injector is not None
        self.pgconn.exec_(b"ROLLBACK")
        self.injector.spare.append(self.pgconn)
        self.parted = error


def _failing(error: Exception) -> Generator[Any, Any, Any]:
    """Fail in the first step that psycopg waits for."""
    raise error
    yield


def faulty_connector(url: str, injector: Injector) -> Callable[[], FaultyConnection]:
    def connect() -> FaultyConnection:
        spare = _renewed(injector.spare)
        connection = FaultyConnection(spare) if spare else FaultyConnection.connect(url)
        connection.autocommit, connection.prepare_threshold = True, None
        connection.injector = injector
        return connection

    return connect


def _renewed(spare: list[PGconn]) -> PGconn | None:
    """Return one that the server still knows, without anything of its last session."""
    while spare:
        found = spare.pop()
        known = found.status == ConnStatus.OK and found.exec_(b"DISCARD ALL")
        if known and known.status == ExecStatus.COMMAND_OK:
            return found
        found.finish()
    return None
