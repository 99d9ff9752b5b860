"""What makes a function run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Requests:
    """The gateway passes every request on."""


@dataclass(frozen=True)
class Tokens:
    """The gateway asks whether a caller may pass."""


@dataclass(frozen=True)
class State:
    """A state of the state machine invokes it."""

    name: str


@dataclass(frozen=True)
class Queue:
    """A queue of its own offers each message so many times, then gives it up.

    Six times the function's timeout lie between two attempts.
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
    """A rule invokes it whenever an execution of the state machine has ended."""

    id: str
    description: str


@dataclass(frozen=True)
class Deployment:
    """CloudFormation invokes it before any other function changes."""


Trigger = Requests | Tokens | State | Queue | Schedule | ExecutionEnded | Deployment
# EventBridge hands these over and waits for no answer.
EVENTS = (Schedule, ExecutionEnded)
