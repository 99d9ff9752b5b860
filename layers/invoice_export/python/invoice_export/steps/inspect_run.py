"""Shows a run's execution as the deployed state machine, coloured by its history."""

import json
import re
from uuid import UUID

from invoice_export import errors
from invoice_export.adapters.executions import Executions
from invoice_export.adapters.histories import Histories, History
from invoice_export.adapters.postgres import Database
from invoice_export.adapters.rows import RunRow
from invoice_export.contracts.terms import RunStatus
from invoice_export.domain.machine import Machine, State, parse_machine
from invoice_export.domain.passage import Event, Journey, follow, status_of
from invoice_export.inspection import (
    EdgeKind,
    GraphEdge,
    GraphState,
    RetryRule,
    RunGraph,
    StateFailure,
    StateStatus,
)
from invoice_export.steps.find_run import find_run

# Only what we or the engine wrote ourselves is shown: an unforeseen exception may
# quote a row.
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
    """Return the graph of the run's present generation.

    Raises :class:`NotFoundError`, also for another's run, and
    :class:`WorkflowUnavailableError`.
    """
    with db.tenant(organization_id) as tx:
        run = find_run(tx, RunRow, "get_run", run_id)
    arn = None
    if run.execution_name is not None and run.status is not RunStatus.QUEUED:
        arn = run.execution_arn or executions.arn(run.execution_name)
    history = histories.read(arn) if arn else None
    machine = parse_machine(histories.definition(arn if history else None))
    journey = follow(
        machine,
        history.events if history else [],
        cancelled=run.status is RunStatus.CANCELLED,
    )
    return RunGraph(
        run_id=run.id,
        attempt=run.generation,
        execution_arn=arn if history else None,
        execution_status=(journey.ending or "RUNNING") if history else None,
        complete=_complete(history),
        start_at=machine.start_at,
        states=[_state(machine, journey, state, run) for state in _ordered(machine)],
        edges=[
            GraphEdge(
                source=edge.source,
                target=edge.target,
                kind=EdgeKind(edge.kind),
                taken=journey.took(edge),
            )
            for edge in machine.edges
        ],
    )


def _complete(history: History | None) -> bool:
    return history is None or history.complete


def _ordered(machine: Machine) -> list[State]:
    return list(machine.states.values())


def _state(machine: Machine, journey: Journey, state: State, run: RunRow) -> GraphState:
    passage = journey.passages[state.name]
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
        status=StateStatus(status_of(machine, journey, state.name)),
        entered_at=passage.entered_at,
        exited_at=passage.exited_at,
        attempts=passage.attempts,
        failures=passage.failures,
        errors=[_failure(event) for event in passage.errors],
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
    """Return the message of what Lambda reports as JSON, without its stack."""
    try:
        report = json.loads(cause)
    except ValueError:
        return cause
    if isinstance(report, dict):
        return str(report.get("errorMessage", ""))
    return cause
