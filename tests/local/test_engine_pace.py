"""The waits of MiniStack that the bridge takes out, by what comes of it."""

import inspect
import queue
import time
from types import SimpleNamespace

import pytest
from ministack.services import stepfunctions

from local import engine_pace
from local.aws import aws_client

LOGGER = """
import sys

def handler(event, context):
    for number in range(event["lines"]):
        print(event["call"], number)
    return event["call"]
"""


def worker_that_wrote(*lines):
    written = queue.Queue()
    for line in lines:
        written.put(line)
    return SimpleNamespace(_stderr_queue=written)


def test_log_of_a_call_ends_at_its_mark():
    worker = worker_that_wrote("one", "two", engine_pace.END, "of the next call")
    assert engine_pace.read_log(worker) == "one\ntwo"
    assert worker._stderr_queue.get_nowait() == "of the next call"


def test_log_of_a_worker_that_died_is_what_it_wrote(monkeypatch):
    monkeypatch.setattr(engine_pace, "LOG_SECONDS", 0.01)
    assert engine_pace.read_log(worker_that_wrote("one", "two")) == "one\ntwo"


def test_calls_of_one_process_keep_their_logs(bare_laptop, make_function, invoke):
    function = make_function(LOGGER)
    for call, lines in (("first", 300), ("silent", 0), ("last", 2)):
        invoke(function, {"call": call, "lines": lines})
    events = aws_client(bare_laptop, "logs").get_paginator("filter_log_events")
    messages = [
        event["message"].strip()
        for page in events.paginate(logGroupName=f"/aws/lambda/{function}")
        for event in page["events"]
    ]
    text = "\n".join(messages)
    assert engine_pace.END not in text
    assert text.count("first ") == 300
    assert text.count("last ") == 2
    assert text.index("first 299") < text.index("last 0")


def test_execution_starts_without_a_delay(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = engine_pace.Clock()
    clock.sleep(engine_pace.START_DELAY)
    clock.sleep(1)
    assert slept == [1]
    assert clock.monotonic() > 0


def test_delay_of_a_start_is_the_one_of_ministack():
    source = inspect.getsource(stepfunctions._run_execution)
    assert f"time.sleep({engine_pace.START_DELAY})" in source


def test_worker_script_that_has_changed_is_noticed(monkeypatch):
    monkeypatch.setattr(engine_pace.lambda_runtime, "_PYTHON_WORKER_SCRIPT", "run()")
    with pytest.raises(RuntimeError, match="adapt engine_pace"):
        engine_pace.lose_no_time()
