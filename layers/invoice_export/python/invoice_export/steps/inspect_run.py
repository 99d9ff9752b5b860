"""Shows a run's execution as a graph of the deployed state machine."""

import json
import re
from uuid import UUID

from invoice_export import errors
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.histories import Histories, History
from invoice_export.contracts.inspector import (
    GraphEdge,
    GraphState,
    RetryRule,
    RunGraph,
    StateFailure,
)
from invoice_export.domain.execution_path import (
    Event,
    ExecutionPath,
    status_of,
    trace_path,
)
from invoice_export.domain.machine import Machine, State, parse_machine
from invoice_export.domain.runs import RunStatus
from invoice_export.steps.find_run import find_run
from invoice_export.store.database import Database
from invoice_export.store.runs import RunRow

# Only texts that we or the engine wrote are shown: an unforeseen exception may quote a
# row.
OURS = {
    name
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, errors.ExportError)
}
ENGINES = ("States.", "Lambda.", "Runtime.", "Sandbox.")
CAUSE_CHARACTERS = 200
ADDRESS = re.compile(r"\S+@\S+")


def inspect_run(
    db: Database,
    executions: Executions,
    histories: Histories,
    *,
    organization_id: str,
    run_id: UUID,
) -> RunGraph:
    """Return the graph of the run's current generation.

    Raises :class:`NotFoundError`, also for another organisation's run, and
    :class:`WorkflowUnavailableError`.
    """
    with db.tenant(organization_id) as tx:
        run = find_run(tx, run_id)
    arn = None
    if run.execution_name is not None and run.status is not RunStatus.QUEUED:
        arn = run.execution_arn or executions.arn(run.execution_name)
    history = histories.read(arn) if arn else None
    machine = parse_machine(histories.definition(arn if history else None))
    path = trace_path(
        machine,
        history.events if history else [],
        cancelled=run.status is RunStatus.CANCELLED,
    )
    return RunGraph(
        run_id=run.id,
        attempt=run.generation,
        execution_arn=arn if history else None,
        execution_status=(path.ending or "RUNNING") if history else None,
        complete=_complete(history),
        start_at=machine.start_at,
        states=[_state(machine, path, state, run) for state in _ordered(machine)],
        edges=[
            GraphEdge(
                source=edge.source,
                target=edge.target,
                kind=edge.kind,
                taken=path.took(edge),
            )
            for edge in machine.edges
        ],
    )


def _complete(history: History | None) -> bool:
    return history is None or history.complete


def _ordered(machine: Machine) -> list[State]:
    return list(machine.states.values())


def _state(
    machine: Machine, path: ExecutionPath, state: State, run: RunRow
) -> GraphState:
    trace = path.traces[state.name]
    pages = state.type == "Map"
    declared = state.declared
    return GraphState(
        name=state.name,
        type=state.type,
        parent=state.parent,
        comment=declared.get("Comment"),
        timeout_seconds=declared.get("TimeoutSeconds"),
        retry_rules=[
            RetryRule(errors=rule["ErrorEquals"], max_attempts=rule["MaxAttempts"])
            for rule in declared.get("Retry", [])
        ],
        status=status_of(machine, path, state.name),
        entered_at=trace.entered_at,
        exited_at=trace.exited_at,
        attempts=trace.attempts,
        failures=trace.failures,
        errors=[_failure(event) for event in trace.errors],
        pages_done=run.pages_done if pages else None,
        pages_total=run.pages_total if pages else None,
    )


def _failure(event: Event) -> StateFailure:
    name = event.error or event.type
    cause = None
    if name in OURS or name.startswith(ENGINES):
        cause = ADDRESS.sub("…", _sentence(event.cause or ""))[:CAUSE_CHARACTERS]
    return StateFailure(error=name, cause=cause or None, at=event.at)


def _sentence(cause: str) -> str:
    """Return the message of Lambda's JSON report, without the stack."""
    try:
        report = json.loads(cause)
    except ValueError:
        return cause
    if isinstance(report, dict):
        return str(report.get("errorMessage", ""))
    return cause
