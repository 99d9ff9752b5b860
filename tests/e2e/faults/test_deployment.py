"""Exports that are under way while the stack is deployed again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from local import deployment, stack
from local.aws import aws_client
from local.config import Laptop
from tests.e2e.conftest import Stack, Tenant
from tests.e2e.faults.holds import held, start_held

# Where the deployment meets each organisation's run.
POINTS = ("plan", "page", "compose", "sent")


@pytest.fixture
def other_release(
    running_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let the next deployment change every function that uses the database."""
    environment = deployment._cdk_environment

    def changed(laptop: Laptop) -> dict[str, str]:
        variables = environment(laptop)
        url = variables["DATABASE_URL"]
        separator = "&" if "?" in url else "?"
        return {**variables, "DATABASE_URL": f"{url}{separator}keepalives_count=5"}

    with monkeypatch.context() as patch:
        patch.setattr(deployment, "_cdk_environment", changed)
        yield
    # The other tests expect the release that they began with.
    stack.up(running_stack.laptop, lambda _: None)


def modified(laptop: Laptop) -> dict[str, str]:
    """Return when each function was changed last."""
    functions: dict[str, str] = {}
    pages = aws_client(laptop, "lambda").get_paginator("list_functions").paginate()
    for page in pages:
        for function in page["Functions"]:
            functions[function["FunctionName"]] = function["LastModified"]
    return functions


@pytest.mark.long
@pytest.mark.usefixtures("holds", "other_release")
def test_exports_under_way_end_well_while_the_stack_is_deployed(
    running_stack: Stack,
    make_tenant: Callable[..., Tenant],
) -> None:
    laptop = running_stack.laptop
    tenants = {point: make_tenant(invoices=2_000) for point in POINTS}
    before = modified(laptop)
    with ExitStack() as waiting:
        runs: dict[str, Any] = {}
        for point, tenant in tenants.items():
            hold = waiting.enter_context(held(laptop, point, tenant.id))
            runs[point] = start_held(tenant, tenant.users[0])
            hold.wait()
        stack.up(laptop, lambda _: None)
        after = modified(laptop)
        assert after.keys() == before.keys()
        assert sum(after[name] != before[name] for name in after) >= len(POINTS)
    for point, tenant in tenants.items():
        run_id = runs[point]
        tenant.wait(run_id, seconds=200)
        text = tenant.download(run_id)
        assert tenant.assert_file_equals_database(text) == 2_000
        assert len(running_stack.mails(run_id)) == 1
        actions = [record["action"] for record in tenant.audit(run_id)]
        assert actions.count("export.invoices.completed") == 1
    # New runs use the new functions.
    run_id = tenants["plan"].start(key="after")
    assert tenants["plan"].wait(run_id)["status"] == "completed"
