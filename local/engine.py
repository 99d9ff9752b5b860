"""The AWS engine: MiniStack on loopback, with all its files in one folder."""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import httpx
import psutil

from local.aws import CREDENTIALS, REGION
from local.config import LOOPBACK, SAVED, STARTED, Laptop
from local.daemon import Daemon
from local.errors import LaptopError
from local.processes import kill_all, last_lines, orphans, require_free_port

SAVE_SECONDS = 20.0
HEALTH_SECONDS = 30.0
START_SECONDS = 60.0
# Over HTTPS, clients hash no body that has a checksum; over HTTP they do, unless told.
AWS_CONFIG = """[default]
s3 =
    payload_signing_enabled = false
"""


class Engine:
    """Starts and stops the engine with its Lambda processes."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop
        self._home = laptop.folder / "engine"
        self._daemon = Daemon("local.engine_bridge", self._home)
        self._temporary = self._home / "tmp"
        self._state = self._home / "state"
        self._saved = self._state / SAVED
        self._started = self._temporary / STARTED
        self._aws_config = self._home / "aws-config"

    @property
    def process(self) -> psutil.Process | None:
        return self._daemon.process

    @property
    def is_up(self) -> bool:
        return self.process is not None

    def start(self) -> None:
        """Start the engine with its saved state, unless it runs."""
        if not self.is_up:
            self._launch()
        self._require_health()

    def _launch(self) -> None:
        port = self._laptop.engine_port
        require_free_port(port, purpose="the AWS engine", variable="ENGINE_PORT")
        kill_all(orphans(self._temporary))
        if not self._saved.exists():
            # The files of an unfinished deployment would get in the way.
            shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        self._aws_config.write_text(AWS_CONFIG)
        self._daemon.start(self._environment())
        self._daemon.wait_until_listening(port)

    def save(self) -> None:
        """Write the engine's state to disk, so that it survives a crash."""
        process = self.process
        if process is None:
            return
        self._saved.unlink(missing_ok=True)
        process.send_signal(signal.SIGUSR1)
        self._wait_for(self._saved, SAVE_SECONDS, "did not save its state")

    def start_functions(self) -> None:
        """Start the functions' processes, so that the first export finds them."""
        process = self.process
        if process is None:
            return
        self._started.unlink(missing_ok=True)
        process.send_signal(signal.SIGUSR2)

    def wait_for_functions(self) -> None:
        """Wait until the functions' processes have started."""
        self._wait_for(self._started, START_SECONDS, "did not start the functions")

    def _wait_for(self, file: Path, seconds: float, failure: str) -> None:
        deadline = time.monotonic() + seconds
        while not file.exists():
            if time.monotonic() > deadline:
                raise LaptopError(
                    f"The engine {failure}: {last_lines(self._daemon.log)}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the engine and its Lambda processes; delete its temporary files."""
        # It also saves its state as it stops, but then creates no SAVED file.
        with contextlib.suppress(LaptopError):
            self.save()
        self._daemon.stop(grace=SAVE_SECONDS)
        kill_all(orphans(self._temporary))
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        # Lambdas inherit the engine's environment and must not see the developer's.
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "GATEWAY_PORT": str(self._laptop.engine_port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_REGION": REGION,
            **CREDENTIALS,
            "AWS_CONFIG_FILE": str(self._aws_config),
            # These two ignore BIND_HOST.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            # Large pages of memory make it faster to receive large parts (glibc only).
            "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            # A call that waits for a process holds a thread, and the processes need
            # threads for their own requests to the engine.
            "MINISTACK_WORKER_THREADS": "512",
            # Such calls count as running, and the bridge bounds those that run.
            "LAMBDA_ACCOUNT_CONCURRENCY": "0",
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
        deadline = time.monotonic() + HEALTH_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url, timeout=5).is_success:
                    return
            time.sleep(0.1)
        raise LaptopError(
            f"The AWS engine fails its health check: {last_lines(self._daemon.log)}"
        )
