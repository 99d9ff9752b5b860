"""What every suite shares: PostgreSQL, AWS in moto, a world to act in."""

import os
import signal
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
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
    "tests.fix_browser",
    "tests.fix_faults",
    "tests.fix_handlers",
    "tests.apps.fix_apps",
    "tests.e2e.browser.fix_pages",
]

# Each of these suites builds something that takes seconds (a stack, a pool of
# processes, templates): its tests stay in one pytest-xdist worker, so that it does
# so once.
IN_ONE_WORKER = {"e2e", "faults", "infra", "local"}
# Seconds that workers get to stop their servers when somebody interrupts the run.
NodeManager.EXIT_TIMEOUT = 20


class BySuite(LoadScopeScheduling):
    """Gives one worker the whole of such a suite, and any worker any other test.

    pytest-xdist's own mark for this, ``xdist_group``, does nothing in pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        suite = nodeid.split("/")[1]
        return suite if suite in IN_ONE_WORKER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySuite:
    return BySuite(config, log)


def pytest_keyboard_interrupt() -> None:
    # A worker is interrupted again after 5 s, and that would leave servers running.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
