"""Refunds, under awkward names, and with times in the middle and at the end."""

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
    name="refunds",
    label="Refunds",
    query=read_query(__file__),
    organization="account_id",
    key=(Key("asked", KeyType.TIMESTAMPTZ), Key("refund", KeyType.UUID)),
    cut_off=Key("recorded", KeyType.TIMESTAMPTZ),
    columns=(
        Column("reason", "reason", Kind.TEXT),
        Column("asked", "askedAt", Kind.TIME),
        Column("order", "order", Kind.TEXT),
        Column("amount", "amount, decimal", Kind.NUMBER),
        Column("approved", "approvedAt", Kind.TIME),
        Column("refund", "refundId", Kind.PLAIN),
        Column("settled", 'settled "at"', Kind.TIME),
    ),
    filters=(
        Filter("askedAt"),
        Filter("approvedAt"),
        Filter("amount, decimal"),
        Filter("reason"),
        Filter("order", kind=Kind.TEXT),
    ),
    words=Words("refund", "refunds", "Nobody has asked for a refund."),
)
