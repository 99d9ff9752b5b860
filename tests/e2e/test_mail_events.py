"""Simulated SES events, posted with the project's command."""

import time
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from local import cli
from tests.e2e.conftest import Tenant


def test_hard_bounce_settles_on_the_suppression_list(
    make_tenant: Callable[..., Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant(invoices=3)
    monkeypatch.setattr(cli, "laptop_from_environment", lambda **_: tenant.stack.laptop)
    bounced = tenant.start(key="bounced")
    tenant.wait(bounced)
    told = CliRunner().invoke(cli.app, ["mail-event", "hard-bounce", "--run", bounced])
    address = f"{tenant.users[0]}@customers.example"
    assert told.output.split() == (
        f"Posted: hard-bounce for {address}, run {bounced}".split()
    )
    wait_for_suppression(tenant, address)
    suppressed = tenant.start(key="suppressed")
    tenant.wait(suppressed)
    assert tenant.stack.mails(suppressed) == []
    (completed,) = [r for r in tenant.audit(suppressed) if "completed" in r["action"]]
    assert completed["payload"]["emailSuppressed"] is True


def wait_for_suppression(tenant: Tenant, address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        rows = tenant.stack.sql(
            tenant.id,
            "SELECT reason FROM email_suppressions WHERE address = %s",
            address,
        )
        if rows:
            assert rows == [("hard_bounce",)]
            return
        time.sleep(0.2)
    raise AssertionError("the bounce did not suppress the address")
