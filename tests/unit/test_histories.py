"""The checker of histories, and the model of a lane, find what must not be."""

from collections.abc import Iterator

import pytest

from tests.histories.checker import Call, contradiction_in
from tests.histories.lane import LaneModel


class Register:
    """One value that calls put and get."""

    def start(self) -> int:
        return 0

    def alone(self, state: int) -> Iterator[int]:
        return iter(())

    def only_reads(self, call: Call) -> bool:
        return call.name == "get" and call.ended is not None

    def after(self, state: int, call: Call) -> Iterator[int]:
        if call.name == "put":
            yield call.arguments[0]
        elif call.answer == state:
            yield state


def put(value: int, began: float, ended: float | None) -> Call:
    return Call("put", (value,), began, ended)


def get(value: int, began: float, ended: float) -> Call:
    return Call("get", (), began, ended, value)


# The first two are the examples of Porcupine's documentation.
LINEARIZABLE = [
    [put(100, 0, 10), get(100, 2, 8), get(0, 3, 6)],
    [put(1, 0, 10), put(2, 0, 10), get(2, 11, 12), get(2, 13, 14)],
    [put(1, 0, 10), put(2, 1, 9), get(1, 2, 3), get(2, 4, 5)],
    # Nobody knows whether the put happened: it may have, late, or never.
    [put(1, 0, None), get(0, 1, 2), get(1, 3, 4)],
    [put(1, 0, None), get(0, 1, 2), get(0, 3, 4)],
]
NOT_LINEARIZABLE = [
    [put(200, 0, 10), get(200, 1, 3), get(0, 4, 8)],
    [put(1, 0, 1), get(0, 2, 3)],
    [put(1, 0, 10), put(2, 0, 10), get(1, 11, 12), get(2, 13, 14)],
    [put(1, 0, None), get(1, 1, 2), get(0, 3, 4)],
    [get(1, 0, 1), put(1, 2, 3)],
]


@pytest.mark.parametrize("history", LINEARIZABLE)
def test_order_that_explains_all_answers_is_found(history):
    assert contradiction_in(history, Register()) is None


@pytest.mark.parametrize("history", NOT_LINEARIZABLE)
def test_answer_that_no_order_explains_is_found(history):
    assert contradiction_in(history, Register()) is not None


def test_contradiction_names_the_call_and_the_states():
    told = str(contradiction_in(NOT_LINEARIZABLE[1], Register()))
    assert "no order of the calls explains: 2.000 to 3.000  get  -> 0" in told
    assert "put 1" in told


ANN, BOB = ("ann", ""), ("bob", "")
A_STARTS = Call("start", ANN, 0, 1, ("a", "running", False))
B_WAITS = Call("start", BOB, 2, 3, ("b", "queued", False))
LANES = [
    # B runs as soon as A has ended, without a call.
    [A_STARTS, B_WAITS, Call("show", ("b",), 4, 5, ("running", 1, None))],
    # The second start finds the first one's run, whichever was answered first.
    [
        Call("start", ANN, 0, 9, ("a", "running", False)),
        Call("start", ANN, 1, 2, ("a", "running", True)),
    ],
    # A start without an answer may have made the run that the next one finds.
    [
        Call("start", ANN, 0),
        Call("start", ANN, 1, 2, ("a", "running", True)),
        Call("show", ("a",), 3, 4, ("running", 1, None)),
    ],
    # A list shows the run of such a start too.
    [
        Call("start", ANN, 0),
        Call("list", (), 1, 2, frozenset({("a", "running", 1, None)})),
    ],
    # A cancelled run goes to the end of the lane.
    [
        A_STARTS,
        B_WAITS,
        Call("cancel", ("a",), 4, 5, "cancelled"),
        Call("retry", ("a",), 6, 7, ("queued", False)),
        Call(
            "list",
            (),
            8,
            9,
            frozenset({("a", "queued", 2, 1), ("b", "running", 1, None)}),
        ),
    ],
    [
        A_STARTS,
        Call("cancel", ("a",), 2, 3, "RUN_COMPLETING"),
        Call("cancel", ("a",), 4, 5, "RUN_ENDED"),
    ],
]
BROKEN_LANES = {
    "two runs at once": [
        A_STARTS,
        B_WAITS,
        Call(
            "list",
            (),
            4,
            5,
            frozenset({("a", "running", 1, None), ("b", "running", 1, None)}),
        ),
    ],
    "a run that waits for nothing": [Call("start", ANN, 0, 1, ("a", "queued", False))],
    "two runs of one request": [
        A_STARTS,
        Call("start", ANN, 2, 3, ("b", "queued", False)),
    ],
    "one run of two requests": [
        A_STARTS,
        Call("start", BOB, 2, 3, ("a", "running", True)),
    ],
    "a run that is forgotten": [A_STARTS, Call("list", (), 2, 3, frozenset())],
    "a run that goes back": [
        A_STARTS,
        Call("show", ("a",), 2, 3, ("completed", 1, None)),
        Call("show", ("a",), 4, 5, ("running", 1, None)),
    ],
    "a run that overtakes": [
        A_STARTS,
        B_WAITS,
        Call("start", ("cid", ""), 4, 5, ("c", "queued", False)),
        Call("show", ("c",), 6, 7, ("running", 1, None)),
        Call("show", ("b",), 8, 9, ("queued", 1, 1)),
    ],
    "a cancellation that has no effect": [
        A_STARTS,
        Call("cancel", ("a",), 2, 3, "cancelled"),
        Call("show", ("a",), 4, 5, ("running", 1, None)),
    ],
    "a cancellation after the last moment": [
        A_STARTS,
        Call("cancel", ("a",), 2, 3, "RUN_COMPLETING"),
        Call("cancel", ("a",), 4, 5, "cancelled"),
    ],
    "a retry that takes no place": [
        A_STARTS,
        Call("cancel", ("a",), 2, 3, "cancelled"),
        Call("retry", ("a",), 4, 5, ("running", True)),
    ],
    "an attempt that nobody asked for": [
        A_STARTS,
        Call("show", ("a",), 2, 3, ("running", 2, None)),
    ],
}


@pytest.mark.parametrize("history", LANES)
def test_lane_explains_what_is_allowed(history):
    assert contradiction_in(history, LaneModel()) is None


@pytest.mark.parametrize("name", BROKEN_LANES)
def test_lane_explains_nothing_else(name):
    assert contradiction_in(BROKEN_LANES[name], LaneModel()) is not None
