"""Laptop stacks of the tests' own."""

import socket
from contextlib import ExitStack
from pathlib import Path

from local.config import LOOPBACK, Laptop


def laptop_in(folder: Path) -> Laptop:
    """Return a stack that lives in ``folder`` and listens on free ports."""
    with ExitStack() as probes:
        # Open at the same time, so that they differ.
        sockets = [probes.enter_context(socket.socket()) for _ in range(3)]
        for probe in sockets:
            probe.bind((LOOPBACK, 0))
        engine, database, workshop = (probe.getsockname()[1] for probe in sockets)
    return Laptop(
        folder=folder,
        engine_port=engine,
        database_port=database,
        workshop_port=workshop,
    )
