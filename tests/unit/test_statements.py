"""What goes through RDS Proxy, against what it is documented to pin sessions for."""

import re
from pathlib import Path

import pytest

import invoice_export
from invoice_export.adapters.queries import compose, sql
from invoice_export.exported import INVOICES

QUERIES = Path(invoice_export.__file__).parent / "sql" / "queries"
NAMES = sorted(path.stem for path in QUERIES.glob("*.sql"))
FIRST_WORDS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "COPY", "EXPLAIN"}
OF_THE_SESSION = re.compile(
    r"\b(set_config|temp|temporary|nextval|setval|pg_(try_)?advisory_(un)?lock\w*)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", NAMES)
def test_statement_leaves_nothing_behind_in_its_session(name):
    text = re.sub("--.*", "", compose(sql(name), INVOICES))
    assert text.split()[0] in FIRST_WORDS
    assert not OF_THE_SESSION.search(text)
    assert len(text) < 2_048


def test_settings_behind_functions_end_with_their_transaction():
    versions = QUERIES.parent / "migrations" / "versions"
    settings = [
        line.strip()
        for script in versions.glob("*.sql")
        for line in re.sub("--.*", "", script.read_text()).splitlines()
        if "set_config(" in line
    ]
    assert len(settings) == 7
    assert all(re.search(r", true\)[,;]?$", line) for line in settings)
