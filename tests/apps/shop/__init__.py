"""A shop: text ids everywhere, sums over lines, dates, JSON."""

from pathlib import Path

from tests.apps.application import Application, datasets_of
from tests.apps.shop import expected, rows

FOLDER = Path(__file__).parent

SHOP = Application(
    schema="shop",
    folder=FOLDER,
    tables=rows.tables,
    datasets=datasets_of("tests.apps.shop.datasets", FOLDER / "datasets"),
    people={rows.LARGE: "p_lena", rows.SMALL: "p_sven", rows.EMPTY: "p_emil"},
    empty=rows.EMPTY,
    read=expected.READ,
)
