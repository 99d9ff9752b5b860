"""The AWS engine: MiniStack on loopback, all that it writes in one folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import httpx
import psutil

from local.aws import CREDENTIALS, REGION
from local.config import LOOPBACK, ROOT, SAVED, Laptop
from local.errors import LaptopError
from local.processes import (
    end,
    end_all,
    last_lines,
    require_free_port,
    running,
    strays,
    wait_until_listening,
)

# It saves its state when it is told to stop.
SAVE_SECONDS = 20.0
# It outlives whoever started it; a Popen dropped before its process ends warns.
_started: list[subprocess.Popen[bytes]] = []


class Engine:
    """Starts and stops the engine's process, and what hangs on it."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop
        self._home = laptop.folder / "engine"
        self._pid_file = self._home / "engine.pid"
        self._log = self._home / "engine.log"
        self._temporary = self._home / "tmp"
        self._state = self._home / "state"
        self._saved = self._state / SAVED

    @property
    def process(self) -> psutil.Process | None:
        return running(self._pid_file, "local.engine_bridge")

    def start(self) -> None:
        """Starts it unless it runs; its state of last time is loaded again."""
        if self.process is not None:
            self._require_health()
            return
        port = self._laptop.engine_port
        require_free_port(port, of="the AWS engine", variable="ENGINE_PORT")
        end_all(strays(self._temporary))
        if not self._saved.exists():
            # Files of a deployment that never came to its end would be in its way.
            shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        with self._log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local.engine_bridge"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal of `make up` must not reach it.
                start_new_session=True,
            )
        _started.append(process)
        self._pid_file.write_text(str(process.pid))
        wait_until_listening(port, process.pid, seconds=60, log=self._log)
        self._require_health()

    def save(self) -> None:
        """Writes the engine's state to disk; without this only a stop does."""
        process = self.process
        if process is None:
            return
        self._saved.unlink(missing_ok=True)
        process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + SAVE_SECONDS
        while not self._saved.exists():
            if time.monotonic() > deadline:
                raise LaptopError(f"The engine did not save: {last_lines(self._log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it and its Lambda processes; no temporary file stays."""
        process = self.process
        if process is not None:
            # It saves when it is stopped too, but leaves no mark of it.
            with contextlib.suppress(LaptopError):
                self.save()
            end(process, grace=SAVE_SECONDS)
        end_all(strays(self._temporary))
        self._pid_file.unlink(missing_ok=True)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        # Nothing else: Lambdas inherit the engine's environment, and must not find
        # the developer's.
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "GATEWAY_PORT": str(self._laptop.engine_port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_REGION": REGION,
            **CREDENTIALS,
            # These two ignore BIND_HOST.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            # Memory in large pages where the system has them: joined files are large,
            # and small pages cost more than the copying (glibc; others ignore it).
            "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            # Calls that wait for a process hold a thread each, and what the processes
            # ask of the engine needs some too.
            "MINISTACK_WORKER_THREADS": "512",
            "DOCKER_HOST": "unix:///nonexistent",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._home / "s3"),
            "TMPDIR": str(self._temporary),
            "LOG_LEVEL": "INFO",
        }

    def _require_health(self) -> None:
        url = f"{self._laptop.engine_url}/_ministack/health"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if httpx.get(url, timeout=5).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise LaptopError(f"The AWS engine is not well: {last_lines(self._log)}")
