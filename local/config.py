"""Where the laptop stack lives: folders, ports, names. Read from the environment."""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from local.errors import LaptopError

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
DATABASE = "invoice_export"
OWNER_ROLE = "invoice_export_owner"
APP_ROLE = "invoice_export_app"
# Touched in the engine's state folder when all state has been written on request.
SAVED = "saved"
WORKSHOP_BESIDE_ENGINE = 11


@dataclass(frozen=True, kw_only=True)
class Laptop:
    """One laptop stack; a second one needs only its own folder and ports."""

    folder: Path
    engine_port: int
    database_port: int
    # Beside the engine's, unless another is wanted.
    workshop_port: int = 0

    def __post_init__(self) -> None:
        if not self.workshop_port:
            beside = self.engine_port + WORKSHOP_BESIDE_ENGINE
            object.__setattr__(self, "workshop_port", beside)

    # What ENGINE says, where it lives below the checkout, what the CDK app calls it.
    engine: ClassVar[str] = "ministack"
    home: ClassVar[str] = ".local"
    stage: ClassVar[str] = "local"
    mailbox_path: ClassVar[str] = "/_ministack/ses/messages"

    @classmethod
    def from_environment(cls) -> Self:
        """``LOCAL_DIR`` and ``ENGINE_``, ``DATABASE_`` and ``WORKSHOP_PORT``.

        Each has a default; the workshop's port follows the engine's.
        Ports chosen once are kept in the folder for the commands that follow.
        """
        folder = Path(os.environ.get("LOCAL_DIR") or ROOT / cls.home).resolve()
        kept = folder / "ports.json"
        ports = {"ENGINE_PORT": 4566, "DATABASE_PORT": 54329}
        if kept.exists():
            ports |= json.loads(kept.read_text())
        engine_port = _port("ENGINE_PORT", ports["ENGINE_PORT"])
        beside = engine_port + WORKSHOP_BESIDE_ENGINE
        return cls(
            folder=folder,
            engine_port=engine_port,
            database_port=_port("DATABASE_PORT", ports["DATABASE_PORT"]),
            workshop_port=_port("WORKSHOP_PORT", ports.get("WORKSHOP_PORT", beside)),
        )

    def keep_ports(self) -> None:
        """Make ``from_environment`` find these ports again."""
        ports = {"ENGINE_PORT": self.engine_port, "DATABASE_PORT": self.database_port}
        if self.workshop_port != self.engine_port + WORKSHOP_BESIDE_ENGINE:
            ports["WORKSHOP_PORT"] = self.workshop_port
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ports.json").write_text(json.dumps(ports))

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead another process to this very stack."""
        return {
            "ENGINE": self.engine,
            "LOCAL_DIR": str(self.folder),
            "ENGINE_PORT": str(self.engine_port),
            "DATABASE_PORT": str(self.database_port),
            "WORKSHOP_PORT": str(self.workshop_port),
        }

    @property
    def engine_url(self) -> str:
        # The address, not "localhost": with a name, S3 clients go virtual-hosted.
        return f"http://{LOOPBACK}:{self.engine_port}"

    def seen_by_functions(self, url: str) -> str:
        """The same place as ``url`` names, as the functions reach it."""
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
        return (
            f"postgresql://{role}:{password}@{LOOPBACK}:{self.database_port}/{database}"
        )

    @cached_property
    def passwords(self) -> dict[str, str]:
        """Random, made on first use, kept for as long as the data is."""
        path = self.folder / "passwords.json"
        if not path.exists():
            made = {
                role: secrets.token_urlsafe(24)
                for role in ("postgres", OWNER_ROLE, APP_ROLE)
            }
            write_private(path, json.dumps(made))
        kept: dict[str, str] = json.loads(path.read_text())
        return kept


def write_private(path: Path, text: str) -> None:
    """Writes a file that nobody else can read, at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or int(text) not in range(1, 1 << 16):
        raise LaptopError(
            f"{variable}={text} is not a port: use a number from 1 to 65535."
        )
    return int(text)
