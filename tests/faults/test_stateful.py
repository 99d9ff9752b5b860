"""People, workers and the clock act in any order that Hypothesis finds.

Safety is checked after each step and liveness at the end: one sweep and the state
machine's own progress bring every run to its end.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from moto import mock_aws

from invoice_export.contracts.workflow import RunRef
from invoice_export.errors import ExportError
from local.config import Laptop
from tests.faults.invariants import violations
from tests.faults.laboratory import Laboratory
from tests.fix_postgres import TestDatabase

PEOPLE = st.sampled_from(["user_alice", "user_bob", "user_carol", "user_dave"])
ANY = st.integers(0, 30)
ORDER = ("plan", "write", "compose", "mail", "finish")

Step = tuple[RunRef, str, dict[str, Any]]


class Exports(RuleBasedStateMachine):
    """Two organisations, four people, a cap of two, and a machine that is slow."""

    lab: Laboratory
    advanced = 0
    examples = 0

    def __init__(self) -> None:
        super().__init__()
        self.lab.reset()
        self.lab.lane = replace(self.lab.lane, max_running=2)
        self.lab.events = False
        # The state that each execution enters next.
        self.states: dict[str, str] = {}
        # Calls that a worker has made; a zombie repeats them at any time.
        self.past: list[Step] = []
        type(self).examples += 1

    @initialize(user=PEOPLE)
    def first_start(self, user: str) -> None:
        self.lab.click(user)

    @rule(user=PEOPLE)
    def start(self, user: str) -> None:
        self.lab.click(user)

    @rule(n=ANY)
    def cancel(self, n: int) -> None:
        if run := self._some_run(n):
            self.lab.cancel(run["id"], run["requested_by"])

    @rule(n=ANY)
    def retry(self, n: int) -> None:
        if run := self._some_run(n):
            self.lab.retry(run["id"], run["requested_by"])

    @rule(n=ANY)
    def advance(self, n: int) -> None:
        self._advance(n)

    @rule(n=ANY)
    def advance_again(self, n: int) -> None:
        """Several steps in a row, because in life most of what happens is progress."""
        for _ in range(4):
            self._advance(n)

    @rule(n=ANY)
    def advance_to_the_end(self, n: int) -> None:
        for _ in range(10):
            self._advance(n)

    @rule(n=ANY)
    def fail(self, n: int) -> None:
        """The state that some execution is in fails for good."""
        if execution := self._some_execution(n):
            ref = RunRef.model_validate_json(execution.execution_input)
            self._call(ref, "finish", {"error": "StorageUnavailableError"})
            self._end(execution)

    @rule(n=ANY)
    def execution_dies(self, n: int) -> None:
        if execution := self._some_execution(n):
            execution.status = "ABORTED"

    @rule(n=ANY)
    @precondition(lambda self: self.past)
    def zombie(self, n: int) -> None:
        ref, step, more = self.past[n % len(self.past)]
        self._call(ref, step, more)

    @rule()
    def sweep(self) -> None:
        self.lab.act_as("sweep", self.lab.sweep_runs)

    @rule()
    def claims_expire(self) -> None:
        self.lab.pass_time(3600)

    @invariant()
    def nothing_is_ever_wrong(self) -> None:
        runs = self.lab.rows("SELECT * FROM exports")
        running = [run["organization_id"] for run in runs if run["status"] == "running"]
        assert len(running) == len(set(running)) <= 2
        for run in runs:
            told = [
                m
                for m in self.lab.cloud.ses.sent_messages
                if str(run["id"]) in m.body and "is ready" in m.subject
            ]
            assert len(told) <= 1
            assert not told or run["status"] in {"running", "completed"}

    def teardown(self) -> None:
        for execution in list(self.lab.cloud.machine.executions):
            while execution.status == "RUNNING":
                self._step(execution)
        for _ in range(2 * len(self.lab.rows("SELECT 1 FROM exports")) + 1):
            self.lab.pass_time(3600)
            self.lab.act_as("sweep", self.lab.sweep_runs)
            for execution in list(self.lab.cloud.machine.executions):
                while execution.status == "RUNNING":
                    self._step(execution)
        assert violations(self.lab) == []

    def _some_run(self, n: int) -> dict[str, Any] | None:
        runs = self.lab.rows("SELECT * FROM exports ORDER BY id")
        return runs[n % len(runs)] if runs else None

    def _some_execution(self, n: int) -> Any:
        going = [e for e in self.lab.cloud.machine.executions if e.status == "RUNNING"]
        return going[n % len(going)] if going else None

    def _advance(self, n: int) -> None:
        if execution := self._some_execution(n):
            self._step(execution)
            type(self).advanced += 1

    def _step(self, execution: Any) -> None:
        ref = RunRef.model_validate_json(execution.execution_input)
        state = self.states.get(execution.name, "plan")
        if state == "write":
            row = self.lab.run(ref.run_id)
            done = {
                page["page"]
                for page in self.lab.rows(
                    "SELECT page FROM export_pages WHERE run_id = %s", ref.run_id
                )
            }
            left = [n for n in range(1, (row["pages_total"] or 0) + 1) if n not in done]
            good = not left or self._call(ref, state, {"page": left[0]})
            if good and left[1:]:
                return
        else:
            good = self._call(ref, state, {})
        if not good:
            if self._call(ref, "finish", {"error": "RunNotActiveError"}):
                self._end(execution)
            else:
                self.lab.pass_time(60)
        elif state == "finish":
            self._end(execution)
        else:
            self.states[execution.name] = ORDER[ORDER.index(state) + 1]

    def _end(self, execution: Any) -> None:
        execution.status = "FAILED"
        execution.error = "StorageUnavailableError"

    def _call(self, ref: RunRef, step: str, more: dict[str, Any]) -> bool:
        self.past.append((ref, step, more))
        try:
            getattr(self.lab, step)(ref, **more)
        except ExportError:
            return False
        return True


@pytest.fixture
def lab(database: TestDatabase, cluster: Laptop) -> Iterator[Laboratory]:
    with mock_aws():
        lab = Laboratory.build(
            database.app_url, cluster.url_of("postgres", database.name)
        )
        yield lab
        lab.db.close()
        for idle in lab.idle:
            idle.close()
        lab.admin.close()


def test_any_order_of_events_keeps_the_promise(
    lab: Laboratory, everything: bool, figures: list[str]
) -> None:
    Exports.lab = lab
    Exports.advanced = Exports.examples = 0
    run_state_machine_as_test(
        Exports,
        settings=settings(
            max_examples=150 if everything else 20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not everything,
        ),
    )
    figures.append(
        f"stateful: {Exports.examples} histories, {Exports.advanced} advances"
    )
    # The histories follow from this file's text: every change draws others.
    assert Exports.advanced > 3 * Exports.examples
