"""Bounds of integer columns as integers: a numeric bound would find no index."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from math import ceil, floor

from invoice_export.domain.dataset import Filter
from invoice_export.domain.requests import Condition, Operator

LOWEST, HIGHEST = -(2**63), 2**63 - 1


def in_whole_numbers(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Yield the conditions, those of integer columns with bounds of type bigint."""
    for declared, group in groupby(conditions, lambda condition: condition.filter):
        each = list(group)
        yield from _range(declared, each) if declared.whole else each


def _range(declared: Filter, conditions: Iterable[Condition]) -> Iterator[Condition]:
    bounds = {each.operator: Decimal(str(each.value)) for each in conditions}
    low = ceil(bounds.get(Operator.MIN, Decimal(LOWEST)))
    high = floor(bounds.get(Operator.MAX, Decimal(HIGHEST)))
    if low > HIGHEST or high < LOWEST:
        # No row is in an inverted range.
        low, high = HIGHEST, LOWEST
    if low == high:
        yield Condition(declared, Operator.EQUALS, str(low))
        return
    yield Condition(declared, Operator.MIN, str(max(low, LOWEST)))
    yield Condition(declared, Operator.MAX, str(min(high, HIGHEST)))
