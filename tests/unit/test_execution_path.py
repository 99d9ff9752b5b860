"""Traces executions from AWS histories and from histories without event chains."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from invoice_export.domain.execution_path import (
    Event,
    ExecutionPath,
    status_of,
    trace_path,
)
from invoice_export.domain.machine import Machine, parse_machine

DEFINITION = Path(__file__).parents[2] / "statemachine" / "export_invoices.asl.json"
START = datetime(2026, 1, 1, tzinfo=UTC)

Told = tuple[str, str | None, int | None]


@pytest.fixture(scope="module")
def machine() -> Machine:
    return parse_machine(json.loads(DEFINITION.read_text()))


def events(*told: Told) -> list[Event]:
    """Events from (type, state or error, id of the previous event); ids start at 1."""
    return [
        Event(
            id=id_,
            type=type_,
            at=START + timedelta(seconds=id_),
            previous=previous,
            state=about if type_.endswith(("Entered", "Exited")) else None,
            error=about if "Failed" in type_ else None,
        )
        for id_, (type_, about, previous) in enumerate(told, start=1)
    ]


def statuses(machine: Machine, path: ExecutionPath) -> dict[str, str]:
    return {
        name: status
        for name in machine.states
        if (status := status_of(machine, path, name)) != "waiting"
    }


def test_every_state_and_every_edge_of_the_definition_is_read(machine: Machine) -> None:
    assert machine.states["Write Page"].parent == "Write Pages"
    edges = {(edge.source, edge.target, edge.kind) for edge in machine.edges}
    assert ("Plan Pages", "Write Pages", "next") in edges
    assert ("Write Pages", "Record Failure", "catch") in edges
    assert ("Completed After All?", "Run Completed", "choice") in edges
    assert ("Completed After All?", "Send Failure Email", "choice") in edges


def test_nothing_has_happened_before_the_execution(machine: Machine) -> None:
    assert statuses(machine, trace_path(machine, [])) == {}


def test_pages_of_a_map_are_told_apart_by_their_chains(machine: Machine) -> None:
    path = trace_path(
        machine,
        events(
            ("ExecutionStarted", None, None),
            ("TaskStateEntered", "Plan Pages", 1),
            ("TaskScheduled", None, 2),
            ("TaskSucceeded", None, 3),
            ("TaskStateExited", "Plan Pages", 4),
            ("MapStateEntered", "Write Pages", 5),
            ("MapStateStarted", None, 6),
            ("MapIterationStarted", None, 7),
            ("MapIterationStarted", None, 7),
            ("TaskStateEntered", "Write Page", 8),
            ("TaskStateEntered", "Write Page", 9),
            ("TaskScheduled", None, 10),
            ("TaskScheduled", None, 11),
            ("TaskFailed", "Runtime.ExitError", 12),
            ("TaskSucceeded", None, 13),
            ("TaskScheduled", None, 14),
        ),
    )
    page = path.traces["Write Page"]
    assert (page.attempts, page.failures) == (3, 1)
    assert [event.error for event in page.errors] == ["Runtime.ExitError"]
    assert statuses(machine, path) == {
        "Plan Pages": "done",
        "Write Pages": "running",
        "Write Page": "running",
    }


def test_without_chains_an_attempt_belongs_to_what_was_entered_last(
    machine: Machine,
) -> None:
    path = trace_path(
        machine,
        events(
            ("ExecutionStarted", None, None),
            ("TaskStateEntered", "Plan Pages", None),
            ("TaskScheduled", None, None),
            ("TaskFailed", "DatabaseUnavailableError", None),
            ("TaskScheduled", None, None),
            ("TaskSucceeded", None, None),
            ("TaskStateExited", "Plan Pages", None),
            ("MapStateEntered", "Write Pages", None),
            ("TaskScheduled", None, None),
            ("TaskFailed", "Runtime.ExitError", None),
        ),
    )
    assert path.traces["Plan Pages"].attempts == 2
    assert path.traces["Write Page"].attempts == 1
    assert statuses(machine, path) == {
        "Plan Pages": "done",
        "Write Pages": "running",
        "Write Page": "retried",
    }


def test_a_caught_error_fails_its_state_and_leads_the_red_way(machine: Machine) -> None:
    path = trace_path(
        machine,
        events(
            ("TaskStateEntered", "Plan Pages", None),
            ("TaskScheduled", None, None),
            ("TaskFailed", "EmptyResultSetError", None),
            ("TaskStateExited", "Plan Pages", None),
            ("TaskStateEntered", "Record Failure", None),
            ("TaskScheduled", None, None),
            ("TaskSucceeded", None, None),
            ("TaskStateExited", "Record Failure", None),
            ("ChoiceStateEntered", "Completed After All?", None),
            ("ChoiceStateExited", "Completed After All?", None),
            ("TaskStateEntered", "Send Failure Email", None),
            ("TaskScheduled", None, None),
            ("TaskSucceeded", None, None),
            ("TaskStateExited", "Send Failure Email", None),
            ("FailStateEntered", "Run Failed", None),
            ("ExecutionFailed", "EmptyResultSetError", None),
        ),
    )
    assert statuses(machine, path) == {
        "Plan Pages": "failed",
        "Record Failure": "done",
        "Completed After All?": "done",
        "Send Failure Email": "done",
        "Run Failed": "failed",
    }
    taken = {(e.source, e.target, e.kind) for e in machine.edges if path.took(e)}
    assert taken == {
        ("Plan Pages", "Record Failure", "catch"),
        ("Record Failure", "Completed After All?", "next"),
        ("Completed After All?", "Send Failure Email", "choice"),
        ("Send Failure Email", "Run Failed", "next"),
    }


def test_what_a_cancelled_run_was_in_is_stopped_whatever_the_engine_says(
    machine: Machine,
) -> None:
    told = events(
        ("MapStateEntered", "Write Pages", None),
        ("ExecutionFailed", "States.Runtime", None),
    )
    assert statuses(machine, trace_path(machine, told)) == {"Write Pages": "failed"}
    path = trace_path(machine, told, cancelled=True)
    assert statuses(machine, path) == {"Write Pages": "stopped"}
    assert path.ending == "FAILED"
    path = trace_path(machine, told[:1], cancelled=True)
    assert statuses(machine, path) == {"Write Pages": "running"}


def test_a_stopped_execution_stops_the_state_it_was_in(machine: Machine) -> None:
    path = trace_path(
        machine,
        events(
            ("MapStateEntered", "Write Pages", None),
            ("TaskScheduled", None, None),
            ("ExecutionAborted", None, None),
            ("MapStateExited", "Write Pages", None),
        ),
    )
    assert statuses(machine, path) == {
        "Write Pages": "stopped",
        "Write Page": "stopped",
    }
