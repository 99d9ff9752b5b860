"""Finds the column of each field by name, and refuses to choose between two."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from local.errors import LaptopError
from local.loader.problems import listed
from local.loader.rules import Lines, Rules


@dataclass(frozen=True)
class Field:
    """The names of a column; ``fallbacks`` apply if no other name is found.

    A column whose name contains ``near`` may be this field, so it is never ignored.
    """

    names: tuple[str, ...]
    fallbacks: tuple[str, ...] = ()
    near: str | None = None


# Names are compared without case, spaces, dots, dashes and underscores.
FIELDS = {
    "number": Field(
        ("number", "invoice number", "invoice no", "invoice id", "invoice")
    ),
    "customer_name": Field(
        ("customer name", "customer", "client name", "client"),
        fallbacks=("description", "name"),
    ),
    "status": Field(("status", "invoice status"), near="status"),
    "total": Field(
        ("total", "amount", "total amount", "invoice total", "invoice amount")
    ),
    "quantity": Field(("quantity",)),
    "unit_price": Field(("unit price", "price")),
    "currency": Field(("currency", "currency code"), near="currency"),
    "created_at": Field(
        ("created at", "invoice date", "issued at", "issue date", "date")
    ),
    "due_at": Field(("due at", "due date", "due"), near="duedate"),
    "id": Field(("id",)),
}
REQUIRED = ("number", "customer_name", "created_at")
PARTS_OF_TOTAL = ("quantity", "unit_price")
AMOUNTS = ("total", "quantity", "unit_price")
TIMES = ("created_at", "due_at")
POSITION = re.compile(r"#([0-9]+)")


class ColumnError(LaptopError):
    """The header lacks a column, or two columns could be the same field."""


@dataclass(frozen=True)
class Columns:
    """Where each field is, and the organisation's name if a column has it."""

    header: list[str]
    places: Mapping[str, int]
    organization: int | None
    lines: Lines

    def name(self, field: str) -> str:
        """The column's name in the file."""
        return self.header[self.places[field]]

    @property
    def ignored(self) -> list[str]:
        """The names of columns that are not read."""
        used = {*self.places.values(), self.organization}
        return [name for at, name in enumerate(self.header) if at not in used and name]


def plain(name: str) -> str:
    """Return the form of a name in which names are compared."""
    return re.sub(r"[\s._\ufeff-]", "", name).lower()


def find_columns(header: list[str], rules: Rules) -> Columns:
    """Raise ColumnError with everything that is missing or ambiguous."""
    return _Search(header, rules).columns()


def recognised(header: list[str], rules: Rules) -> int:
    """Count the fields that have a column in this row; a header has several."""
    search = _Search(header, rules)
    return sum(bool(search.candidates(field)) for field in FIELDS)


