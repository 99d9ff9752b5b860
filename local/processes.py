"""Processes and ports of the stack."""

import contextlib
import fcntl
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil

from local.config import LOOPBACK
from local.errors import LaptopError


def require_free_port(port: int, *, purpose: str, variable: str) -> None:
    """Raise LaptopError, with the variable to set, if something listens on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise LaptopError(
                f"Port {port} for {purpose} is in use. Stop the process that listens "
                f"there, or choose another port: {variable}={port + 1}."
            ) from None


def is_listening(port: int) -> bool:
    """Whether a connection to ``port`` succeeds."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def running(pid_file: Path, marker: str) -> psutil.Process | None:
    """Return the live process in a pid file, if its command line has ``marker``.

    Another process may have the same id after a reboot; the marker tells them apart.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        return process if alive and marker in " ".join(process.cmdline()) else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def end(process: psutil.Process, *, grace: float) -> None:
    """Ask a process to end, then kill it and its descendants."""
    family = [process]
    with contextlib.suppress(psutil.Error):
        family += process.children(recursive=True)
        process.terminate()
        process.wait(grace)
    kill_all(family)


def kill_all(processes: list[psutil.Process]) -> None:
    """Kill processes and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def orphans(folder: Path) -> list[psutil.Process]:
    """Return processes that run a script in ``folder``: workers of a dead engine."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(word.startswith(f"{folder}/") for word in process.cmdline()):
                found.append(process)
    return found


@contextlib.contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Wait for the lock; one `up` or `down` of a stack runs at a time."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def last_lines(log: Path, count: int = 5) -> str:
    """Return the end of a log and its path, for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"{' / '.join(lines[-count:]) or 'its log is empty'} (see {log})"
