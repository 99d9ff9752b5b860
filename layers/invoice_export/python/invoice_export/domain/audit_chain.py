"""The chain of audit records: each has the hash of the one before it.

Migration 0007 computes the same hashes from the same bytes; nothing here asks it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from invoice_export.domain.chain_heads import Head

VERSION = "audit-chain-1"
# So many records that do not fit are compared with each other to say what happened.
COMPARED = 500


@dataclass(frozen=True)
class ChainedRecord:
    """A record as texts, in the forms that are hashed, and its place in the chain.

    ``payload`` is PostgreSQL's text of a jsonb. Hashes are in hexadecimal digits.
    """

    seq: int
    previous_hash: str
    hash: str
    id: str
    action: str
    subject: str | None
    actor: str | None
    payload: str
    event_key: str | None
    # YYYY-MM-DDTHH:MM:SS.ffffffZ
    time: str

    def hash_at(self, seq: int) -> str:
        """Return the hash that the record would have at this place."""
        fields = (
            *(VERSION, str(seq), self.previous_hash, self.id, self.action),
            *(self.subject, self.actor, self.payload, self.event_key, self.time),
        )
        return sha256(b"".join(map(_field, fields))).hexdigest()


class Kind(StrEnum):
    """What may be wrong with a chain."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    ADDED = "added"
    REWRITTEN = "rewritten"


class Finding(NamedTuple):
    """Something wrong, said in one line."""

    kind: Kind
    text: str


def beginning(organization_id: str) -> str:
    """Return the hash that the first record of the organisation follows."""
    return sha256(_field(VERSION) + _field(organization_id)).hexdigest()


class Chain:
    """Walks the records of one organisation in the order of their places.

    A part of a chain may begin anywhere: without ``follows``, the first record's own
    word for what was before it is taken.
    """

    def __init__(self, *, follows: str | None) -> None:
        # The last record, and the hashes at the places that were asked for.
        self.head: Head | None = None
        self.hashes: dict[int, str] = {}
        self._follows = follows
        self._place = 0
        self._sound = True
        self._odd: list[ChainedRecord] = []
        self._gaps: list[int] = []
        self._findings: list[Finding] = []

    def walk(self, records: Iterable[ChainedRecord], keep: Iterable[int] = ()) -> None:
        """Take all records, and keep the hashes at these places."""
        wanted = set(keep)
        for record in records:
            self._take(record)
            if record.seq in wanted:
                self.hashes[record.seq] = record.hash

    def findings(self) -> list[Finding]:
        """Return what is wrong within the chain."""
        return [*self._findings, *self._explain()]

    def _take(self, record: ChainedRecord) -> None:
        sound = record.hash_at(record.seq) == record.hash
        if not sound:
            self._odd.append(record)
        if self._follows is None:
            self._place, self._follows = record.seq - 1, record.previous_hash
        if record.seq <= self._place:
            self._find(Kind.ADDED, f"{_name(record)} has a place that is taken")
            return
        if record.seq > self._place + 1:
            self._miss(self._place + 1, record.seq - 1)
        # What is wrong with the one before it may be told by that one itself.
        elif sound and self._sound and record.previous_hash != self._follows:
            self._find(
                Kind.REWRITTEN,
                f"{_name(record)} does not follow the record before it: one of the two"
                " was rewritten or added",
            )
        self._place, self._follows, self._sound = record.seq, record.hash, sound
        self.head = Head(record.seq, record.hash)

    def _miss(self, first: int, last: int) -> None:
        self._gaps += range(first, min(last + 1, first + COMPARED))
        if first == last:
            self._find(Kind.MISSING, f"record {first} is missing")
        else:
            self._find(Kind.MISSING, f"records {first} to {last} are missing")

    def _find(self, kind: Kind, text: str) -> None:
        self._findings.append(Finding(kind, text))

    def _explain(self) -> Iterator[Finding]:
        """Say of the records whose hash is wrong where they were written."""
        places = [*(odd.seq for odd in self._odd[:COMPARED]), *self._gaps[:COMPARED]]
        # Where a record is now, and where it was written.
        moved: dict[int, int] = {}
        for odd in self._odd:
            for place in (odd.seq - 1, odd.seq + 1, *places):
                if odd.hash_at(place) == odd.hash:
                    moved[odd.seq] = place
                    text = f"{_name(odd)} was written as record {place}"
                    yield Finding(Kind.REORDERED, text)
                    break
        pushed = {was for now, was in moved.items() if now > was} - moved.keys()
        for place in sorted(pushed - set(self._gaps)):
            yield Finding(Kind.ADDED, f"another record has the place {place}")
        written = set(moved.values())
        for now, was in moved.items():
            if was > now and now not in written:
                yield Finding(Kind.MISSING, f"the record written as {now} is missing")
        for odd in self._odd:
            if odd.seq not in moved and odd.seq not in pushed:
                yield Finding(Kind.ALTERED, f"{_name(odd)} is not what was hashed")


def _name(record: ChainedRecord) -> str:
    return f"record {record.seq} ({record.id})"


def _field(value: str | None) -> bytes:
    """Return a field with its length in bytes in front."""
    if value is None:
        return b"-,"
    encoded = value.encode()
    return b"%d:%b," % (len(encoded), encoded)
