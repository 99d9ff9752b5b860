"""The wire of the inspector: where to sign in, and a run's execution as a graph."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from invoice_export.contracts.terms import Wire


class InspectorConfig(Wire):
    """What the page must know before anybody has signed in.

    ``workshop_url`` is there on local stages only: it hands out tokens for the
    sample users. Elsewhere people sign in with the issuer, as ``client_id``, and end
    their session there at ``sign_out_url``, or where the issuer's own description says.
    """

    stage: str
    issuer: str
    client_id: str | None
    audience: str
    scope: str
    sign_out_url: str | None = None
    workshop_url: str | None
    console_url: str | None


class StateStatus(StrEnum):
    """How a run passed a state; ``stopped`` is what a cancellation cut short."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRIED = "retried"
    FAILED = "failed"
    STOPPED = "stopped"
    DONE = "done"


class EdgeKind(StrEnum):
    """Why the machine goes from one state to another."""

    NEXT = "next"
    CHOICE = "choice"
    CATCH = "catch"


class RetryRule(Wire):
    """Errors that a state is tried again after, and how often."""

    errors: list[str]
    max_attempts: int


class StateFailure(Wire):
    """One failed attempt."""

    error: str
    cause: str | None
    at: datetime


class GraphState(Wire):
    """A state as the definition declares it and as this execution passed it.

    ``attempts`` and ``failures`` count over all pages of a Map; of ``errors`` only
    the last few are told. Page counts are there for a Map only.
    """

    name: str
    type: str
    parent: str | None
    comment: str | None
    timeout_seconds: int | None
    retry_rules: list[RetryRule]
    status: StateStatus
    entered_at: datetime | None
    exited_at: datetime | None
    attempts: int
    failures: int
    errors: list[StateFailure]
    pages_done: int | None
    pages_total: int | None


class GraphEdge(Wire):
    """A transition; ``taken`` when this execution went that way."""

    source: str
    target: str
    kind: EdgeKind
    taken: bool


class RunGraph(Wire):
    """The deployed state machine, coloured by the run's present execution.

    Without an execution (queued, or its history is gone) every state waits.
    ``complete`` is false when the middle of a very long history was left out.
    """

    run_id: UUID
    attempt: int
    execution_arn: str | None
    execution_status: str | None
    complete: bool
    start_at: str
    states: list[GraphState]
    edges: list[GraphEdge]
