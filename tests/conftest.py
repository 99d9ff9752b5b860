"""What every suite shares: PostgreSQL, AWS in moto, a world to act in."""

import os
import signal
from pathlib import Path

import pytest
from xdist.workermanage import NodeManager

# These keep a call that moto misses from reaching a real account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    POWERTOOLS_SERVICE_NAME="invoice-export",
    POWERTOOLS_METRICS_NAMESPACE="invoice-export",
)
# Only the end-to-end suite uses the endpoint from outside.
if given := os.environ.pop("AWS_ENDPOINT_URL", None):
    os.environ["E2E_ENDPOINT_URL"] = given

pytest_plugins = [
    "tests.fix_postgres",
    "tests.fix_world",
    "tests.fix_api",
    "tests.fix_faults",
    "tests.fix_time_entries",
]

TESTS = Path(__file__).parent
# Each of these suites builds something that takes seconds (a stack, a pool of
# processes, templates): its tests stay in one pytest-xdist worker, so that it does
# so once.
IN_ONE_WORKER = {"e2e", "faults", "infra", "local"}
# Seconds that workers get to stop their servers when somebody interrupts the run.
NodeManager.EXIT_TIMEOUT = 20


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        suite = item.path.relative_to(TESTS).parts[0]
        if suite in IN_ONE_WORKER:
            item.add_marker(pytest.mark.xdist_group(suite))


def pytest_keyboard_interrupt() -> None:
    # A worker is interrupted again after 5 s, and that would leave servers running.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
