"""What the caller declares about a file."""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from local.errors import LaptopError
from local.loader import amounts, times

STATUSES = ("draft", "sent", "paid", "overdue")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
KEY_COLUMNS = ("number", "created_at", "customer_name", "id")
ORGANIZATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
DELIMITER = re.compile(r"[^\"\r\n]")
CURRENCY = re.compile(r"[A-Za-z]{3}")

EVERY = ""
"""Stands for every column of a kind in ``decimal`` and ``dates``."""


class Lines(StrEnum):
    """What a row of the file is."""

    INVOICE = "invoice"
    ITEM = "item"
    FIRST = "first"
    SUM = "sum"


class Existing(StrEnum):
    """What to do with an existing invoice that has different content."""

    REFUSE = "refuse"
    UPDATE = "update"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of one load. Raises LaptopError if they make no sense."""

    organization: str | None = None
    organization_column: str | None = None
    organization_ids: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    lines: Lines | None = None
    key: tuple[str, ...] = ("number",)
    existing: Existing = Existing.REFUSE
    dry_run: bool = False
    status: str = "paid"
    statuses: Mapping[str, str] = field(default_factory=dict)
    currency: str = "GBP"
    decimal: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    header_line: int | None = None
    keep_guard: bool = False

    def __post_init__(self) -> None:
        for check in (self._organizations, self._words, self._forms, self._identity):
            check()

    def _organizations(self) -> None:
        if (self.organization is None) == (self.organization_column is None):
            raise LaptopError(
                "Say whose invoices these are: ORG=<id>, or ORG_COLUMN=<column>."
            )
        for one in filter(None, (self.organization, *self.organization_ids.values())):
            if not ORGANIZATION_ID.fullmatch(one):
                raise LaptopError(
                    f"{one!r} is not an organisation id: letters, digits, _ and -, "
                    "64 at most."
                )
        if self.organization_ids and self.organization_column is None:
            raise LaptopError("--org <value>=<id> needs --org-column.")

    def _words(self) -> None:
        for word in (self.status, *self.statuses.values()):
            _one_of("--status", word, STATUSES)
        if not CURRENCY.fullmatch(self.currency):
            raise LaptopError(f"--currency {self.currency}: three letters are needed.")

    def _forms(self) -> None:
        for mark in self.decimal.values():
            _one_of("--decimal", mark, amounts.MARKS)
        for order in self.dates.values():
            if "%" not in order:
                _one_of("--dates", order, times.ORDERS)
        if self.delimiter is not None and not DELIMITER.fullmatch(self.delimiter):
            raise LaptopError(
                f"--delimiter {self.delimiter}: one character, or one of"
                f" {', '.join(DELIMITERS)}."
            )
        if self.encoding is not None:
            _require_text_encoding(self.encoding)

    def _identity(self) -> None:
        for column in self.key:
            _one_of("--key", column, KEY_COLUMNS)
        if not {"number", "id"} & set(self.key):
            raise LaptopError("--key needs number or id.")


def split(
    option: str, values: Iterable[str], *, at_last: bool = False
) -> tuple[str | None, dict[str, str]]:
    """Separate ``--option value`` from ``--option name=value``. Raises LaptopError.

    A pair is split at its first =, or at its last one.
    """
    alone: str | None = None
    pairs: dict[str, str] = {}
    for value in values:
        name, found, rest = value.rpartition("=") if at_last else value.partition("=")
        if found:
            if pairs.setdefault(name, rest) != rest:
                raise LaptopError(f"{option} names {name} twice.")
        elif alone not in (None, value):
            raise LaptopError(f"{option} is given twice: {alone} and {value}.")
        else:
            alone = value
    return alone, pairs


def _one_of(option: str, word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise LaptopError(f"{option} {word}: use one of {', '.join(words)}.")


def _require_text_encoding(name: str) -> None:
    try:
        codecs.lookup(name)
        "x".encode(name)
    except LookupError as exc:
        raise LaptopError(
            f"--encoding {name}: Python knows no such encoding of text; spreadsheets"
            " write utf-8, utf-16 or windows-1252."
        ) from exc
