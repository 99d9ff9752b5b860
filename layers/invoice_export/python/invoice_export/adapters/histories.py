"""Step Functions for the inspector: definitions, and histories of bounded size."""

import json
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from invoice_export.adapters.aws_errors import (
    client_error,
    error_code,
    workflow_errors,
)
from invoice_export.adapters.executions import DOES_NOT_EXIST
from invoice_export.domain.execution_path import ENDINGS, Event

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# A history has up to 25,000 events, and AWS throttles reading it across the account (20
# calls a second). The beginning and the end tell the status of every state; the
# database counts the pages in between. That takes four calls at most.
EVENTS_A_CALL = 1000
CALLS_EACH_WAY = 2
# For so long watchers share one reading of a running execution.
FRESH_SECONDS = 1.0
KEPT = 64


class History(NamedTuple):
    """Events, oldest first; not ``complete`` if some in the middle are left out."""

    events: list[Event]
    complete: bool

    @property
    def ended(self) -> bool:
        return any(event.type in ENDINGS for event in self.events)


class Histories:
    """Reads the executions of one state machine."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._sfn = client
        self._machine = state_machine_arn
        self._kept: OrderedDict[str, tuple[float, History]] = OrderedDict()
        self._definitions: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def definition(self, execution_arn: str | None) -> dict[str, Any]:
        """Return the execution's definition; for None, the machine's current one.

        A running execution keeps its definition when the machine is deployed again.
        """
        if execution_arn is not None and execution_arn in self._definitions:
            return self._definitions[execution_arn]
        with workflow_errors():
            if execution_arn is None:
                text = self._sfn.describe_state_machine(stateMachineArn=self._machine)[
                    "definition"
                ]
            else:
                text = self._sfn.describe_state_machine_for_execution(
                    executionArn=execution_arn
                )["definition"]
        definition: dict[str, Any] = json.loads(text)
        if execution_arn is not None:
            _keep(self._definitions, execution_arn, definition)
        return definition

    def read(self, execution_arn: str) -> History | None:
        """Return the history; None if AWS does not, or no longer, know it."""
        seen, history = self._kept.get(execution_arn, (0.0, None))
        if history and (history.ended or time.monotonic() - seen < FRESH_SECONDS):
            return history
        with workflow_errors():
            try:
                history = self._read(execution_arn)
            except client_error() as exc:
                if error_code(exc) == DOES_NOT_EXIST:
                    return None
                raise
        _keep(self._kept, execution_arn, (time.monotonic(), history))
        return history

    def _read(self, arn: str) -> History:
        beginning, more = self._some(arn, newest_first=False)
        if not more:
            return History(beginning, complete=True)
        end, _ = self._some(arn, newest_first=True)
        last = beginning[-1].id
        end = [event for event in reversed(end) if event.id > last]
        complete = not end or end[0].id == last + 1
        return History(beginning + end, complete)

    def _some(self, arn: str, *, newest_first: bool) -> tuple[list[Event], bool]:
        events: list[Event] = []
        page: dict[str, Any] = {}
        for _ in range(CALLS_EACH_WAY):
            token = {"nextToken": page["nextToken"]} if page else {}
            page = self._sfn.get_execution_history(  # type: ignore[assignment]
                executionArn=arn,
                maxResults=EVENTS_A_CALL,
                reverseOrder=newest_first,
                includeExecutionData=False,
                **token,
            )
            events += [_event(raw) for raw in page["events"]]
            if "nextToken" not in page:
                return events, False
        return events, True


def _event(raw: dict[str, Any]) -> Event:
    details: dict[str, Any] = {}
    for key, value in raw.items():
        if key.endswith("EventDetails"):
            details |= value
    return Event(
        id=raw["id"],
        type=raw["type"],
        at=raw["timestamp"],
        previous=raw.get("previousEventId") or None,
        state=details.get("name"),
        error=details.get("error"),
        cause=details.get("cause"),
    )


def _keep(kept: "OrderedDict[str, Any]", key: str, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
