"""Reads the values of ``-c name=value``, and says what is wrong with one."""

from collections.abc import Mapping
from math import inf
from typing import TypeVar
from urllib.parse import urlsplit

from infra.config import ConfigError

Number = TypeVar("Number", int, float)
Values = Mapping[str, str]

POSTGRESQL_PORT = 5432


def one_of(allowed: tuple[str, ...], values: Values, name: str) -> str:
    """Return a value that must be among these."""
    if values[name] not in allowed:
        choices = " or ".join(allowed)
        raise ConfigError(f"{name}={values[name]} is unknown: give {choices}")
    return values[name]


def yes(values: Values, name: str, *, default: bool) -> bool:
    """Return ``true`` or ``false``, or the default where neither is given."""
    given = values[name] or str(default).lower()
    return one_of(("true", "false"), {name: given}, name) == "true"


def positive(values: Values, name: str, kind: type[Number]) -> Number:
    """Return a number above 0."""
    try:
        number = kind(values[name])
    except ValueError:
        number = kind(0)
    if not 0 < number < inf:
        raise ConfigError(f"{name}={values[name]} is not a number above 0")
    return number


def all_or_none(values: Values, *names: str) -> tuple[str, ...] | None:
    """Return the values of names that only make sense together."""
    given = [name for name in names if values[name]]
    if given and len(given) < len(names):
        missing = [name for name in names if not values[name]]
        raise ConfigError(f"with {given[0]} give {', '.join(missing)} as well")
    return tuple(values[name] for name in names) if given else None


def listed(text: str) -> tuple[str, ...]:
    """Return what stands between the commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def ports(values: Values, *names: str) -> tuple[int, ...]:
    """Return each port once; a URL without one means PostgreSQL's own."""
    found = set()
    for name in names:
        try:
            found.add(urlsplit(values[name]).port or POSTGRESQL_PORT)
        except ValueError:
            # No value here: a URL may hold a password.
            raise ConfigError(f"{name}: its port is not a number to 65535") from None
    return tuple(sorted(found))
