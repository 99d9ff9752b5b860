"""A Python module that runs in the background, beside the commands of the stack."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from local.config import ROOT
from local.errors import LaptopError
from local.processes import end, is_listening, last_lines, running

# A daemon outlives the command that starts it; Popen would warn if it were dropped.
_started: list[subprocess.Popen[bytes]] = []


class Daemon:
    """``python -m <module>``; its log and its process id are files in ``home``."""

    def __init__(self, module: str, home: Path) -> None:
        self._module = module
        self._home = home
        self._pid_file = home / f"{home.name}.pid"
        self.log = home / f"{home.name}.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> psutil.Process | None:
        """The process, while it runs."""
        return running(self._pid_file, self._module)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start the process and return at once: see ``wait_until_listening``."""
        self._home.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal of `make up` must not reach it.
                start_new_session=True,
            )
        _started.append(self._child)
        self._pid_file.write_text(str(self._child.pid))

    def wait_until_listening(self, port: int, *, seconds: float = 60) -> None:
        """Raise LaptopError with the end of the log if the process dies or is late."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._has_died():
            if is_listening(port):
                return
            time.sleep(0.05)
        raise LaptopError(f"Nothing listens on port {port}: {last_lines(self.log)}")

    def _has_died(self) -> bool:
        # A process that has just started may not have its command line yet.
        if self._child is not None:
            return self._child.poll() is not None
        return self.process is None

    def stop(self, *, grace: float) -> None:
        """End the process and its descendants; by force after ``grace`` seconds."""
        process = self.process
        if process is not None:
            end(process, grace=grace)
        self._pid_file.unlink(missing_ok=True)
