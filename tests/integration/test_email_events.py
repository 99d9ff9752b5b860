"""SES events settle claims and suppress addresses; a repeat changes nothing."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from invoice_export.adapters.mail import Mailer
from invoice_export.contracts.email_events import EmailEvent
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import EmailOutcomePendingError, InvalidInputError
from invoice_export.steps.reconcile_runs import reconcile_runs
from invoice_export.steps.record_email_events import record_email_event
from invoice_export.steps.watch_exports import get_export
from local.mail_events import MailEvent, event_of
from tests.fix_api import Call
from tests.fix_world import SENDER, World
from tests.integration.test_protocols import FailingSes, ready_to_mail, ses_error

ADDRESS = "Alice <Alice@Acme.Example>"
CONTEXT = SimpleNamespace(
    function_name="record_email_events",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:record",
    aws_request_id="request",
)
SET_UP = "Successfully validated SNS topic for Amazon SES event publishing."
EXPIRE = "UPDATE email_deliveries SET claim_expires_at = now() - interval '1 s'"


def sending(world: World) -> RunRef:
    ref = ready_to_mail(world)
    mailer, world.mailer = (
        world.mailer,
        Mailer(FailingSes(ses_error("InternalFailure", 500)), SENDER),
    )
    with pytest.raises(EmailOutcomePendingError):
        world.mail(ref)
    world.mailer = mailer
    return ref


def delivery(world: World, ref: RunRef) -> dict[str, Any]:
    return world.rows("SELECT * FROM email_deliveries WHERE run_id = %s", ref.run_id)[0]


def tell(world: World, kind: MailEvent, run_id: UUID, *, envelope: bool = False) -> str:
    event = event_of(kind, run_id=str(run_id), message_id="m-1", address=ADDRESS)
    body = json.dumps(event)
    if envelope:
        body = json.dumps({"Type": "Notification", "Message": body})
    record_email_event(world.db, EmailEvent.read(body), soft_bounces=3)
    return body


def suppressions(world: World) -> list[tuple[str, str]]:
    rows = world.rows("SELECT address, reason FROM email_suppressions")
    return [(row["address"], row["reason"]) for row in rows]


@pytest.mark.parametrize("envelope", [True, False])
def test_event_settles_an_open_claim(world: World, envelope: bool) -> None:
    ref = sending(world)
    tell(world, MailEvent.DELIVERY, ref.run_id, envelope=envelope)
    row = delivery(world, ref)
    assert (row["status"], row["message_id"]) == ("sent", "m-1")
    assert world.mail(ref) == "sent"
    assert world.finish(ref) == "completed"


def test_event_settles_what_had_been_given_up(world: World) -> None:
    ref = sending(world)
    world.rows(EXPIRE)
    reconcile_runs(world.sweep)
    assert delivery(world, ref)["status"] == "unknown"
    tell(world, MailEvent.DELIVERY, ref.run_id)
    assert delivery(world, ref)["status"] == "sent"


def test_rejected_mail_is_not_called_sent(world: World) -> None:
    ref = sending(world)
    tell(world, MailEvent.REJECT, ref.run_id)
    row = delivery(world, ref)
    assert (row["status"], row["reason"]) == ("suppressed", "rejected")


@pytest.mark.parametrize(
    ("kinds", "reported"),
    [
        ([], None),
        ([MailEvent.REJECT], None),
        ([MailEvent.DELIVERY, MailEvent.DELIVERY], "delivered"),
        ([MailEvent.SOFT_BOUNCE], "bounced"),
        ([MailEvent.HARD_BOUNCE, MailEvent.DELIVERY], "bounced"),
        ([MailEvent.DELIVERY, MailEvent.COMPLAINT], "complained"),
        ([MailEvent.COMPLAINT, MailEvent.DELIVERY], "complained"),
    ],
)
def test_status_shows_the_last_report_of_a_mail_in_any_order_of_the_events(
    world: World, kinds: list[MailEvent], reported: str | None
) -> None:
    run = world.start().run
    assert world.run_to_end(run.ref) == "completed"
    for kind in kinds:
        tell(world, kind, run.id)
    status = get_export(
        world.db, organization_id=run.ref.organization_id, run_id=run.id
    )
    assert (status.email, status.email_report) == ("sent", reported)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(MailEvent.HARD_BOUNCE, "hard_bounce"), (MailEvent.COMPLAINT, "complaint")],
)
def test_hard_bounce_and_complaint_suppress_at_once(
    world: World, kind: MailEvent, reason: str
) -> None:
    world.rows(
        "INSERT INTO email_suppressions (address, reason, bypass_until) VALUES"
        " ('alice@acme.example', 'manual_unsubscribe', now() + interval '1 day')"
    )
    run = world.start().run
    tell(world, kind, run.id)
    assert suppressions(world) == [("alice@acme.example", reason)]
    assert world.run_to_end(run.ref) == "completed"
    assert world.sent() == []


def test_soft_bounces_suppress_past_the_threshold_and_twice_is_once(
    world: World,
) -> None:
    run = world.start().run
    body = tell(world, MailEvent.SOFT_BOUNCE, run.id)
    for _ in range(5):
        record_email_event(world.db, EmailEvent.read(body), soft_bounces=3)
    tell(world, MailEvent.SOFT_BOUNCE, run.id)
    assert suppressions(world) == []
    tell(world, MailEvent.SOFT_BOUNCE, run.id)
    assert suppressions(world) == [("alice@acme.example", "soft_bounces")]


@pytest.mark.parametrize("kind", ["General", "AutoResponse"])
def test_out_of_office_replies_do_not_suppress(world: World, kind: str) -> None:
    run = world.start().run
    for _ in range(5):
        event = event_of(
            MailEvent.SOFT_BOUNCE, run_id=str(run.id), message_id="m", address=ADDRESS
        )
        event["bounce"]["bounceSubType"] = kind
        record_email_event(world.db, EmailEvent.read(json.dumps(event)), soft_bounces=3)
    assert suppressions(world) == []


def suppress_softly(world: World) -> None:
    run_id = world.start().run.id
    for _ in range(3):
        tell(world, MailEvent.SOFT_BOUNCE, run_id)
    assert suppressions(world) == [("alice@acme.example", "soft_bounces")]


def test_suppression_by_soft_bounces_expires(world: World) -> None:
    suppress_softly(world)
    run = world.start().run
    world.rows("UPDATE email_suppressions SET expires_at = now() - interval '1 s'")
    assert world.run_to_end(run.ref) == "completed"
    assert len(world.sent()) == 1


@pytest.mark.parametrize("kind", [MailEvent.HARD_BOUNCE, MailEvent.COMPLAINT])
def test_soft_bounces_do_not_shorten_a_permanent_suppression(
    world: World, kind: MailEvent
) -> None:
    run_id = world.start().run.id
    tell(world, kind, run_id)
    (before,) = suppressions(world)
    for _ in range(3):
        tell(world, MailEvent.SOFT_BOUNCE, run_id)
    assert suppressions(world) == [before]
    assert world.rows("SELECT expires_at FROM email_suppressions") == [
        {"expires_at": None}
    ]


SUPPRESSIONS = "/api/organizations/org_acme/suppressions"


def test_admin_sees_and_lifts_a_suppression(world: World, api: Call) -> None:
    suppress_softly(world)
    (shown,) = api("GET", SUPPRESSIONS, as_user="user_bob").body["suppressions"]
    assert (shown["userId"], shown["reason"]) == ("user_alice", "soft_bounces")
    assert shown["liftable"] is True
    lifted = api("DELETE", f"{SUPPRESSIONS}/user_alice", as_user="user_bob")
    assert (lifted.status, lifted.body) == (200, {"suppressions": []})
    (record,) = world.rows(
        "SELECT subject, actor FROM audit_logs"
        " WHERE action = 'email.suppression.lifted'"
    )
    assert record == {"subject": "user_alice", "actor": "user_bob"}
    # The bounces are cleared too: one more does not suppress again.
    tell(world, MailEvent.SOFT_BOUNCE, world.start().run.id)
    assert suppressions(world) == []


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (MailEvent.COMPLAINT, 409, "SUPPRESSION_PERMANENT"),
        (MailEvent.HARD_BOUNCE, 409, "SUPPRESSION_PERMANENT"),
        (MailEvent.DELIVERY, 404, "NOT_SUPPRESSED"),
    ],
)
def test_what_cannot_be_lifted_says_why(
    world: World, api: Call, kind: MailEvent, status: int, code: str
) -> None:
    tell(world, kind, world.start().run.id)
    answer = api("DELETE", f"{SUPPRESSIONS}/user_alice", as_user="user_bob")
    assert (answer.status, answer.body["code"]) == (status, code)


def test_only_admins_see_and_lift_suppressions(world: World, api: Call) -> None:
    suppress_softly(world)
    for method, path in (("GET", ""), ("DELETE", "/user_alice")):
        answer = api(method, SUPPRESSIONS + path, as_user="user_carol")
        assert (answer.status, answer.body["code"]) == (403, "ROLE_TOO_LOW")
    assert len(suppressions(world)) == 1


def test_suppression_of_another_organisation_is_not_there(
    world: World, api: Call
) -> None:
    suppress_softly(world)
    path = "/api/organizations/org_globex/suppressions"
    world.rows(
        "UPDATE members SET role = 'admin' WHERE user_id = 'user_dave'",
        org="org_globex",
    )
    assert api("GET", path, as_user="user_dave").body == {"suppressions": []}
    answer = api("DELETE", f"{path}/user_alice", as_user="user_dave")
    assert (answer.status, answer.body["code"]) == (404, "NOT_SUPPRESSED")
    assert len(suppressions(world)) == 1


def test_event_of_an_unknown_run_changes_nothing(world: World) -> None:
    ref = sending(world)
    tell(world, MailEvent.DELIVERY, UUID(int=7))
    assert delivery(world, ref)["status"] == "sending"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"Message": "alice@acme.example"}'])
def test_message_that_is_no_event_is_refused_without_quoting_it(body: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        EmailEvent.read(body)
    assert "@" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_only_the_unreadable_message_goes_back_and_the_set_up_message_is_dropped(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = Path("lambdas/record_email_events/handler.py")
    spec = importlib.util.spec_from_file_location("record_email_events_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(
        module,
        "dependencies",
        lambda: (type("S", (), {"soft_bounce_limit": 3}), world.db),
    )
    ref = sending(world)
    event = event_of(
        MailEvent.DELIVERY, run_id=str(ref.run_id), message_id="m", address=ADDRESS
    )
    records = [
        {"messageId": "good", "eventSource": "aws:sqs", "body": json.dumps(event)},
        {"messageId": "set-up", "eventSource": "aws:sqs", "body": SET_UP},
        {"messageId": "bad", "eventSource": "aws:sqs", "body": "alice@acme.example"},
    ]
    answer = module.handler({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert delivery(world, ref)["status"] == "sent"
    assert "@" not in caplog.text
