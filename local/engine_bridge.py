"""Runs MiniStack with AWS's behaviour restored where the export depends on it.

All knowledge of MiniStack's private functions is here and in `engine_hashes.py`, and
`tests/local` fails when the pinned version or one of these functions changes.
``python -m local.engine_bridge`` is the engine's process; everything else about it is
in `engine.py`.

========================  =========================  ==============================
what                      MiniStack 1.5.33           AWS, and here
========================  =========================  ==============================
a handler raises          Runtime.HandlerError, and  the class name; the process
                          the process is killed      serves the next call
a process dies            Runtime.HandlerError       Runtime.ExitError
a module fails to load    RuntimeError               Runtime.ImportModuleError
MaxConcurrencyPath        ignored: all at once       read from the state's input
MaxDelaySeconds, jitter   ignored                    honoured
a failure after a stop    ABORTED becomes FAILED     stays ABORTED
a Map after a stop        goes on to its last item   begins no further item
ChecksumType FULL_OBJECT  taken for COMPOSITE and    accepted; here it is not
                          refused                    verified
layers                    unpacked for each process  unpacked once
hashes of parts           taken three times          taken once
many calls at once        a process for each         so many on AWS; here they
                                                     wait for one of a few
========================  =========================  ==============================

Timeouts (``Sandbox.Timedout``, ``States.Timeout``) are right as they are.
"""

# ruff: noqa: SLF001 - private functions are what this file is about

import functools
import hashlib
import io
import os
import random
import signal
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, s3, stepfunctions

from local.config import SAVED
from local.engine_hashes import hash_once

MINISTACK_VERSION = "1.5.33"

# The worker's except clause, and what it writes instead: an "ok" answer that carries
# the failure, since MiniStack kills a worker that answers "error".
_ERROR_REPORT = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_FAILURE_REPORT = (
    '{"status": "ok", "result": None, "failure": {"errorMessage": str(e), '
    '"errorType": type(e).__name__, '
    '"stackTrace": traceback.format_exc().splitlines()}}'
)

# One invocation runs on one thread, from `_execute_function_warm` down to the worker.
_current = threading.local()
_unpacking = threading.Lock()

# A laptop's two cores start fifty interpreters in a minute and serve fifty calls in a
# second. Waiting is safe as long as no function calls itself.
PROCESSES_A_FUNCTION = max(4, 2 * (os.cpu_count() or 1))
_places: dict[str, threading.BoundedSemaphore] = {}


def bridge() -> None:
    """Puts the wrappers around MiniStack's functions; before it starts."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_ERROR_REPORT) != 1:
        raise RuntimeError("MiniStack's worker script is not the one we know.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(
        _ERROR_REPORT, _FAILURE_REPORT
    )
    lambda_runtime.Worker._spawn = _share_layers(lambda_runtime.Worker._spawn)
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
    hash_once()


def _share_layers(spawn: Callable[..., Any]) -> Callable[..., Any]:
    """Half of a cold start is unpacking, and four may start at once on two cores."""

    @functools.wraps(spawn)
    def wrapper(worker: Any) -> None:
        config = worker.config
        folders = [str(_unpacked(layer)) for layer in config.get("Layers", [])]
        variables = {
            **config.get("Environment", {}).get("Variables", {}),
            # What the worker's script reads, and MiniStack sets for its own copies.
            "_LAMBDA_LAYERS_DIRS": os.pathsep.join(folders),
        }
        environment = {"Variables": variables}
        worker.config = {**config, "Layers": [], "Environment": environment}
        try:
            spawn(worker)
        finally:
            worker.config = config

    return wrapper


def _unpacked(layer: Any) -> Path:
    """The folder of a layer version, filled by whoever needs it first."""
    content = lambda_svc._resolve_layer_zip(layer)
    digest = hashlib.sha256(content).hexdigest()
    folder = Path(tempfile.gettempdir()) / "layers" / digest
    with _unpacking:
        if not folder.exists():
            half = folder.with_suffix(".half")
            zipfile.ZipFile(io.BytesIO(content)).extractall(half)
            half.rename(folder)
    return folder


def _remember_failure(invoke: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(invoke)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        _current.failure = None
        try:
            answer = invoke(*args, **kwargs)
        except RuntimeError as exc:
            # Raised while the process starts.
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
        made = threading.BoundedSemaphore(PROCESSES_A_FUNCTION)
        with _places.setdefault(name, made):
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
            delay = random.uniform(0, delay)  # noqa: S311 - spreads retries only
        # The caller computes interval * rate ** count: with rate 1, our delay.
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
            # Without an algorithm, completing compares nothing.
            return None, None
        return resolve(headers)

    return wrapper


def main() -> None:
    """The engine's process."""
    # It starts logging and reads its settings at import: only in its own process.
    from ministack import app  # noqa: PLC0415

    def save(*_: object) -> None:
        app.save_all(app._build_persistence_save_dict())
        Path(os.environ["STATE_DIR"], SAVED).touch()

    bridge()
    # MiniStack saves when it is stopped; a laptop that goes flat does not stop it.
    signal.signal(signal.SIGUSR1, save)
    app.main()


if __name__ == "__main__":
    main()
