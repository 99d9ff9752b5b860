"""Anything that people, workers and the clock may do, in any order that is found.

Safety is looked at after each step, liveness at the end: whatever was done, one sweep
and the machine's own progress bring every run to its end.
"""

from collections.abc import Iterator
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
ORDER = ("plan_pages", "write_page", "compose_file", "send_email", "finish_run")

Step = tuple[RunRef, str, dict[str, Any]]


class Exports(RuleBasedStateMachine):
    """Two organisations, four people, a cap of two, and a machine that is slow."""

    lab: Laboratory
    advanced = 0
    examples = 0

    def __init__(self) -> None:
        super().__init__()
        self.lab.reset()
        self.lab.max_running = 2
        self.lab.events = False
        # Where each execution stands: the state that it is about to enter.
        self.states: dict[str, str] = {}
        # Calls that a worker made once; a zombie makes them again at any time.
        self.past: list[Step] = []
        type(self).examples += 1

    # People

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

    # The machine

    @rule(n=ANY)
    def advance(self, n: int) -> None:
        self._advance(n)

    @rule(n=ANY)
    def advance_again(self, n: int) -> None:
        """So that runs get somewhere: most of what happens in life is progress."""
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
            error = {"Error": "StorageUnavailableError", "Cause": ""}
            self._call(ref, "finish_run", {"error": error})
            self._end(execution)

    # What dies, and what comes back

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
        self.lab.act_as("sweep", self.lab.sweep)

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
                for m in self.lab.ses.sent_messages
                if str(run["id"]) in m.body and "is ready" in m.subject
            ]
            assert len(told) <= 1
            assert not told or run["status"] in {"running", "completed"}

    def teardown(self) -> None:
        for execution in list(self.lab.machine.executions):
            while execution.status == "RUNNING":
                self._step(execution)
        for _ in range(2 * len(self.lab.rows("SELECT 1 FROM exports")) + 1):
            self.lab.pass_time(3600)
            self.lab.act_as("sweep", self.lab.sweep)
            for execution in list(self.lab.machine.executions):
                while execution.status == "RUNNING":
                    self._step(execution)
        assert violations(self.lab) == []

    # How it is done

    def _some_run(self, n: int) -> dict[str, Any] | None:
        runs = self.lab.rows("SELECT * FROM exports ORDER BY id")
        return runs[n % len(runs)] if runs else None

    def _some_execution(self, n: int) -> Any:
        going = [e for e in self.lab.machine.executions if e.status == "RUNNING"]
        return going[n % len(going)] if going else None

    def _advance(self, n: int) -> None:
        if execution := self._some_execution(n):
            self._step(execution)
            type(self).advanced += 1

    def _step(self, execution: Any) -> None:
        ref = RunRef.model_validate_json(execution.execution_input)
        state = self.states.get(execution.name, "plan_pages")
        if state == "write_page":
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
            more = {"kind": "completed"} if state == "send_email" else {}
            good = self._call(ref, state, more)
        if not good:
            error = {"Error": "RunNotActiveError", "Cause": ""}
            if self._call(ref, "finish_run", {"error": error}):
                self._end(execution)
            else:
                self.lab.pass_time(60)
        elif state == "finish_run":
            self._end(execution)
        else:
            self.states[execution.name] = ORDER[ORDER.index(state) + 1]

    def _end(self, execution: Any) -> None:
        execution.status = "FAILED"
        execution.error = "StorageUnavailableError"

    def _call(self, ref: RunRef, step: str, more: dict[str, Any]) -> bool:
        self.past.append((ref, step, more))
        payload = ref.dump() | more
        if step == "finish_run":
            payload["stateMachineArn"] = self.lab.machine.arn
        try:
            getattr(self.lab, step)(payload)
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
    assert Exports.advanced > 4 * Exports.examples
