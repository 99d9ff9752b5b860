"""Which organisation a row belongs to, without ever mixing two of them."""

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
    """An id, the name of a new organisation, and whether the id is made of the name."""

    id: str
    name: str
    id_from_name: bool = False


class Organizations:
    """Those that a file names, or the one that the caller does."""

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
        """The id for a value of the column. Raises ValueError with what to do."""
        known = self._of_value.get(value)
        if known is None:
            known = self._of_value[value] = self._organization(value, line)
            self._found.setdefault(known.id, known)
        return known.id

    def all(self) -> list[Organization]:
        """Those that rows belong to, by id.

        Raises LaptopError for an id whose value no row has: a slip of the pen.
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
    """A readable id that no other name has, but for other spellings of this one."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", letters.lower())[:SLUG_LENGTH].strip("_")
    return "_".join(filter(None, ("org", slug, digest(fold(name)))))


def fold(name: str) -> str:
    """What is left of a name without case, blanks and ways to compose a letter.

    Two names that are equal here may be one organisation or two. They get one id, so
    that the second is noticed, even in a later file, and refused.
    """
    composed = unicodedata.normalize("NFKC", name).casefold()
    seen = (c for c in composed if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", "".join(seen)).split())


def digest(text: str) -> str:
    """The beginning of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
