"""The cost model and the page policy meet their targets."""

import pytest

from benchmarks.cost import dollars
from benchmarks.policy import TOTALS, Plan


def test_small_export_costs_less_than_a_thirtieth_of_a_cent() -> None:
    assert dollars(Plan(240).export) <= 0.0003


def test_million_rows_cost_less_than_a_tenth_of_a_cent_at_scale() -> None:
    assert dollars(Plan(100_000_000).export) / 100 <= 0.001


@pytest.mark.parametrize("total", TOTALS)
def test_policy_keeps_to_the_limits_of_step_functions_and_s3(total: int) -> None:
    plan = Plan(total)
    assert plan.events < 25_000
    assert plan.pages <= 10_000
    assert plan.part_bytes < 5 * 2**30
