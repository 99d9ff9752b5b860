"""LocalStack instead of the embedded engine: by Docker Compose, or one that is up.

``AWS_ENDPOINT_URL`` names an engine that is up already, ``DATABASE_URL`` a PostgreSQL
that is, in the name of somebody who may create roles and databases. Without the first
both come from ``localstack-compose.yml``; with the first alone the database is the
embedded one.
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
from local.postgres import create_roles, responds

COMPOSE_FILE = ROOT / "localstack-compose.yml"
# As `localstack-compose.yml` has them.
COMPOSE_ENGINE = f"http://{LOOPBACK}:4566"
COMPOSE_ADMIN = f"postgresql://postgres:postgres@{LOOPBACK}:54330/postgres"
# What functions, each in a container of its own, call the two.
COMPOSE_HOSTS = {
    "http": "localhost.localstack.cloud:4566",
    "postgresql": "postgres:5432",
}
HEALTH_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class LocalStackLaptop(Laptop):
    """A stack on LocalStack; an ``admin_url`` of None is the embedded PostgreSQL."""

    endpoint: str = COMPOSE_ENGINE
    admin_url: str | None = COMPOSE_ADMIN
    compose: bool = True

    engine: ClassVar[str] = "localstack"
    home: ClassVar[str] = ".local/localstack"
    stage: ClassVar[str] = "localstack"
    mailbox_path: ClassVar[str] = "/_aws/ses"

    @classmethod
    def given(cls, laptop: Laptop, endpoint: str | None) -> Self:
        """``laptop``'s folder and ports, with the engine and database that are up."""
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
        given = not self.compose
        return {
            **super().environment,
            "AWS_ENDPOINT_URL": self.endpoint if given else "",
            "DATABASE_URL": (self.admin_url or "") if given else "",
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

    def seen_by_functions(self, url: str) -> str:
        if not self.compose:
            return url
        parts = urlsplit(url)
        who, at, _ = parts.netloc.rpartition("@")
        host = COMPOSE_HOSTS[parts.scheme]
        return urlunsplit(parts._replace(netloc=f"{who}{at}{host}"))


def laptop_of_environment() -> Laptop:
    """The stack that ``ENGINE`` names, MiniStack's without it."""
    engine = os.environ.get("ENGINE") or "ministack"
    if engine == "ministack":
        return Laptop.from_environment()
    if engine != "localstack":
        raise LaptopError(f"ENGINE={engine}: use ministack or localstack.")
    return LocalStackLaptop.given(
        LocalStackLaptop.from_environment(), os.environ.get("AWS_ENDPOINT_URL")
    )


class LocalStack:
    """The engine: ours to start and stop only where Compose does it."""

    def __init__(self, laptop: LocalStackLaptop) -> None:
        self._laptop = laptop

    @property
    def process(self) -> bool | None:
        """Whether it answers; None when it does not."""
        try:
            url = f"{self._laptop.engine_url}/_localstack/health"
            return httpx.get(url, timeout=HEALTH_SECONDS).is_success or None
        except httpx.HTTPError:
            return None

    def start(self) -> None:
        """Starts both services with Compose, or looks for those that are given."""
        if self._laptop.compose:
            self._compose("up", "--detach", "--wait")
        if self.process is None:
            raise LaptopError(
                f"No LocalStack answers at {self._laptop.engine_url}: start it, or "
                "unset AWS_ENDPOINT_URL to use Docker Compose."
            )

    def save(self) -> None:
        """LocalStack's community edition keeps nothing: a restart deploys anew."""

    def stop(self) -> None:
        if self._laptop.compose:
            self._compose("down")

    @staticmethod
    def _compose(*arguments: str) -> None:
        if shutil.which("docker") is None:
            raise LaptopError(
                "ENGINE=localstack needs Docker, or AWS_ENDPOINT_URL of a LocalStack "
                "that is up."
            )
        command = ["docker", "compose", "--file", str(COMPOSE_FILE), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            told = " / ".join(done.stderr.strip().splitlines()[-3:])
            raise LaptopError(f"docker compose {arguments[0]} failed: {told}")


class GivenPostgres:
    """A PostgreSQL that somebody else starts and stops."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop

    @property
    def process_id(self) -> int | None:
        """Something that is not None while it answers."""
        return 0 if responds(self._laptop) else None

    def start(self) -> None:
        """Makes the roles and the database."""
        create_roles(self._laptop)

    def stop(self) -> None:
        """Not ours."""

    def crash_and_restart(self) -> None:
        """Not ours either."""
        raise LaptopError(
            "This database is not the stack's own: restart it where it runs."
        )
