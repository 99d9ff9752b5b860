"""What makes a function run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Requests:
    """The gateway sends it every request."""


@dataclass(frozen=True)
class Tokens:
    """The gateway asks it whether a caller may pass."""


@dataclass(frozen=True)
class State:
    """A state of the state machine invokes it."""

    name: str


@dataclass(frozen=True)
class Queue:
    """Its own queue offers each message so many times; then it is a dead letter.

    Between two attempts lie six times the function's timeout.
    """

    id: str
    attempts: int


@dataclass(frozen=True)
class Schedule:
    """A rule invokes it every so many minutes."""

    id: str
    minutes: int
    description: str


@dataclass(frozen=True)
class ExecutionEnded:
    """A rule invokes it when an execution of the state machine has ended."""

    id: str
    description: str


@dataclass(frozen=True)
class Deployment:
    """CloudFormation invokes it before any other function changes."""


Trigger = Requests | Tokens | State | Queue | Schedule | ExecutionEnded | Deployment
# EventBridge invokes these functions and does not wait for an answer.
EVENTS = (Schedule, ExecutionEnded)
