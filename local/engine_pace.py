"""Takes out the waits that MiniStack adds to an execution and to each call.

An execution starts 150 ms late, and each call waits for the end of its log: 5 ms from
the last line, or 50 ms if there is none. Here a worker marks the end of its log.
"""

# ruff: noqa: SLF001 - this file is about MiniStack's private functions

import queue
import sys
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import stepfunctions

START_DELAY = 0.15
# The thread that serves requests computes; the others wait this long for their turn.
SWITCH_SECONDS = 0.0005
# A worker that dies marks nothing.
LOG_SECONDS = 0.25
END = "\x00end"
_AFTER_CALL = "        _real_stdout.flush()\n\nrun()\n"
_MARKED = f"        print({END!r}, flush=True)\n{_AFTER_CALL}"


class Clock:
    """Replaces ``time`` in MiniStack's Step Functions."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds != START_DELAY:
            time.sleep(seconds)


def read_log(worker: Any) -> str:
    """Return the log of the call that has just ended; replaces MiniStack's function."""
    lines: list[str] = []
    deadline = time.monotonic() + LOG_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        try:
            line = worker._stderr_queue.get(timeout=left)
        except queue.Empty:
            break
        if line == END:
            break
        lines.append(line)
    return "\n".join(lines)


def lose_no_time() -> None:
    """Replace MiniStack's functions; call this before it starts."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_AFTER_CALL) != 1:
        raise RuntimeError("MiniStack's worker script has changed: adapt engine_pace.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_AFTER_CALL, _MARKED)
    lambda_runtime.Worker._drain_stderr_bounded = read_log
    stepfunctions.time = Clock()
    sys.setswitchinterval(SWITCH_SECONDS)
