"""Fixtures for the suites that break a running stack."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.faults.holds import TRIGGERS, superuser


@pytest.fixture
def holds(running_stack: Stack) -> Iterator[None]:
    with superuser(running_stack.laptop) as admin:
        admin.execute(TRIGGERS)
    yield
    with superuser(running_stack.laptop) as admin:
        admin.execute("DROP FUNCTION hold_for_tests CASCADE")
