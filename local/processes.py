"""Processes and ports of the stack: whether they are there, and ending them."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from local.config import LOOPBACK
from local.errors import LaptopError


def require_free_port(port: int, *, of: str, variable: str) -> None:
    """Raises LaptopError, naming the way out, when something listens on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise LaptopError(
                f"Port {port}, wanted for {of}, is taken: stop what listens there, "
                f"or choose another with {variable}={port + 1}."
            ) from None


def running(pid_file: Path, marker: str) -> psutil.Process | None:
    """The process a pid file names, if it is alive and ``marker`` is in its command.

    A pid is reused after a reboot: the command line tells ours from a stranger's.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        return process if alive and marker in " ".join(process.cmdline()) else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def end(process: psutil.Process, *, grace: float) -> None:
    """Ends a process politely, then its descendants and itself by force."""
    family = [process]
    with contextlib.suppress(psutil.Error):
        family += process.children(recursive=True)
        process.terminate()
        process.wait(grace)
    end_all(family)


def end_all(processes: list[psutil.Process]) -> None:
    """Ends processes by force, and waits until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def strays(folder: Path) -> list[psutil.Process]:
    """Processes that run a script below ``folder``: workers of an engine that died."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(word.startswith(f"{folder}/") for word in process.cmdline()):
                found.append(process)
    return found


@contextlib.contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """One `up` or `down` of a stack at a time; the second one waits."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wait_until_listening(
    port: int, process_id: int, *, seconds: float, log: Path
) -> None:
    """Raises LaptopError with the end of the log when the process dies or is late."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        if not psutil.pid_exists(process_id):
            break
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(process_id, os.WNOHANG)[0]:
                break
        time.sleep(0.05)
    raise LaptopError(f"Nothing listens on port {port}: {last_lines(log)}")


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log and its path, for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"{' / '.join(lines[-count:]) or 'it said nothing'} (see {log})"


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
