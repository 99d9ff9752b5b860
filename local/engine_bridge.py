"""Runs MiniStack and corrects it where the export depends on AWS's behaviour.

The modules `engine_bridge`, `engine_layers`, `engine_pace`, `engine_parts` and
`engine_workers` wrap private functions of MiniStack; `tests/local` fails when the
pinned version or one of these functions changes. `engine_server` serves it. `engine.py`
starts ``python -m local.engine_bridge`` as the engine's process.

========================  =========================  ==============================
what                      MiniStack 1.5.33           AWS, and here
========================  =========================  ==============================
a handler raises          Runtime.HandlerError; the  the class name; the process
                          process is killed          serves the next call
a process dies            Runtime.HandlerError       Runtime.ExitError
a module fails to load    RuntimeError               Runtime.ImportModuleError
MaxConcurrencyPath        ignored: all at once       read from the state's input
MaxDelaySeconds, jitter   ignored                    applied
a failure after a stop    ABORTED becomes FAILED     stays ABORTED
a Map after a stop        continues to the end       starts no other item
ChecksumType FULL_OBJECT  treated as COMPOSITE and   accepted, but not verified
                          refused                    here
layers                    unpacked for each process  unpacked once
parts of an upload        hashed, joined in memory   joined by reference; here too,
                                                     and an ETag is random
an execution              starts 150 ms late         starts at once
the log of a call         waited for, up to 50 ms    ends with a mark
many clients at once      a hundred wait, the rest   all are served; here up to
                          are dropped                4,096 wait (engine_server)
many calls at once        a process for each         the same on AWS; here they
                                                     wait for one of a few
a function's first call   starts its process         SnapStart restores one; here
                                                     `make up` starts it
========================  =========================  ==============================

Timeouts (``Sandbox.Timedout``, ``States.Timeout``) need no correction.
"""

# ruff: noqa: SLF001 - this file is about private functions

import functools
import os
import random
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, s3, stepfunctions

from local.config import SAVED, STARTED
from local.engine_layers import share_layers
from local.engine_pace import lose_no_time
from local.engine_parts import join_on_disk
from local.engine_server import serve
from local.engine_workers import run_snapshot_hooks, start_processes

MINISTACK_VERSION = "1.5.33"

# MiniStack kills a worker that answers "error", so ours answers "ok" and adds the
# failure.
_ERROR_REPORT = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_FAILURE_REPORT = (
    '{"status": "ok", "result": None, "failure": {"errorMessage": str(e), '
    '"errorType": type(e).__name__, '
    '"stackTrace": traceback.format_exc().splitlines()}}'
)

# One thread runs an invocation from `_execute_function_warm` down to the worker.
_current = threading.local()

# Two cores start fifty interpreters in a minute, but serve fifty calls in a second.
# Calls can wait for a process, because no function calls itself.
PROCESSES_PER_FUNCTION = max(4, 2 * (os.cpu_count() or 1))
_slots: dict[str, threading.BoundedSemaphore] = {}


