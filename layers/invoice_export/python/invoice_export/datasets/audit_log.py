"""The audit log of the exports themselves."""

from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Filter,
    Key,
    KeyType,
    Kind,
    Words,
    read_query,
)

DATASET = Dataset(
    name="audit-log",
    label="Audit log",
    query=read_query(__file__),
    organization="organization_id",
    key=(Key("created_at", KeyType.TIMESTAMPTZ), Key("id", KeyType.UUID)),
    cut_off=Key("created_at", KeyType.TIMESTAMPTZ),
    columns=(
        Column("id", "id", Kind.PLAIN, label="Record id"),
        Column("action", "action", Kind.TEXT),
        Column("subject", "subject", Kind.TEXT),
        Column("actor", "actor", Kind.TEXT),
        Column("payload", "payload", Kind.PLAIN, label="Details"),
        Column("created_at", "createdAt", Kind.TIME, label="Time"),
        # The rest of what is hashed, in the form that is hashed, and the hashes.
        Column("event_key", "eventKey", Kind.TEXT, label="Recorded once per"),
        Column("seq", "seq", Kind.NUMBER, label="Number"),
        Column("hashed_time", "hashedTime", Kind.TEXT),
        Column("previous_hash", "previousHash", Kind.TEXT),
        Column("hash", "hash", Kind.TEXT),
    ),
    filters=(Filter("action"), Filter("actor"), Filter("createdAt")),
    words=Words(
        one="audit log",
        many="audit records",
        nothing_yet="The audit log of this organisation is empty.",
    ),
)
