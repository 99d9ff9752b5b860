"""The stack on LocalStack: started with Docker Compose, or one that runs already.

``AWS_ENDPOINT_URL`` is the address of a LocalStack that runs already, ``DATABASE_URL``
of a PostgreSQL that does; its user must be able to create roles and databases.

================  ===================  ========================================
AWS_ENDPOINT_URL  AWS engine           PostgreSQL
================  ===================  ========================================
not set           from Docker Compose  from Docker Compose
set               the one at that URL  the one at ``DATABASE_URL``, or embedded
================  ===================  ========================================
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

import httpx

from local.config import DATABASE, LOOPBACK, ROOT, Laptop
from local.errors import LaptopError
from local.postgres import accepts_connections, create_database

COMPOSE_FILE = ROOT / "localstack-compose.yml"
# The ports and the password of `localstack-compose.yml`.
COMPOSE_ENGINE = f"http://{LOOPBACK}:4566"
COMPOSE_ADMIN = f"postgresql://postgres:postgres@{LOOPBACK}:54330/postgres"
# The addresses of the two for functions, which run in containers of their own.
COMPOSE_HOSTS = {
    "http": "localhost.localstack.cloud:4566",
    "postgresql": "postgres:5432",
}
HEALTH_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class LocalStackLaptop(Laptop):
    """A stack on LocalStack; without an ``admin_url`` its PostgreSQL is embedded."""

    endpoint: str = COMPOSE_ENGINE
    admin_url: str | None = COMPOSE_ADMIN
    compose: bool = True

    engine: ClassVar[str] = "localstack"
    home: ClassVar[str] = ".local/localstack"
    stage: ClassVar[str] = "localstack"
    mailbox_path: ClassVar[str] = "/_aws/ses"

    @classmethod
    def at(cls, endpoint: str | None, laptop: Laptop) -> Self:
        """Return ``laptop`` on the LocalStack at ``endpoint``, or on Docker Compose."""
        database = os.environ.get("DATABASE_URL") or None
        return cls(
            folder=laptop.folder,
            engine_port=laptop.engine_port,
            database_port=laptop.database_port,
            workshop_port=laptop.workshop_port,
            endpoint=endpoint.rstrip("/") if endpoint else COMPOSE_ENGINE,
            admin_url=database if endpoint else COMPOSE_ADMIN,
            compose=not endpoint,
        )

    @property
    def environment(self) -> dict[str, str]:
        external = not self.compose
        return {
            **super().environment,
            "AWS_ENDPOINT_URL": self.endpoint if external else "",
            "DATABASE_URL": (self.admin_url or "") if external else "",
        }

    @property
    def engine_url(self) -> str:
        return self.endpoint

    def url_of(self, role: str, database: str = DATABASE) -> str:
        if self.admin_url is None:
            return super().url_of(role, database)
        parts = urlsplit(self.admin_url)
        if role != "postgres":
            host = parts.netloc.rpartition("@")[2]
            netloc = f"{role}:{self.passwords[role]}@{host}"
            parts = parts._replace(netloc=netloc)
        return urlunsplit(parts._replace(path=f"/{database}"))

    def url_for_functions(self, url: str) -> str:
        if not self.compose:
            return url
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        host = COMPOSE_HOSTS[parts.scheme]
        return urlunsplit(parts._replace(netloc=f"{user}{at}{host}"))


def laptop_from_environment(*, given: bool = False) -> Laptop:
    """Return the stack of ``ENGINE``, or of MiniStack if that is not set.

    ``given`` puts the one of MiniStack on the database at ``DATABASE_URL``.
    """
    engine = os.environ.get("ENGINE") or "ministack"
    if engine == "ministack":
        laptop = Laptop.from_environment()
        return laptop.on(os.environ["DATABASE_URL"]) if given else laptop
    if engine != "localstack":
        raise LaptopError(f"ENGINE={engine} is unknown. Use ministack or localstack.")
    return LocalStackLaptop.at(
        os.environ.get("AWS_ENDPOINT_URL"), LocalStackLaptop.from_environment()
    )


class LocalStack:
    """The engine; started and stopped here only if it comes from Docker Compose."""

    def __init__(self, laptop: LocalStackLaptop) -> None:
        self._laptop = laptop

    @property
    def is_up(self) -> bool:
        try:
            url = f"{self._laptop.engine_url}/_localstack/health"
            return httpx.get(url, timeout=HEALTH_SECONDS).is_success
        except httpx.HTTPError:
            return False

    def start(self) -> None:
        """Start both services with Docker Compose, or check the one that runs."""
        if self._laptop.compose:
            self._compose("up", "--detach", "--wait")
        if not self.is_up:
            raise LaptopError(
                f"No LocalStack answers at {self._laptop.engine_url}. Start it, or "
                "unset AWS_ENDPOINT_URL to use Docker Compose."
            )

    def save(self) -> None:
        """Do nothing: the community edition keeps no state; `make up` deploys again."""

    def start_functions(self) -> None:
        """Do nothing: LocalStack starts a function with its first call."""

    def wait_for_functions(self) -> None:
        """Do nothing: none was started."""

    def stop(self) -> None:
        if self._laptop.compose:
            self._compose("down")

    @staticmethod
    def _compose(*arguments: str) -> None:
        if shutil.which("docker") is None:
            raise LaptopError(
                "ENGINE=localstack needs Docker. Install it, or set AWS_ENDPOINT_URL "
                "to the address of a LocalStack that runs already."
            )
        command = ["docker", "compose", "--file", str(COMPOSE_FILE), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            output = " / ".join(done.stderr.strip().splitlines()[-3:])
            raise LaptopError(f"`docker compose {arguments[0]}` failed: {output}")


class ExternalPostgres:
    """A PostgreSQL that the stack uses but neither starts nor stops."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop

    @property
    def is_up(self) -> bool:
        return accepts_connections(self._laptop)

    def start(self) -> None:
        """Create the database unless it exists."""
        create_database(self._laptop)

    def stop(self) -> None:
        """Do nothing."""

    def crash_and_restart(self) -> None:
        raise LaptopError(
            "The stack did not start this database, so it cannot restart it. Restart "
            "it where it runs."
        )
