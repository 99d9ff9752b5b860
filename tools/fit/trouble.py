"""What to do about a statement that PostgreSQL refuses."""

from tools.fit.findings import Finding, error, warning
from tools.fit.session import NotAnsweredError

SYSTEM = "invoice_export_system"


def trouble(what: str, exc: NotAnsweredError) -> Finding:
    """Return the finding about a query, or a check of it, that got no answer."""
    if exc.gave_up:
        return warning(
            "timeout",
            f"{what} was not finished: {exc}",
            "run this on a copy, or when the database has less to do",
        )
    return error("query", f"{what}: {exc}", _advice(exc))


def _advice(exc: NotAnsweredError) -> str:
    if exc.forbidden:
        return (
            "connect as a role that may read the tables; after set-up, run the GRANT "
            f"SELECT of `make database-setup` for {SYSTEM}"
        )
    if exc.undefined_table:
        return "correct the table's name, and write its schema before it"
    return "correct the query"
