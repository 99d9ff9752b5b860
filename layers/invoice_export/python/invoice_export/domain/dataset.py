"""What can be exported: declared queries, their columns, keys and filters."""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from invoice_export.domain.roles import Role
from invoice_export.errors import DatasetError
from invoice_export.records import Record

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_NAME = 40

# A dataset's view may not hide a table or a view of the schema.
RESERVED = frozenset(
    {
        *("audit_logs", "datasets", "email_deliveries", "email_soft_bounces"),
        *("email_suppressions", "event_outbox", "execution_starts", "export_pages"),
        *("exports", "lanes", "members", "migrations", "organizations", "users"),
        "webhook_endpoints",
    }
)


class Kind(StrEnum):
    """How the values of a column are written."""

    # Text that people typed: guarded, so that no spreadsheet runs it as a formula.
    TEXT = "text"
    # One of the declared words: no guard needed.
    CHOICE = "choice"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    # A timestamptz: RFC 3339 in UTC, with every microsecond.
    TIME = "time"
    # A timestamp without a zone, which is in the dataset's zone; written like a TIME.
    LOCAL_TIME = "local-time"
    # Anything else, as PostgreSQL writes it: ids, JSON, intervals.
    PLAIN = "plain"

    @property
    def is_time(self) -> bool:
        return self in (Kind.TIME, Kind.LOCAL_TIME)

    @property
    def on_the_wire(self) -> str:
        """What a caller sees; how the database stores a time is none of its concern."""
        return Kind.TIME.value if self.is_time else self.value


class KeyType(StrEnum):
    """The PostgreSQL types that a key column or a cut-off may have."""

    TIMESTAMPTZ = "timestamptz"
    TIMESTAMP = "timestamp"
    DATE = "date"
    BIGINT = "bigint"
    INTEGER = "integer"
    UUID = "uuid"
    TEXT = "text"


CUT_OFF_TYPES = (KeyType.TIMESTAMPTZ, KeyType.TIMESTAMP)


class Column(NamedTuple):
    """A column of the query, its name in the file's header, and its kind.

    A column that is not ``default`` is in the file only on request. ``choices`` are the
    words of a :attr:`Kind.CHOICE`. Without a ``label``, people read the header's words.
    """

    name: str
    header: str
    kind: Kind
    label: str = ""
    default: bool = True
    choices: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What people call the column."""
        return self.label or _in_words(self.header)


class Key(NamedTuple):
    """A column of the query with its type, for order and cut-off."""

    name: str
    type: KeyType


class Filter(NamedTuple):
    """A condition that a request may set on one column of the query.

    By default it is named after a column of the file, and compares that column. A
    ``column`` of its own lets it reach an index where the file's column is computed;
    ``kind`` is then that of the column, :attr:`Kind.LOCAL_TIME` for a timestamp without
    a zone. ``whole`` says that the column of a :attr:`Kind.NUMBER`
    is an integer: then the filter reaches an index.
    """

    header: str
    column: str = ""
    kind: Kind | None = None
    label: str = ""
    choices: tuple[str, ...] = ()
    whole: bool = False


class Words(NamedTuple):
    """What people call the rows."""

    one: str
    many: str
    nothing_yet: str


class Dataset(Record, dict=True):
    """A query and what is declared about it.

    ``name`` begins file names, is part of audit actions, and names the view (with
    underscores). ``organization`` is the tenant column, of any type. ``key`` orders the
    rows totally and never changes. ``cut_off`` says when a row came to be: later than
    the plan, and it stays outside; without it, the last key at planning is the bound.
    ``zone`` is that of columns without a zone. ``role`` is the least that may export
    the rows. Raises :class:`DatasetError` for a declaration that contradicts itself.
    """

    name: str
    label: str
    query: str
    organization: str
    key: tuple[Key, ...]
    columns: tuple[Column, ...]
    words: Words
    cut_off: Key | None = None
    filters: tuple[Filter, ...] = ()
    zone: str = "UTC"
    role: Role = Role.MEMBER
    default: bool = False

    def __post_init__(self) -> None:
        for complaint in _complaints(self):
            raise DatasetError(f"dataset {self.name!r}: {complaint}")

    @property
    def view(self) -> str:
        """The name of the secured view in the schema."""
        return view_of(self.name)

    @property
    def keys_view(self) -> str:
        """The name of the view with :attr:`walked_columns` and no others."""
        return keys_view_of(self.name)

    @property
    def walked_columns(self) -> tuple[str, ...]:
        """The columns of the index that serves the dataset, in its order."""
        key = tuple(each.name for each in self.key)
        return key if self.organization in key else (self.organization, *key)

    @cached_property
    def joins(self) -> bool:
        """Whether the query reads more than one table."""
        return re.search(r"\bjoin\b", self.query, re.IGNORECASE) is not None

    @cached_property
    def by_header(self) -> dict[str, Column]:
        """The columns by their names in the header."""
        return {column.header: column for column in self.columns}

    @cached_property
    def default_columns(self) -> tuple[Column, ...]:
        """The columns of a file that asks for none."""
        return tuple(column for column in self.columns if column.default)

    @cached_property
    def filters_by_header(self) -> dict[str, Filter]:
        """The filters by name, with everything filled in that they take over."""
        return {each.header: self._completed(each) for each in self.filters}

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the rows or the meaning of a file, and with nothing else."""
        parts = (
            self.query,
            self.organization,
            self.key,
            self.cut_off,
            self.zone,
            [(c.name, c.header, c.kind, c.default, c.choices) for c in self.columns],
            [
                (f.header, f.column, f.kind, f.whole)
                for f in self.filters_by_header.values()
            ],
        )
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def _completed(self, declared: Filter) -> Filter:
        column = self.by_header.get(declared.header)
        kind = declared.kind or (column.kind if column else Kind.PLAIN)
        return Filter(
            header=declared.header,
            column=declared.column or (column.name if column else ""),
            kind=kind,
            label=declared.label
            or (column.title if column else "")
            or _in_words(declared.header),
            choices=declared.choices or (column.choices if column else ()),
            whole=declared.whole,
        )


