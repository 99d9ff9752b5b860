"""The corrections of the bridge, and the functions that it was written for."""

import hashlib
import inspect
import json
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import pytest
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, s3, stepfunctions

from local import engine_bridge
from local.aws import aws_client
from local.engine import Engine

HANDLER = """
import os, sys, time

class InvoiceLostError(Exception):
    pass

def handler(event, context):
    if event == "raise":
        raise InvoiceLostError("two\\nlines")
    if event == "exit":
        os._exit(3)
    if event == "hang":
        time.sleep(30)
    return os.getpid()
"""

# Digests of the functions that are wrapped and of their callers. When one changes, read
# it again.
KNOWN = {
    lambda_runtime.Worker._read_stderr: "d8eb30038f94ee61",
    lambda_runtime.Worker._spawn: "c55febf956565c5e",
    lambda_runtime.Worker.invoke: "96751a75471021ec",
    lambda_runtime.Worker._drain_stderr_bounded: "3fd7cc742872e604",
    lambda_runtime.acquire_worker: "5017d144adb5b983",
    lambda_runtime.ensure_spawned: "3ec033855435daab",
    lambda_runtime.release_worker: "25d5dd7d42b6e30c",
    lambda_svc._execute_function_warm: "62b9218bef5b948a",
    lambda_svc._resolve_layer_zip: "447d3c3ec42c50ad",
    s3._object_disk_path: "0a7ed55714d95566",
    s3._persist_object: "cb32b6ae8706bef8",
    s3._read_body: "596e56d63502e15f",
    s3._record_object_version: "9af490c3d6ff2f01",
    s3._upload_part: "e27ecd53f1de3dbd",
    s3._upload_part_copy: "890950db69f20539",
    s3._complete_multipart_upload: "9e2d6452dfe128a0",
    stepfunctions._call_lambda: "25830369b12636da",
    stepfunctions._execute_task: "53c818d247dba62c",
    stepfunctions._fail_execution: "e6da895fa0b74cdd",
    stepfunctions._find_matching_retrier: "cb494ae8503cce39",
    stepfunctions._run_execution: "996dff84e0e0605a",
    stepfunctions._run_map_items: "5df19a8074ce768c",
    stepfunctions._run_sub_machine: "f8d844168b1459f8",
    stepfunctions._with_retry_and_catch: "b351699db7b381ef",
}


def test_bridge_was_written_for_the_pinned_version():
    assert version("ministack") == engine_bridge.MINISTACK_VERSION


@pytest.mark.parametrize(
    ("function", "digest"), KNOWN.items(), ids=[f.__qualname__ for f in KNOWN]
)
def test_wrapped_function_is_unchanged(function, digest):
    source = inspect.getsource(function).encode()
    assert hashlib.sha256(source).hexdigest()[:16] == digest


def test_calls_that_wait_are_never_too_many(bare_laptop, monkeypatch):
    name = "LAMBDA_ACCOUNT_CONCURRENCY"
    monkeypatch.setenv(name, Engine(bare_laptop)._environment()[name])
    # Without a bound, in MiniStack's own words.
    assert lambda_svc._default_account_concurrency() == 0


def test_error_of_a_handler_has_its_class_name_and_the_process_survives(
    make_function, invoke
):
    function = make_function(HANDLER)
    before = invoke(function, "pid")
    error = invoke(function, "raise")
    assert error["errorType"] == "InvoiceLostError"
    assert error["errorMessage"] == "two\nlines"
    assert any("handler.py" in line for line in error["stackTrace"])
    assert invoke(function, "pid") == before


def test_dead_process_is_an_exit_error(make_function, invoke):
    function = make_function(HANDLER)
    before = invoke(function, "pid")
    assert invoke(function, "exit")["errorType"] == "Runtime.ExitError"
    assert invoke(function, "pid") != before


def test_process_that_dies_at_its_start_is_an_exit_error(make_function, invoke):
    function = make_function("import os\nos._exit(1)")
    assert invoke(function, {})["errorType"] == "Runtime.ExitError"


def test_module_that_does_not_load_is_an_import_error(make_function, invoke):
    function = make_function("import no_such_module")
    assert invoke(function, {})["errorType"] == "Runtime.ImportModuleError"


def test_slow_handler_is_a_sandbox_timeout(make_function, invoke):
    function = make_function(HANDLER, timeout=1)
    assert invoke(function, "hang")["errorType"] == "Sandbox.Timedout"


def test_calls_wait_for_a_process_and_all_get_an_answer(make_function, invoke):
    function = make_function(HANDLER.replace("return os", "time.sleep(0.1); return os"))
    calls = 5 * engine_bridge.PROCESSES_PER_FUNCTION
    with ThreadPoolExecutor(calls) as pool:
        answers = list(pool.map(lambda _: invoke(function, "pid"), range(calls)))
    assert len(set(answers)) <= engine_bridge.PROCESSES_PER_FUNCTION


