"""Interprets the state machine's file: retry, catch, map and choice, without waits."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.faults.injector import Died

ROOT = Path(__file__).resolve().parents[2]
DEFINITION: dict[str, Any] = json.loads(
    (ROOT / "statemachine" / "export_invoices.asl.json").read_text()
)
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:exports"

Data = dict[str, Any]
# Runs the function behind a placeholder, on behalf of the named state.
Invoke = Callable[[str, str, Data], Any]
# Waits so many seconds after this error.
Wait = Callable[[str, float], None]


class Stopped(Exception):  # noqa: N818
    """The execution was stopped and enters no further state."""


class StateFailed(Exception):  # noqa: N818
    """A state failed permanently with this error."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


class Execution:
    """One execution; a redrive goes on where the last attempt ended."""

    def __init__(
        self,
        data: Data,
        *,
        invoke: Invoke,
        stopped: Callable[[], bool],
        wait: Wait,
        enter: Callable[[str], None],
        definition: Data = DEFINITION,
    ) -> None:
        self._definition = definition
        self.history: list[Any] = [data]
        self._data = data
        self._invoke = invoke
        self._stopped = stopped
        self._wait = wait
        self._enter = enter
        self._state: str = definition["StartAt"]
        # How many iterations of the present Map have succeeded.
        self._mapped = 0
        self.at_work = False

    def run(self) -> tuple[str, str | None]:
        """Return the outcome and, after a failure, the error."""
        self.at_work = True
        try:
            return self._run()
        except Stopped:
            return "ABORTED", None
        finally:
            self.at_work = False

    def _run(self) -> tuple[str, str | None]:
        while True:
            if self._stopped():
                raise Stopped
            name = self._state
            state = self._definition["States"][name]
            if state["Type"] == "Succeed":
                return "SUCCEEDED", None
            if state["Type"] == "Fail":
                return "FAILED", resolve(state["ErrorPath"], self._data)
            if state["Type"] == "Choice":
                self._state = self._choose(state)
                continue
            try:
                if state["Type"] == "Map":
                    self._map(state)
                else:
                    self._keep(state, self._task(name, state, self._data))
                self._state = state["Next"]
            except StateFailed as exc:
                self.history.append({"error": exc.error, "cause": exc.cause})
                self._state = self._catch(state, exc)
            self._mapped = 0

    def _task(self, name: str, state: Data, data: Data, item: Any = None) -> Any:
        counts = [0] * len(state["Retry"])
        function = state["Parameters"]["FunctionName"].removeprefix("${")
        self._enter(name)
        while True:
            payload = fill(state["Parameters"]["Payload"], data, item)
            try:
                answer = self._invoke(
                    function.removesuffix("FunctionArn}"), name, payload
                )
            except Died:
                error, cause = "Lambda.Unknown", "the process died"
            except Exception as exc:  # noqa: BLE001 - Lambda reports any error by its name
                error, cause = type(exc).__name__, str(exc)
            else:
                self.history.append(answer)
                return answer
            self.history.append({"error": error, "cause": cause})
            if self._stopped():
                raise Stopped
            for index, retry in enumerate(state["Retry"]):
                if error in retry["ErrorEquals"]:
                    if counts[index] == retry["MaxAttempts"]:
                        raise StateFailed(error, cause)
                    rate = retry["BackoffRate"] ** counts[index]
                    longest = retry.get("MaxDelaySeconds", float("inf"))
                    self._wait(error, min(retry["IntervalSeconds"] * rate, longest))
                    counts[index] += 1
                    break
            else:
                raise StateFailed(error, cause)

    def _map(self, state: Data) -> None:
        scope = state["ItemProcessor"]
        (name,) = scope["States"]
        for item in resolve(state["ItemsPath"], self._data)[self._mapped :]:
            if self._stopped():
                raise Stopped
            data = fill(state["ItemSelector"], self._data, item)
            self._task(name, scope["States"][name], data, item)
            self._mapped += 1

    def _keep(self, state: Data, answer: Any) -> None:
        path = state["ResultPath"]
        if path is not None:
            selected = fill(state["ResultSelector"], {"Payload": answer})
            self._data = {**self._data, path.removeprefix("$."): selected}

    def _catch(self, state: Data, failed: StateFailed) -> str:
        (catch,) = state["Catch"]
        if catch["ResultPath"] is not None:
            told = {"Error": failed.error, "Cause": failed.cause}
            key = catch["ResultPath"].removeprefix("$.")
            self._data = {**self._data, key: told}
        following: str = catch["Next"]
        return following

    def _choose(self, state: Data) -> str:
        (choice,) = state["Choices"]
        value = resolve(choice["Variable"], self._data)
        following: str = choice["Next"]
        return following if value == choice["StringEquals"] else state["Default"]


def resolve(path: str, data: Data, item: Any = None) -> Any:
    if path == "$$.Map.Item.Value":
        return item
    if path == "$$.StateMachine.Id":
        return MACHINE_ARN
    value: Any = data
    for key in path.split(".")[1:]:
        value = value[key]
    return value


def fill(template: Data, data: Data, item: Any = None) -> Data:
    return dict(_filled(template, data, item))


def _filled(template: Data, data: Data, item: Any) -> Iterator[tuple[str, Any]]:
    for key, value in template.items():
        if key.endswith(".$"):
            yield key.removesuffix(".$"), resolve(value, data, item)
        else:
            yield key, value