class _Search:
    """One header under the caller's rules."""

    def __init__(self, header: list[str], rules: Rules) -> None:
        self._header = [name.strip("\ufeff \t\r\n") for name in header]
        self._rules = rules
        self._errors: list[str] = []
        chosen = {plain(field): name for field, name in rules.columns.items()}
        self._chosen = {field: chosen.pop(plain(field), None) for field in FIELDS}
        if chosen:
            raise LaptopError(
                f"--map {', '.join(chosen)}: use one of {', '.join(FIELDS)}."
            )

    def columns(self) -> Columns:
        places = {
            field: places[0]
            for field in FIELDS
            if (field != "id" or "id" in self._rules.key)
            and (places := self._places(field))
        }
        organization = None
        if column := self._rules.organization_column:
            named = self._named(column, "--org-column")
            organization = named[0] if named else None
        lines = self._lines(places)
        for field in self._missing(places):
            self._errors.append(
                f"no column for {field}. It may be called {called(field)};"
                f" or name it: --map {field}=<column>"
            )
        self._refuse_near_misses(places)
        if self._errors:
            raise ColumnError(
                f"{listed(self._errors)}\n  the columns are: {', '.join(self._header)}"
            )
        return Columns(self._header, places, organization, lines)

    def candidates(self, field: str) -> list[int]:
        """Return columns whose name fits, unless the caller gave them another field."""
        name = self._chosen[field]
        if name is not None:
            return list(self._matching(name)) if name else []
        taken = {
            at
            for other in filter(None, self._chosen.values())
            for at in self._matching(other)
        }
        plains = [plain(name) for name in self._header]
        for names in (FIELDS[field].names, FIELDS[field].fallbacks):
            wanted = {plain(name) for name in names}
            found = [at for at, name in enumerate(plains) if name in wanted]
            if free := [at for at in found if at not in taken]:
                return free
        return []

    def _places(self, field: str) -> list[int]:
        """Return one place or none; note an error if there are more."""
        name = self._chosen[field]
        if name:
            return self._named(name, f"--map {field}")
        found = self.candidates(field)
        if len(found) > 1:
            self._errors.append(
                f"{len(found)} columns could be the {field}: {self._described(found)}."
                f" Choose one: --map {field}={self._address(found[0])}"
            )
        return found

    def _named(self, name: str, option: str) -> list[int]:
        found = list(self._matching(name))
        if not found:
            self._errors.append(f"{option}: there is no column {name!r}")
        if len(found) > 1:
            self._errors.append(
                f"{option}: {len(found)} columns have that name:"
                f" {self._described(found)}. Say the position: #{found[0] + 1}"
            )
        return found

    def _matching(self, name: str) -> Iterator[int]:
        """Find columns by exact name, otherwise by plain name or by position."""
        same: list[Callable[[str], bool]] = [
            name.__eq__,
            partial(lambda wanted, other: wanted == plain(other), plain(name)),
        ]
        for fits in same:
            found = [at for at, other in enumerate(self._header) if fits(other)]
            if found:
                yield from found
                return
        position = POSITION.fullmatch(name)
        if position and 1 <= int(position[1]) <= len(self._header):
            yield int(position[1]) - 1

    def _described(self, places: list[int]) -> str:
        named = [f"{self._header[at]!r} (column {at + 1})" for at in places]
        return " and ".join([", ".join(named[:-1]), named[-1]])

    def _address(self, place: int) -> str:
        name = self._header[place]
        if self._header.count(name) > 1:
            return f"#{place + 1}"
        return f'"{name}"' if " " in name else name

    def _lines(self, places: Mapping[str, int]) -> Lines:
        has_parts = places.keys() >= set(PARTS_OF_TOTAL)
        lines = self._rules.lines
        if lines is None:
            return Lines.ITEM if has_parts and "total" not in places else Lines.INVOICE
        both = has_parts and "total" in places and not self._chosen["total"]
        if both and lines in (Lines.ITEM, Lines.SUM):
            total = places["total"]
            self._errors.append(
                f"the amount of a line could be {self._header[total]!r}, or quantity"
                f" times unit price. Choose: --map total={self._address(total)}, or"
                " --map total= for the product"
            )
        return lines

    def _missing(self, places: Mapping[str, int]) -> Iterator[str]:
        yield from (field for field in REQUIRED if field not in places)
        if "id" in self._rules.key and "id" not in places:
            yield "id"
        if "total" not in places and (
            not places.keys() >= set(PARTS_OF_TOTAL) or self._rules.lines is Lines.FIRST
        ):
            yield "total"

    def _refuse_near_misses(self, places: Mapping[str, int]) -> None:
        for field, about in FIELDS.items():
            if about.near is None or field in places or self._chosen[field] == "":
                continue
            near = [
                at
                for at, name in enumerate(self._header)
                if about.near in plain(name) and at not in places.values()
            ]
            if near:
                self._errors.append(
                    f"{self._header[near[0]]!r} may be the {field}: say --map"
                    f" {field}={self._address(near[0])}, or --map {field}= if it is not"
                )


def called(field: str) -> str:
    """Return the accepted names of a column, for a message."""
    names = ", ".join((*FIELDS[field].names, *FIELDS[field].fallbacks))
    if field == "total":
        return f"{names}; or there may be quantity and unit price instead"
    return names
