"""Contracts validate input strictly and write camelCase."""

import pytest

from invoice_export.contracts.workflow.reconcile_runs import ReconcileEvent
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.contracts.workflow.write_page import WritePageInput
from invoice_export.domain.roles import Role
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import InvalidInputError

RUN = {
    "organizationId": "org_acme",
    "runId": "0191b211-d9c0-7000-8000-00000000acae",
    "generation": 2,
}


def test_execution_name_is_run_and_generation() -> None:
    run = RunRef.parse(RUN)
    assert run.execution_name == f"{RUN['runId']}-2"
    assert run.dump() == RUN


@pytest.mark.parametrize(
    "change",
    [
        {"organizationId": ""},
        {"organizationId": "a/b"},
        {"runId": "x"},
        {"generation": 0},
        {"page": 0},
        {"page": 1001},
        {"extra": 1},
    ],
)
def test_a_step_refuses_an_input_that_does_not_fit(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(change))):
        WritePageInput.parse({**RUN, "page": 1, **change})


def test_roles_are_ordered() -> None:
    assert Role.OWNER.at_least(Role.ADMIN)
    assert Role.MEMBER.at_least(Role.MEMBER)
    assert not Role.VIEWER.at_least(Role.MEMBER)


def test_terminal_states() -> None:
    assert [status for status in RunStatus if status.terminal] == [
        "completed",
        "failed",
        "cancelled",
    ]


def test_a_tick_names_no_run_and_a_status_change_does() -> None:
    assert (
        ReconcileEvent.parse({"detail-type": "Scheduled Event", "detail": {}}).run
        is None
    )
    event = ReconcileEvent.parse(
        {
            "detail-type": "Step Functions Execution Status Change",
            "detail": {
                "status": "ABORTED",
                "input": RunRef.parse(RUN).dump_json(),
            },
        }
    )
    assert event.run == RunRef.parse(RUN)
