"""Starts and stops the workshop beside the stack: see `workshop.py`."""

import os
import subprocess
import sys

import psutil

from local.config import ROOT, Laptop
from local.processes import end, require_free_port, running, wait_until_listening

# It outlives whoever starts it: nobody waits for these.
_started: list["subprocess.Popen[bytes]"] = []


class WorkshopProcess:
    """The process of ``python -m local.workshop``."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop
        self._home = laptop.folder / "workshop"
        self._pid_file = self._home / "workshop.pid"
        self._log = self._home / "workshop.log"

    @property
    def process(self) -> psutil.Process | None:
        return running(self._pid_file, "local.workshop")

    def start(self) -> None:
        """Starts it unless it runs; see ``wait``."""
        if self.process is not None:
            return
        port = self._laptop.workshop_port
        require_free_port(port, of="the workshop", variable="WORKSHOP_PORT")
        self._home.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local.workshop"],
                cwd=ROOT,
                env=os.environ | self._laptop.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _started.append(process)
        self._pid_file.write_text(str(process.pid))

    def wait(self) -> None:
        """Until it answers; what it imports takes a second or two."""
        process = self.process
        wait_until_listening(
            self._laptop.workshop_port,
            process.pid if process else 0,
            seconds=60,
            log=self._log,
        )

    def stop(self) -> None:
        process = self.process
        if process is not None:
            end(process, grace=2)
        self._pid_file.unlink(missing_ok=True)