def bridge() -> None:
    """Wrap MiniStack's functions; call this before it starts."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_ERROR_REPORT) != 1:
        raise RuntimeError("MiniStack's worker script has changed: adapt the bridge.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(
        _ERROR_REPORT, _FAILURE_REPORT
    )
    lambda_runtime.Worker._spawn = run_snapshot_hooks(
        share_layers(lambda_runtime.Worker._spawn)
    )
    lambda_runtime.Worker.invoke = _remember_failure(lambda_runtime.Worker.invoke)
    lambda_svc._execute_function_warm = _limit_processes(
        _name_errors(lambda_svc._execute_function_warm)
    )
    stepfunctions._run_map_items = _limit_map(stepfunctions._run_map_items)
    stepfunctions._run_sub_machine = _only_while_running(stepfunctions._run_sub_machine)
    stepfunctions._find_matching_retrier = _pace_retries(
        stepfunctions._find_matching_retrier
    )
    stepfunctions._fail_execution = _keep_terminal(stepfunctions._fail_execution)
    s3._resolve_multipart_checksum_algorithm = _accept_whole_checksums(
        s3._resolve_multipart_checksum_algorithm
    )
    join_on_disk()
    lose_no_time()


def _remember_failure(invoke: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(invoke)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        _current.failure = None
        try:
            answer = invoke(*args, **kwargs)
        except RuntimeError as exc:
            # The process did not start.
            loaded = not str(exc).startswith("Worker init failed")
            kind = "Runtime.ExitError" if loaded else "Runtime.ImportModuleError"
            _current.failure = {"errorMessage": str(exc), "errorType": kind}
            raise
        if answer.get("status") == "ok":
            _current.failure = answer.get("failure")
        elif not str(answer.get("error", "")).startswith("Task timed out"):
            _current.failure = {
                "errorMessage": str(answer.get("error")),
                "errorType": "Runtime.ExitError",
            }
        return answer

    return wrapper


def _name_errors(execute: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(execute)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        _current.failure = None
        outcome = execute(*args, **kwargs)
        failure = _current.failure
        if failure is None:
            return outcome
        trace = "\n".join(failure.get("stackTrace", []))
        log = "\n".join(filter(None, [outcome.get("log", ""), trace]))
        return {"body": failure, "error": True, "log": log}

    return wrapper


def _limit_processes(execute: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(execute)
    def wrapper(function: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        name = (function.get("config") or function)["FunctionName"]
        slots = threading.BoundedSemaphore(PROCESSES_PER_FUNCTION)
        with _slots.setdefault(name, slots):
            return execute(function, *args, **kwargs)

    return wrapper


def _limit_map(run_items: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(run_items)
    def wrapper(state: dict[str, Any], raw_input: Any, execution: Any, ctx: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        if path is not None:
            effective = stepfunctions._apply_input_path(state, raw_input, ctx)
            limit = stepfunctions._resolve_path_or_ctx(path, effective, ctx)
            state = {**state, "MaxConcurrency": int(limit)}
        return run_items(state, raw_input, execution, ctx)

    return wrapper


def _only_while_running(run: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(run)
    def wrapper(
        states: Any, start_at: Any, data: Any, execution: dict[str, Any], ctx: Any
    ) -> Any:
        if execution["status"] != "RUNNING":
            raise stepfunctions._ExecutionError("States.Runtime", "stopped")
        return run(states, start_at, data, execution, ctx)

    return wrapper


def _pace_retries(find: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(find)
    def wrapper(retriers: Any, error: str, counts: dict[int, int]) -> Any:
        retrier, index = find(retriers, error, counts)
        if retrier is None:
            return retrier, index
        growth = retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
        delay = retrier.get("IntervalSeconds", 1) * growth
        delay = min(delay, retrier.get("MaxDelaySeconds", delay))
        if retrier.get("JitterStrategy") == "FULL":
            delay = random.uniform(0, delay)  # noqa: S311 - only spreads retries
        # The caller computes interval * rate ** count; with rate 1 that is our delay.
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1}, index

    return wrapper


def _keep_terminal(fail: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fail)
    def wrapper(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    return wrapper


def _accept_whole_checksums(resolve: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(resolve)
    def wrapper(headers: dict[str, str]) -> Any:
        if headers.get("x-amz-checksum-type") == "FULL_OBJECT":
            # Without an algorithm, MiniStack compares nothing on completion.
            return None, None
        return resolve(headers)

    return wrapper


def main() -> None:
    """Run the engine until it is ended."""
    # This import starts logging and reads the settings.
    from ministack import app  # noqa: PLC0415

    def save(*_: object) -> None:
        app.save_all(app._build_persistence_save_dict())
        Path(os.environ["STATE_DIR"], SAVED).touch()

    def start() -> None:
        start_processes()
        Path(tempfile.gettempdir(), STARTED).touch()

    def start_in_background(*_: object) -> None:
        threading.Thread(target=start, daemon=True).start()

    bridge()
    # MiniStack saves its state when it stops, but a laptop may lose power.
    signal.signal(signal.SIGUSR1, save)
    signal.signal(signal.SIGUSR2, start_in_background)
    serve(app.app)


if __name__ == "__main__":
    main()
