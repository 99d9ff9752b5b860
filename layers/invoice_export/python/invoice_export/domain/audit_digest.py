"""The daily digest of all audit chains: their heads, and the digest before it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from invoice_export.domain.audit_chain import Finding, Kind
from invoice_export.domain.chain_heads import Head
from invoice_export.records import Record

PREFIX = "audit-digests/"


class Before(Record):
    """The digest before this one, and the SHA-256 of its bytes."""

    key: str
    sha256: str


class Digest(Record, kw_only=True):
    """The number and the hash of each organisation's newest record at one moment."""

    version: Literal["audit-digest-1"] = "audit-digest-1"
    previous: Before | None
    organizations: dict[str, tuple[int, str]]

    def head_of(self, organization_id: str) -> Head | None:
        """Return the organisation's newest record, if it had one."""
        head = self.organizations.get(organization_id)
        return Head(*head) if head else None

    def to_bytes(self) -> bytes:
        """Return what is stored, with an organisation a line."""
        return json.dumps(
            msgspec.to_builtins(self), indent=1, ensure_ascii=False
        ).encode()


class Stored(NamedTuple):
    """A digest's name and its bytes."""

    key: str
    body: bytes

    @property
    def reference(self) -> Before:
        return Before(key=self.key, sha256=sha256(self.body).hexdigest())


def digest_key(day: date) -> str:
    """Return where a day's digest is; keys sort by time."""
    return f"{PREFIX}{day.isoformat()}.json"


def take_digest(heads: Mapping[str, Head], before: Stored | None) -> Digest:
    """Return the digest of these chains."""
    return Digest(
        previous=before.reference if before else None,
        organizations={org: (head.seq, head.hash) for org, head in heads.items()},
    )


def read_digests(
    stored: Iterable[Stored],
) -> tuple[dict[str, Digest], list[Finding]]:
    """Return the digests by key, oldest first, and what is wrong among them.

    Each names the one before it. The oldest that is there may name one whose retention
    is over. Raises ValueError for a file that is no digest.
    """
    digests: dict[str, Digest] = {}
    found: list[Finding] = []
    before: Stored | None = None
    for one in sorted(stored, key=lambda item: item.key):
        digest = msgspec.json.decode(one.body, type=Digest)
        digests[one.key] = digest
        if before is not None:
            found += _linked(one.key, digest, before)
        before = one
    return digests, found


def _linked(key: str, digest: Digest, before: Stored) -> Iterator[Finding]:
    if digest.previous == before.reference:
        return
    if digest.previous is None or digest.previous.key == before.key:
        text = f"digest {before.key} is not the one that digest {key} follows"
        yield Finding(Kind.REWRITTEN, text)
    elif digest.previous.key > before.key:
        text = f"digest {digest.previous.key} is missing, and digest {key} follows it"
        yield Finding(Kind.MISSING, text)
    else:
        text = f"digest {before.key} was added: digest {key} follows another"
        yield Finding(Kind.ADDED, text)
