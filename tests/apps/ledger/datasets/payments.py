"""Payments: counted up, without a time of insertion, on Berlin's clock."""

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
    name="payments",
    label="Payments",
    query=read_query(__file__),
    organization="organization_id",
    key=(Key("id", KeyType.BIGINT),),
    zone="Europe/Berlin",
    columns=(
        Column("received_at", "receivedAt", Kind.LOCAL_TIME, label="Received"),
        Column("id", "id", Kind.PLAIN, label="Payment id"),
        Column("bill_number", "bill", Kind.TEXT),
        Column("amount", "amount", Kind.NUMBER),
        Column("method", "method", Kind.CHOICE, choices=("card", "transfer", "cash")),
        Column("reference", "reference", Kind.TEXT),
        Column("refunded", "refunded", Kind.BOOLEAN),
    ),
    filters=(
        Filter("method"),
        Filter("receivedAt"),
        Filter("amount"),
        Filter("refunded"),
        Filter("reference"),
    ),
    words=Words("payment", "payments", "Nobody has paid yet."),
)
