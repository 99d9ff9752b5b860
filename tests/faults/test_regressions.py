"""Old faults in failing runs, and a check that every old fault has a test.

tests/README.md explains the numbers.
"""

import re
from pathlib import Path

import pytest

from invoice_export.adapters.mail import Mailer
from invoice_export.domain.emails import EmailKind
from invoice_export.errors import EmailOutcomePendingError, EmailRefusedError
from invoice_export.steps.reconcile_runs import reconcile_runs
from tests.fix_world import SENDER, World
from tests.integration.test_protocols import FailingSes, ready_to_mail, ses_error

TESTS = Path(__file__).resolve().parents[1]
EXPIRE = "UPDATE email_deliveries SET claim_expires_at = now() - interval '1 s'"


def outcome(world: World, status: str) -> None:
    rows = world.rows("SELECT status FROM email_deliveries WHERE kind = 'completed'")
    assert [row["status"] for row in rows] == [status]


def test_d10_refused_unknown_and_suppressed_are_three_outcomes(world: World) -> None:
    ref = ready_to_mail(world)
    mailer = world.mailer
    world.mailer = Mailer(FailingSes(ses_error("Throttling", 400)), SENDER)
    with pytest.raises(EmailRefusedError):
        world.mail(ref)
    outcome(world, "pending")
    world.mailer = Mailer(FailingSes(ses_error("InternalFailure", 500)), SENDER)
    with pytest.raises(EmailOutcomePendingError):
        world.mail(ref)
    outcome(world, "sending")
    world.rows(EXPIRE)
    assert world.mail(ref) == "unknown"
    world.finish(ref)
    assert world.audits("completed")[0]["payload"]["emailSuppressed"] is False
    world.mailer = mailer
    world.rows(
        "INSERT INTO email_suppressions (address, reason)"
        " VALUES ('alice@acme.example', 'hard_bounce')"
    )
    again = world.start(key="again").run
    assert world.run_to_end(again.ref) == "completed"
    assert world.sent() == []
    payloads = [record["payload"] for record in world.audits("completed")]
    assert [payload["emailSuppressed"] for payload in payloads] == [False, True]


@pytest.mark.parametrize("told_by", ["state machine", "sweep"])
def test_d18_failed_run_tells_its_requester_why_and_what_to_do(
    world: World, told_by: str
) -> None:
    ref = world.start().run.ref
    if told_by == "state machine":
        world.finish(ref, error="StorageUnavailableError")
        world.mail(ref, EmailKind.FAILED)
    else:
        world.executions.stop(ref.execution_name, error="Operator", cause="test")
    reconcile_runs(world.sweep)
    reconcile_runs(world.sweep)
    (message,) = world.sent()
    assert message.destinations == {"ToAddresses": ["alice@acme.example"]}
    assert "did not finish" in message.subject
    assert world.run(ref.run_id)["error_message"] in message.body
    assert "start the export again" in message.body


def test_every_fault_of_the_table_has_tests() -> None:
    named = {
        int(number)
        for path in TESTS.rglob("test_*.py")
        for number in re.findall(r"def test_d(\d\d)_", path.read_text())
    }
    table = (TESTS / "README.md").read_text("utf-8")
    explained = {
        int(number) for number in re.findall(r"^\| D(\d+) ", table, re.MULTILINE)
    }
    assert named == explained == set(range(1, 20))


def test_every_protocol_of_the_table_has_tests() -> None:
    protocols = (TESTS / "integration" / "test_protocols.py").read_text("utf-8")
    table = (TESTS / "README.md").read_text("utf-8")
    explained = set(re.findall(r"^\| P(\d) ", table, re.MULTILINE))
    assert set(re.findall(r"def test_p(\d)_", protocols)) == explained