def test_processes_start_before_the_first_call(bare_laptop, make_function, invoke):
    function = make_function("import os\ndef handler(*_): return os.getpid()")
    engine = Engine(bare_laptop)
    engine.start_functions()
    engine.wait_for_functions()
    started = {child.pid for child in engine.process.children()}
    assert invoke(function, {}) in started


def test_function_that_does_not_load_delays_no_other(bare_laptop, make_function):
    make_function("import no_such_module")
    engine = Engine(bare_laptop)
    engine.start_functions()
    engine.wait_for_functions()


def test_process_begins_with_what_its_snapshot_holds(make_function, invoke):
    function = make_function(
        """
import snapshot_restore_py
calls = []
snapshot_restore_py.register_before_snapshot(calls.append, "before the snapshot")
snapshot_restore_py.register_after_restore(calls.append, "after it")
def handler(*_):
    return calls
"""
    )
    assert invoke(function, {}) == ["before the snapshot", "after it"]


def run_machine(laptop, name, definition, input_):
    step_functions = aws_client(laptop, "stepfunctions")
    machine = step_functions.create_state_machine(
        name=name,
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::000000000000:role/any",
    )["stateMachineArn"]
    arn = step_functions.start_execution(
        stateMachineArn=machine, input=json.dumps(input_)
    )["executionArn"]
    return step_functions, arn


def wait_for_end(step_functions, arn):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        execution = step_functions.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(0.1)
    pytest.fail(f"still running: {arn}")


def map_over(function, items, limit):
    """Return a definition that calls the function for each item, and its input."""
    item = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function},
        "ResultSelector": {"span.$": "$.Payload"},
        "End": True,
    }
    definition = {
        "StartAt": "All",
        "States": {
            "All": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrencyPath": "$.limit",
                "ItemProcessor": {"StartAt": "One", "States": {"One": item}},
                "End": True,
            }
        },
    }
    return definition, {"items": items, "limit": limit}


def test_map_takes_its_concurrency_from_the_input(bare_laptop, make_function):
    function = make_function(
        "import time\n"
        "def handler(event, context):\n"
        "    start = time.time()\n    time.sleep(0.3)\n    return [start, time.time()]"
    )
    step_functions, arn = run_machine(
        bare_laptop, "limited-map", *map_over(function, [1, 2, 3, 4], 2)
    )
    execution = wait_for_end(step_functions, arn)
    assert execution["status"] == "SUCCEEDED", execution
    spans = [result["span"] for result in json.loads(execution["output"])]
    parallel = [sum(a <= start < b for a, b in spans) for start, _ in spans]
    assert max(parallel) == 2


def test_map_of_a_stopped_execution_starts_no_other_item(
    bare_laptop, make_function, tmp_path
):
    function = make_function(
        f"""
import pathlib, time, uuid
folder = pathlib.Path({str(tmp_path)!r})
def handler(event, context):
    (folder / uuid.uuid4().hex).touch()
    while not (folder / "continue").exists():
        time.sleep(0.05)
"""
    )
    step_functions, arn = run_machine(
        bare_laptop, "stopped-map", *map_over(function, list(range(6)), 2)
    )
    deadline = time.monotonic() + 30
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    step_functions.stop_execution(executionArn=arn)
    (tmp_path / "continue").touch()
    time.sleep(2)
    assert len(list(tmp_path.iterdir())) == 3


def test_stopped_execution_stays_stopped_when_its_task_fails(
    bare_laptop, make_function
):
    function = make_function(
        "import time\ndef handler(e, c):\n    time.sleep(1)\n    raise ValueError"
    )
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function},
        "End": True,
    }
    step_functions, arn = run_machine(
        bare_laptop,
        "stopped",
        {"StartAt": "Slow", "States": {"Slow": task}},
        {},
    )
    time.sleep(0.5)
    step_functions.stop_execution(executionArn=arn)
    time.sleep(2)
    assert step_functions.describe_execution(executionArn=arn)["status"] == "ABORTED"


def delay_of(retrier, count):
    pace = engine_bridge._pace_retries(lambda *_: (retrier, 0))
    paced, index = pace([retrier], "AnyError", {0: count})
    assert index == 0
    return paced["IntervalSeconds"] * paced["BackoffRate"] ** count


def test_retry_delay_grows_up_to_its_maximum():
    retrier = {"IntervalSeconds": 1, "BackoffRate": 2.0, "MaxDelaySeconds": 5}
    assert [delay_of(retrier, count) for count in range(5)] == [1, 2, 4, 5, 5]


def test_full_jitter_stays_below_the_delay():
    retrier = {"IntervalSeconds": 8, "BackoffRate": 1.0, "JitterStrategy": "FULL"}
    delays = [delay_of(retrier, 0) for _ in range(200)]
    assert 0 <= min(delays) < 2
    assert 6 < max(delays) <= 8
