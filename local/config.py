"""Where the laptop stack lives: its folder, its ports and its passwords."""

import json
import os
import secrets
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from local.errors import LaptopError
from local.given import GivenDatabase

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
DATABASE = "invoice_export"
OWNER_ROLE = "invoice_export_owner"
APP_ROLE = "invoice_export_app"
# Reads the application's tables, and cannot log in.
SYSTEM_ROLE = "invoice_export_system"
# The engine creates this file in its state folder when it has saved its state.
SAVED = "saved"
# And this one in its temporary folder when the functions' processes have started.
STARTED = "started"
# The URL of a database that is given; the laptop's folder keeps it.
GIVEN = "given-database-url"
DEFAULT_ENGINE_PORT = 4566
DEFAULT_DATABASE_PORT = 54329
# The origin of Vite's development server, whose pages may call the API.
DEFAULT_CORS_ORIGIN = "http://localhost:5173"
# The workshop's default port is the engine's plus this.
WORKSHOP_PORT_OFFSET = 11


@dataclass(frozen=True, kw_only=True)
class Laptop:
    """One laptop stack; a second one needs only its own folder and ports."""

    folder: Path
    engine_port: int
    database_port: int
    workshop_port: int
    cors_origin: str = DEFAULT_CORS_ORIGIN
    # The database of the team; without one, the embedded server with the sample.
    given: GivenDatabase | None = None

    # The value of ENGINE, the folder below the checkout, the stage of the CDK app.
    engine: ClassVar[str] = "ministack"
    home: ClassVar[str] = ".local"
    stage: ClassVar[str] = "local"
    mailbox_path: ClassVar[str] = "/_ministack/ses/messages"

    @classmethod
    def from_environment(cls) -> Self:
        """Read ``LOCAL_DIR``, ``CORS_ORIGIN`` and the ports of each server.

        A port that is not set takes the value that this folder was last started with,
        or else the default.
        """
        folder = Path(os.environ.get("LOCAL_DIR") or ROOT / cls.home).resolve()
        saved = folder / "ports.json"
        ports: dict[str, int] = json.loads(saved.read_text()) if saved.exists() else {}
        engine_port = _port("ENGINE_PORT", ports, DEFAULT_ENGINE_PORT)
        given = folder / GIVEN
        return cls(
            folder=folder,
            engine_port=engine_port,
            database_port=_port("DATABASE_PORT", ports, DEFAULT_DATABASE_PORT),
            workshop_port=_port(
                "WORKSHOP_PORT", ports, engine_port + WORKSHOP_PORT_OFFSET
            ),
            cors_origin=os.environ.get("CORS_ORIGIN") or DEFAULT_CORS_ORIGIN,
            given=GivenDatabase(given.read_text()) if given.exists() else None,
        )

    def on(self, url: str) -> Self:
        """Return this stack on the database at ``url``.

        Raises LaptopError if it has another one already: runs, files and tokens
        belong to the database that they were made with.
        """
        given = GivenDatabase(url)
        if self.given is not None and self.given.place != given.place:
            uses = self.given.place
        elif self.given is None and self.has_sample:
            uses = "the sample's database"
        else:
            return replace(self, given=given)
        raise LaptopError(
            f"This stack uses {uses}, not {given.place}. `make clean` ends that; "
            "LOCAL_DIR=<another folder> starts a second stack and keeps both."
        )

    @property
    def has_sample(self) -> bool:
        """Whether the embedded server has been here."""
        return (self.folder / "postgres").exists()

    def require_sample(self, command: str) -> None:
        """Raise LaptopError if the database is the team's, which stays as it is."""
        if self.given is not None:
            raise LaptopError(
                f"`{command}` is for the sample; this stack uses your database "
                f"{self.given.place}."
            )

    def save_ports(self) -> None:
        """Let later commands find this stack without repeating its ports."""
        ports = {
            "ENGINE_PORT": self.engine_port,
            "DATABASE_PORT": self.database_port,
            "WORKSHOP_PORT": self.workshop_port,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ports.json").write_text(json.dumps(ports))

    def save_given(self) -> None:
        """Let later commands use the same database; its password stays private."""
        if self.given is not None:
            write_private(self.folder / GIVEN, self.given.url)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point another process at this stack."""
        return {
            "ENGINE": self.engine,
            "LOCAL_DIR": str(self.folder),
            "ENGINE_PORT": str(self.engine_port),
            "DATABASE_PORT": str(self.database_port),
            "WORKSHOP_PORT": str(self.workshop_port),
            "CORS_ORIGIN": self.cors_origin,
        }

    @property
    def engine_url(self) -> str:
        # With "localhost", S3 clients would put the bucket into the host name.
        return f"http://{LOOPBACK}:{self.engine_port}"

    def url_for_functions(self, url: str) -> str:
        """Return the address under which functions reach ``url``."""
        return url

    @property
    def workshop_url(self) -> str:
        return f"http://{LOOPBACK}:{self.workshop_port}"

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def database_url(self) -> str:
        return self.url_of(APP_ROLE)

    @property
    def owner_database_url(self) -> str:
        return self.url_of(OWNER_ROLE)

    def url_of(self, role: str, database: str = DATABASE) -> str:
        password = self.passwords[role]
        if self.given is not None:
            return self.given.url_of(role, password)
        return (
            f"postgresql://{role}:{password}@{LOOPBACK}:{self.database_port}/{database}"
        )

    @cached_property
    def passwords(self) -> dict[str, str]:
        """A random password for each role, kept as long as the data."""
        path = self.folder / "passwords.json"
        if not path.exists():
            passwords = {
                role: secrets.token_urlsafe(24)
                for role in ("postgres", OWNER_ROLE, APP_ROLE)
            }
            write_private(path, json.dumps(passwords))
        saved: dict[str, str] = json.loads(path.read_text())
        return saved


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, from the moment it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _port(variable: str, saved: dict[str, int], default: int) -> int:
    text = os.environ.get(variable) or str(saved.get(variable, default))
    if not text.isdecimal() or int(text) not in range(1, 1 << 16):
        raise LaptopError(
            f"{variable}={text} is not a port. Use a number from 1 to 65535."
        )
    return int(text)
