"""PostgreSQL servers of several versions, for databases that are given to us."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local.config import LOOPBACK
from local.postgres import binaries, unprivileged

PACKAGES = Path(__file__).parent / "servers" / "node_modules"
SETTINGS = f"""
listen_addresses = '{LOOPBACK}'
unix_socket_directories = ''
fsync = off
dynamic_shared_memory_type = 'mmap'
"""


def programs(version: int) -> Path:
    """Return the folder of a version's programs, or skip the test."""
    if version == 18:
        return binaries()
    folder = PACKAGES / f"postgres-{version}" / "native" / "bin"
    if not folder.exists():
        pytest.skip(f"PostgreSQL {version} is not installed: `make servers`, on Linux")
    return folder


@contextmanager
def server(version: int) -> Iterator[str]:
    """Run a server; yield the URL of its superuser, without a database's name."""
    folder = programs(version)
    with (
        TemporaryDirectory(prefix=f"postgres-{version}-") as name,
        socket.socket() as s,
    ):
        home = Path(name)
        prefix = unprivileged(folder, home)
        s.bind((LOOPBACK, 0))
        port = s.getsockname()[1]
        s.close()
        if prefix:
            shutil.chown(home, "nobody")

        def run(program: str, *arguments: str) -> None:
            with (home / "log").open("a") as log:
                done = subprocess.run(
                    [
                        *prefix,
                        str(folder / program),
                        "-D",
                        str(home / "data"),
                        *arguments,
                    ],
                    stdout=log,
                    stderr=log,
                    cwd=home,
                    check=False,
                )
            assert done.returncode == 0, (home / "log").read_text()

        run("initdb", "-U", "postgres", "-E", "UTF8", "--no-locale", "--auth", "trust")
        with (home / "data" / "postgresql.conf").open("a") as file:
            file.write(f"{SETTINGS}port = {port}\n")
        run("pg_ctl", "start", "-w", "-l", str(home / "server.log"))
        try:
            yield f"postgresql://postgres@{LOOPBACK}:{port}"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")


def url_for(server_url: str, role: str, database: str) -> str:
    """Return the URL of a role in a database; this server asks for no password."""
    return f"{server_url.replace('postgres@', f'{role}@')}/{database}"
