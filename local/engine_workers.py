"""Starts MiniStack's processes before the first call, prepared like a snapshot."""

# ruff: noqa: SLF001 - this file is about MiniStack's private functions

import contextlib
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

# By a part of the function's name; one of every other. The Map of a small export
# writes so many pages at the same time.
PROCESSES = {"WritePage": 3}


def run_snapshot_hooks(spawn: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that starts a process: AWS runs these for published versions.

    Here the functions have no versions.
    """

    @functools.wraps(spawn)
    def wrapper(worker: Any) -> None:
        config = worker.config
        worker.config = {**config, "SnapStart": {"OptimizationStatus": "On"}}
        try:
            spawn(worker)
        finally:
            worker.config = config

    return wrapper


def start_processes() -> None:
    """Start what a first export needs; return when it is ready for calls."""
    workers = [
        worker
        for function in lambda_svc._functions.all_values()
        for worker in _lease(function)
    ]
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(_start, workers))
    finally:
        for worker in workers:
            lambda_runtime.release_worker(worker)


def _start(worker: Any) -> None:
    # The first call starts it again, and reports why it does not load.
    with contextlib.suppress(RuntimeError):
        lambda_runtime.ensure_spawned(worker)


def _lease(function: dict[str, Any]) -> list[Any]:
    config = function["config"]
    name = config["FunctionName"]
    number = next((n for part, n in PROCESSES.items() if part in name), 1)
    return [
        lambda_runtime.acquire_worker(name, config, function["code_zip"])[0]
        for _ in range(number)
    ]
