"""What the benchmarks compute from the seconds they measure."""

import pytest

from benchmarks.dbos_targets import Disk
from benchmarks.growth import SIZES, exponent, exponents, fitting, table
from benchmarks.measure import Comparison, Result

GB = 10**9


def result(name: str, *seconds: float) -> Result:
    return Result(name, sorted(seconds)[1], min(seconds), max(seconds), 0, [*seconds])


def point(seconds: float, psql: float, memory: float) -> dict[str, float]:
    of_memory = dict.fromkeys(("worker", "workers", "engine"), memory)
    return {"seconds": seconds, "psql_seconds": psql} | of_memory


COMPARISON = Comparison(
    "a title",
    "base",
    [result("base", 1, 2, 4), result("half", 0.5, 1, 1), result("slow", 3, 4, 20)],
)


def test_ratio_is_the_median_of_the_rounds_and_not_of_the_medians() -> None:
    assert COMPARISON.ratio("slow", "base") == 3
    assert COMPARISON.ratio("slow", "half") == 6
    assert COMPARISON.ratio("base", "base") == 1


def test_markdown_has_a_line_for_each_contender() -> None:
    assert COMPARISON.markdown("of base").splitlines() == [
        "| | median | min | max | of base |",
        "|---|---|---|---|---|",
        "| base | 2.00 | 1.00 | 4.00 | 1.00 |",
        "| half | 1.00 | 0.50 | 1.00 | 0.50 |",
        "| slow | 4.00 | 3.00 | 20.00 | 3.00 |",
    ]


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_exponent_of_a_power_is_found(power: float) -> None:
    points = {rows: 3 * float(rows) ** power for rows in SIZES}
    assert exponent(points) == pytest.approx(power)


def test_fixed_cost_of_small_exports_does_not_flatten_the_exponent() -> None:
    points = {rows: point(0.3 + 2e-6 * rows, 2e-6 * rows, 100) for rows in SIZES}
    found = exponents(points)
    assert found["seconds"] == pytest.approx(1, abs=0.05)
    assert found["psql_seconds"] == pytest.approx(1)
    assert found["worker"] == pytest.approx(0)
    assert exponent({n: p["seconds"] for n, p in points.items()}) < 0.8


def test_exponent_of_two_small_sizes_is_fitted_to_both() -> None:
    found = exponents({10: point(1, 1, 1), 100: point(10, 10, 1)})
    assert found["seconds"] == pytest.approx(1)


def test_growth_table_compares_each_size_with_psql() -> None:
    lines = table({10: point(1, 2, 50), 100: point(10, 8, 50)}).splitlines()
    assert lines[2] == "| 10 | 1.00 | 2.00 | 0.50 | 50 | 50 | 50 |"
    assert lines[3] == "| 100 | 10.00 | 8.00 | 1.25 | 50 | 50 | 50 |"
    assert lines[4] == "| exponent | 1.00 | 0.60 |  | 0.00 | 0.00 | 0.00 |"


def test_sizes_that_do_not_fit_on_the_disk_are_left_out() -> None:
    assert fitting(SIZES, 100 * GB) == list(SIZES)
    assert fitting(SIZES, 20 * GB) == list(SIZES[:-1])
    assert fitting(SIZES, 0) == list(SIZES[:1])


def test_pages_of_dbos_are_joined_in_their_order(tmp_path) -> None:
    target = Disk(tmp_path / "file.csv")
    upload = target.begin()
    second = target.write(upload, 1, [b"c\n"])
    first = target.write(upload, 0, [b"a\n", b"b\n"])
    target.join(upload, [first, second])
    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]
    assert (tmp_path / "file.csv").read_bytes() == b"a\nb\nc\n"