class Directory(Record, kw_only=False):
    """The queries that say who belongs where; ids have any type.

    ``organizations`` yields id and name, ``users`` id, name and email, ``members``
    organization_id, user_id and role.
    """

    organizations: str
    users: str
    members: str


class Datasets(Record, dict=True, kw_only=False):
    """All that a deployment exports, and its directory."""

    all: tuple[Dataset, ...]
    directory: Directory

    def __post_init__(self) -> None:
        if len(self.by_name) < len(self.all):
            raise DatasetError("two datasets have the same name")
        if sum(dataset.default for dataset in self.all) != 1:
            raise DatasetError("exactly one dataset must be declared default=True")

    @cached_property
    def by_name(self) -> dict[str, Dataset]:
        return {dataset.name: dataset for dataset in self.all}

    @property
    def default(self) -> Dataset:
        """What a request without a dataset exports."""
        return next(dataset for dataset in self.all if dataset.default)

    def words_of(self, name: str) -> Words:
        """Return a dataset's words, also for one that this release does not have."""
        dataset = self.by_name.get(name)
        if dataset is not None:
            return dataset.words
        plain = name.replace("-", " ")
        return Words(plain, f"{plain} rows", f"There are no {plain} rows.")


def view_of(name: str) -> str:
    """Return the name of a dataset's view, given its own name."""
    return name.replace("-", "_")


def keys_view_of(name: str) -> str:
    """Return the name of its view with the key alone; no dataset can be named so."""
    return f"_{view_of(name)}_keys"


def read_query(declaration: str) -> str:
    """Return the query beside a declaration: ``invoices.sql`` for ``__file__``."""
    return Path(declaration).with_suffix(".sql").read_text("utf-8").strip().rstrip(";")


def _complaints(dataset: Dataset) -> Iterator[str]:
    yield from _about_names(dataset)
    yield from _about_order(dataset)
    for column in dataset.columns:
        if (column.kind is Kind.CHOICE) != bool(column.choices):
            yield f"column {column.header!r}: Kind.CHOICE and choices need each other"
    for each in dataset.filters_by_header.values():
        if not each.column:
            yield f"filter {each.header!r} is not a column: name the query's column"
        if each.kind is Kind.PLAIN:
            yield f"filter {each.header!r} needs a kind other than PLAIN"
        if each.whole and each.kind is not Kind.NUMBER:
            yield f"filter {each.header!r}: only a Kind.NUMBER is whole"
        if (each.kind is Kind.CHOICE) != bool(each.choices):
            yield f"filter {each.header!r}: Kind.CHOICE and choices need each other"


def _about_names(dataset: Dataset) -> Iterator[str]:
    if not NAME.fullmatch(dataset.name) or len(dataset.name) > MAX_NAME:
        yield f"a name is lower-case words joined by hyphens, up to {MAX_NAME} letters"
    if dataset.view in RESERVED:
        yield f"the schema has its own {dataset.view!r}; choose another name"
    if twice := _repeated(column.header for column in dataset.columns):
        yield f"two columns have the header {twice!r}"
    if twice := _repeated(each.header for each in dataset.filters):
        yield f"two filters have the name {twice!r}"


def _about_order(dataset: Dataset) -> Iterator[str]:
    if not dataset.organization:
        yield "it needs the column of the organisation's id"
    if not dataset.key:
        yield "it needs a key"
    if not dataset.default_columns:
        yield "it needs a column that is in the file by default"
    if dataset.cut_off and dataset.cut_off.type not in CUT_OFF_TYPES:
        yield "the cut-off must be a timestamptz or a timestamp"


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _in_words(header: str) -> str:
    """Return ``customerName`` as "Customer name"; a header with spaces stays."""
    words = re.sub(
        r"(?<=[a-z0-9])([A-Z])", lambda found: f" {found[1].lower()}", header
    )
    return words[:1].upper() + words[1:]
