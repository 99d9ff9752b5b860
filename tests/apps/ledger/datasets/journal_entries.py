"""Journal entries: years and ids that say nothing about when a row came to be."""

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
from invoice_export.domain.roles import Role

DATASET = Dataset(
    name="journal-entries",
    label="Journal",
    query=read_query(__file__),
    organization="organization_id",
    key=(Key("fiscal_year", KeyType.INTEGER), Key("id", KeyType.UUID)),
    columns=(
        Column("fiscal_year", "fiscalYear", Kind.NUMBER),
        Column("account", "account", Kind.TEXT),
        Column("debit", "debit", Kind.NUMBER),
        Column("booked_on", "bookedOn", Kind.DATE),
        Column("id", "id", Kind.PLAIN),
    ),
    filters=(
        Filter("fiscalYear"),
        Filter("account"),
        Filter("debit"),
        Filter("bookedOn"),
    ),
    role=Role.ADMIN,
    words=Words("journal", "journal entries", "The journal is empty."),
)
