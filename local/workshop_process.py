"""Starts and stops the workshop, which is in `workshop.py`."""

import os

import psutil

from local.config import Laptop
from local.daemon import Daemon
from local.processes import require_free_port


class WorkshopProcess:
    """The process of ``python -m local.workshop``."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop
        self._daemon = Daemon("local.workshop", laptop.folder / "workshop")

    @property
    def process(self) -> psutil.Process | None:
        return self._daemon.process

    def start(self) -> None:
        """Start it unless it runs, and return at once: its imports take seconds."""
        if self.process is None:
            port = self._laptop.workshop_port
            require_free_port(port, purpose="the workshop", variable="WORKSHOP_PORT")
            self._daemon.start(os.environ | self._laptop.environment)

    def wait(self) -> None:
        """Wait until it accepts connections."""
        self._daemon.wait_until_listening(self._laptop.workshop_port)

    def stop(self) -> None:
        self._daemon.stop(grace=2)
