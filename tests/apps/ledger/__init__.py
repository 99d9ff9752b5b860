"""A billing application: uuid organisations, bigint keys, times without a zone."""

from pathlib import Path

from tests.apps.application import Application, datasets_of
from tests.apps.ledger import expected, rows

FOLDER = Path(__file__).parent

LEDGER = Application(
    schema="billing",
    folder=FOLDER,
    tables=rows.tables,
    datasets=datasets_of("tests.apps.ledger.datasets", FOLDER / "datasets"),
    people={rows.NORTH: "1", rows.SOUTH: "2", rows.EMPTY: "6"},
    empty=rows.EMPTY,
    read=expected.READ,
)
