"""A database that is given: the team's own copy or dump, in place of the sample."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from local.errors import LaptopError

FORM = "postgresql://user:password@host:port/name"
DEFAULT_PORT = "5432"
# Functions run in folders of their own, so a path has to be absolute.
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


@dataclass(frozen=True)
class GivenDatabase:
    """Where the database is, and how its administrator connects.

    ``url`` is anything that libpq takes. Raises LaptopError if it names no host or no
    database: functions do not share this shell's defaults.
    """

    url: str

    def __post_init__(self) -> None:
        parts = self._parts
        for word, name in (("host", "host"), ("dbname", "name"), ("user", "user")):
            if not parts.get(word):
                raise LaptopError(f"DATABASE_URL has no {name}: write it as {FORM}.")

    @property
    def place(self) -> str:
        """Host, port and name, for people; no password."""
        parts = self._parts
        return f"{_addresses(parts)}/{parts['dbname']}"

    def url_of(self, role: str, password: str) -> str:
        """Return the URL of another role: same place, same TLS parameters."""
        parts = self._parts
        query = {
            name: str(Path(value).resolve()) if _is_file(name, value) else value
            for name, value in parts.items()
            if name not in {"user", "password", "host", "port", "dbname"}
        }
        user = f"{quote(role, safe='')}:{quote(password, safe='')}"
        name = quote(parts["dbname"], safe="")
        options = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return f"postgresql://{user}@{_addresses(parts)}/{name}{options}"

    @property
    def _parts(self) -> dict[str, Any]:
        try:
            return {
                name: str(value) for name, value in conninfo_to_dict(self.url).items()
            }
        except psycopg.ProgrammingError as exc:
            # The message may repeat a part of the URL, with the password.
            raise LaptopError(
                f"DATABASE_URL is not an address of PostgreSQL: write it as {FORM}, "
                "with special characters of the password percent-encoded."
            ) from exc


def _addresses(parts: dict[str, Any]) -> str:
    """Return ``host:port``; several, joined by commas, if several are given."""
    hosts = parts["host"].split(",")
    ports = parts.get("port", DEFAULT_PORT).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return ",".join(
        f"{_bracketed(host)}:{port or DEFAULT_PORT}"
        for host, port in zip(hosts, ports, strict=False)
    )


def _bracketed(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    return quote(host, safe="")


def _is_file(name: str, value: str) -> bool:
    return name in FILES and value != "system"
