"""What the inspector reads: where to sign in, and a run's execution as a graph."""

from uuid import UUID

from invoice_export.contracts.answer import Answer, Instant
from invoice_export.domain.execution_path import StateStatus
from invoice_export.domain.machine import EdgeKind


class InspectorConfig(Answer, kw_only=True):
    """What the inspector needs before anyone has signed in.

    Only local stages have a ``workshop_url``, which issues tokens for the sample users.
    Elsewhere people sign in at the issuer as ``client_id``. They sign out at
    ``sign_out_url``, or at the end-session endpoint of the issuer's discovery document.
    """

    stage: str
    issuer: str
    client_id: str | None
    audience: str
    scope: str
    sign_out_url: str | None = None
    workshop_url: str | None
    console_url: str | None


class RetryRule(Answer):
    """The errors after which a state is retried, and how often."""

    errors: list[str]
    max_attempts: int


class StateFailure(Answer):
    """One failed attempt."""

    error: str
    cause: str | None
    at: Instant


class GraphState(Answer):
    """A state as the definition declares it, and what this execution did in it.

    ``attempts`` and ``failures`` count over all pages of a Map; ``errors`` holds the
    last few. Only a Map has page counts.
    """

    name: str
    type: str
    parent: str | None
    comment: str | None
    timeout_seconds: int | None
    retry_rules: list[RetryRule]
    status: StateStatus
    entered_at: Instant | None
    exited_at: Instant | None
    attempts: int
    failures: int
    errors: list[StateFailure]
    pages_done: int | None
    pages_total: int | None


class GraphEdge(Answer):
    """A transition; ``taken`` if this execution took it."""

    source: str
    target: str
    kind: EdgeKind
    taken: bool


class RunGraph(Answer):
    """The deployed state machine, with the status of the run's current execution.

    Without an execution (queued, or its history is gone) every state is waiting.
    ``complete`` is false if the middle of a very long history was left out.
    """

    run_id: UUID
    attempt: int
    execution_arn: str | None
    execution_status: str | None
    complete: bool
    start_at: str
    states: list[GraphState]
    edges: list[GraphEdge]
