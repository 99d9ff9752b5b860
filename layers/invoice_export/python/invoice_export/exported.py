"""The dataset. To export a table of your own, change this module (docs/adapt.md)."""

from invoice_export.domain.dataset import Column, Dataset, Kind

INVOICES = Dataset(
    name="invoices",
    table="invoices",
    organization_column="organization_id",
    time_column="created_at",
    id_column="id",
    inserted_column="inserted_at",
    columns=(
        Column("id", "id", Kind.PLAIN),
        Column("number", "number", Kind.TEXT),
        Column("customer_name", "customerName", Kind.TEXT),
        # One of four words, which the table checks: no guard needed.
        Column("status", "status", Kind.PLAIN),
        Column("total", "total", Kind.PLAIN),
        Column("currency", "currency", Kind.TEXT),
        # Times are cheapest as the last two columns.
        Column("created_at", "createdAt", Kind.TIME),
        Column("due_at", "dueAt", Kind.TIME),
    ),
    one="invoice",
    many="invoices",
    nothing_yet=(
        "There are no invoices to export yet. Create an invoice, then export again."
    ),
)

# This is what a deployment exports.
EXPORTED = INVOICES
