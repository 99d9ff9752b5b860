"""Decides which organisation a row belongs to, and never mixes two."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from local.errors import LaptopError
from local.loader.rules import Rules

SLUG_LENGTH = 40
DIGEST_LENGTH = 10


@dataclass(frozen=True)
class Organization:
    """``id_from_name`` says that the id was made from the name."""

    id: str
    name: str
    id_from_name: bool = False


class Organizations:
    """The organisations that a file names, or the one that the caller names."""

    def __init__(self, rules: Rules) -> None:
        self._ids = dict(rules.organization_ids)
        self._of_value: dict[str, Organization] = {}
        # The first spelling of each name, and its line.
        self._spellings: dict[str, tuple[str, int]] = {}
        self._unused = set(self._ids)
        self._found: dict[str, Organization] = {}
        if rules.organization is not None:
            self.only = _named_by_caller(rules.organization)
            self._found[self.only.id] = self.only

    def id_of(self, value: str, line: int) -> str:
        """Return the id for a value of the column. Raises ValueError."""
        known = self._of_value.get(value)
        if known is None:
            known = self._of_value[value] = self._organization(value, line)
            self._found.setdefault(known.id, known)
        return known.id

    def all(self) -> list[Organization]:
        """Return the organisations that have rows, ordered by id.

        Raises LaptopError if the caller gave an id to a value that no row has.
        """
        for value in sorted(self._unused):
            raise LaptopError(
                f"--org {value}={self._ids[value]}: no row names {value!r}."
            )
        return sorted(self._found.values(), key=lambda one: one.id)

    def _organization(self, value: str, line: int) -> Organization:
        if not value.strip() or "\0" in value:
            raise ValueError(f"{value!r} is not the name of an organisation")
        if value in self._ids:
            self._unused.discard(value)
            return Organization(self._ids[value], value)
        folded = fold(value)
        other, other_line = self._spellings.setdefault(folded, (value, line))
        if other != value:
            raise ValueError(
                f"the organisations {value!r} and {other!r} (line {other_line}) differ"
                " only in case, blanks or composed letters. Spell them alike, or give"
                f' each an id: --org "{value}=<id>"'
            )
        return Organization(id_for(value), value, id_from_name=True)


def _named_by_caller(organization_id: str) -> Organization:
    return Organization(organization_id, organization_id.removeprefix("org_").title())


def id_for(name: str) -> str:
    """Make a readable id; only spellings of the same name share one."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", letters.lower())[:SLUG_LENGTH].strip("_")
    return "_".join(filter(None, ("org", slug, digest(fold(name)))))


def fold(name: str) -> str:
    """Remove what spellings of a name differ in: case, blanks, composed letters.

    Names that are equal here may be one organisation or two. They get the same id, so
    the loader notices the second one, even in a later file, and refuses it.
    """
    composed = unicodedata.normalize("NFKC", name).casefold()
    seen = (c for c in composed if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", "".join(seen)).split())


def digest(text: str) -> str:
    """Return the beginning of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
