"""What an administrator runs names exactly the tables that the queries read."""

import pytest
from msgspec.structs import replace

from invoice_export.domain.dataset import Datasets, Directory
from local.database_setup import setup_text, tables_read
from local.errors import LaptopError
from tests.driver import DATASETS, INVOICES


def read_by(query: str) -> list[str]:
    nothing = Directory("SELECT 1", "SELECT 1", "SELECT 1")
    datasets = Datasets((replace(INVOICES, query=query),), nothing)
    return [".".join(table) for table in tables_read(datasets)]


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT * FROM a.x LEFT JOIN b.y USING (id)", ["a.x", "b.y"]),
        ("SELECT * FROM x", ["public.x"]),
        ('SELECT * FROM A.X, "A"."X"', ["A.X", "a.x"]),
        ("WITH w AS (SELECT * FROM a.x) SELECT * FROM w", ["a.x"]),
        ("SELECT (SELECT n FROM a.y WHERE y.id = x.id) FROM a.x", ["a.x", "a.y"]),
        ("SELECT * FROM a.x WHERE EXISTS (SELECT FROM b.y)", ["a.x", "b.y"]),
        ("SELECT 1 FROM a.x UNION ALL SELECT 2 FROM b.y", ["a.x", "b.y"]),
        ("SELECT * FROM a.x, LATERAL (SELECT * FROM b.y) l", ["a.x", "b.y"]),
        ("SELECT * FROM a.x, generate_series(1, 2) n", ["a.x"]),
        # Ours is no application's.
        ("SELECT * FROM invoice_export.audit_logs", []),
    ],
)
def test_tables_of_a_query_are_found(query: str, tables: list[str]) -> None:
    assert read_by(query) == tables


def test_query_that_cannot_be_parsed_is_named_with_the_way_out() -> None:
    with pytest.raises(LaptopError, match=r"'SELECT \(\('.* GRANT SELECT ON each"):
        read_by("SELECT ((")


def text(**options: object) -> str:
    given = {"owner_password": None, "app_password": None, "rds_iam": False}
    return setup_text(DATASETS, **{**given, **options})  # type: ignore[arg-type]


def test_setup_grants_the_sample_and_tells_how_to_remove_it() -> None:
    printed = text()
    assert 'GRANT USAGE ON SCHEMA "sample" TO invoice_export_system;' in printed
    assert 'GRANT SELECT ON "sample"."invoices" TO invoice_export_system;' in printed
    assert "--   DROP OWNED BY invoice_export_owner" in printed


def test_setup_says_how_the_roles_sign_in() -> None:
    by_iam = "GRANT rds_iam TO invoice_export_owner, invoice_export_app;"
    by_hand = "-- \\password invoice_export_owner"
    assert by_hand in text()
    assert by_iam not in text()
    assert by_iam in text(rds_iam=True)
    assert by_hand not in text(rds_iam=True)
    given = text(owner_password="o'w", app_password="a")
    assert "ALTER ROLE invoice_export_owner LOGIN PASSWORD 'o''w';" in given
    assert by_hand not in given
