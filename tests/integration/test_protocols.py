"""Edge cases of protocols P1 to P4: lane, e-mail, start and pages.

tests/README.md explains the numbers.
"""

import io
import itertools
import zlib
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from msgspec import structs

from invoice_export.adapters.files import StoredObject
from invoice_export.adapters.join_parts import SourcePart
from invoice_export.adapters.mail import Mailer, Message
from invoice_export.contracts.workflow.reconcile_runs import Repair
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.checksums import s3_text
from invoice_export.domain.emails import EmailKind
from invoice_export.errors import (
    EmailOutcomePendingError,
    EmailRefusedError,
    EmptyResultSetError,
    InvalidInputError,
    PartsMismatchError,
    RunNotActiveError,
)
from invoice_export.steps.cancel_export import cancel_export
from invoice_export.steps.clean_up_run import clean_up_run
from invoice_export.steps.reconcile_runs import finish_dead_run, reconcile_runs
from invoice_export.steps.watch_exports import get_export
from tests.fix_world import BUCKET, SENDER, World

MIB = 1024 * 1024


def next_generation(ref: RunRef) -> RunRef:
    return structs.replace(ref, generation=ref.generation + 1)


def execution_status(world: World, ref: RunRef) -> str | None:
    state = world.executions.describe(ref.execution_name)
    return state.status if state else None


def cancel(world: World, ref: RunRef, user: str = "user_alice") -> None:
    cancel_export(
        world.db,
        organization_id=ref.organization_id,
        run_id=ref.run_id,
        user_id=user,
        role="owner",
        max_running=world.lane.max_running,
    )


class FailingSes:
    """SES behind a failing connection: ``send_email`` raises the given error."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def send_email(self, **_: object) -> None:
        self.calls += 1
        raise self.error


def ses_error(
    code: str, status: int, message: str = "about somebody@example.com"
) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "SendEmail",
    )


def ready_to_mail(world: World) -> RunRef:
    ref = world.start().run.ref
    for page in world.plan(ref):
        world.write(ref, page)
    world.compose(ref)
    return ref


def test_p1_queued_runs_have_no_execution_and_start_in_order(world: World) -> None:
    runs = [
        world.start(user=user).run for user in ("user_alice", "user_bob", "user_carol")
    ]
    assert [run.status for run in runs] == ["running", "queued", "queued"]
    assert execution_status(world, runs[1].ref) is None
    for running, waiting in itertools.pairwise(runs):
        world.run_to_end(running.ref)
        assert world.run(waiting.id)["status"] == "running"
        assert execution_status(world, waiting.ref) is not None


def test_p1_organisations_run_side_by_side(world: World) -> None:
    world.start("org_acme", "user_alice")
    assert world.start("org_globex", "user_dave").run.status == "running"


def test_p1_the_cap_holds_and_first_come_is_first_served(world: World) -> None:
    world.lane = type(world.lane)(
        max_running=1, max_queued_per_organization=10, part_retention_days=3
    )
    first = world.start("org_acme", "user_alice").run
    globex = world.start("org_globex", "user_dave").run
    acme = world.start("org_acme", "user_bob").run
    initech = world.start("org_initech", "user_erin").run
    assert {globex.status, acme.status, initech.status} == {"queued"}
    order = [(first, "org_acme"), (globex, "org_globex"), (acme, "org_acme")]
    for (ended, _), (follows, organization) in itertools.pairwise(order):
        world.run_to_end(ended.ref)
        assert world.run(follows.id, organization)["status"] == "running"
        assert world.run(initech.id, "org_initech")["status"] == "queued"
    world.run_to_end(acme.ref)
    assert world.run(initech.id, "org_initech")["status"] == "running"


def test_p1_the_database_itself_refuses_a_second_running_run(world: World) -> None:
    world.start(user="user_alice")
    waiting = world.start(user="user_bob").run
    with pytest.raises(Exception, match="exports_one_running_key"):
        world.rows("UPDATE exports SET status = 'running' WHERE id = %s", waiting.id)


def test_p1_zombies_stop_at_the_fence(world: World) -> None:
    ref = world.start().run.ref
    world.plan(ref)
    cancel(world, ref)
    with pytest.raises(RunNotActiveError):
        world.write(ref, 1)
    with pytest.raises(RunNotActiveError):
        world.compose(ref)
    with pytest.raises(RunNotActiveError):
        world.mail(ref)
    assert world.finish(ref) == "cancelled"
    assert world.sent() == []
    assert world.audits("completed") == []


def test_p1_an_old_generation_changes_nothing(world: World) -> None:
    old = world.start().run.ref
    world.finish(old, error="Boom")
    world.start()
    assert world.finish(old, error="Boom") == "running"
    with pytest.raises(RunNotActiveError):
        world.plan(old)
    assert world.run_to_end(next_generation(old)) == "completed"


def test_p1_finishing_twice_writes_once(world: World) -> None:
    ref = world.start().run.ref
    world.run_to_end(ref)
    assert world.finish(ref) == "completed"
    assert world.finish(ref, error="Boom") == "completed"
    assert len(world.audits("completed")) == 1
    assert world.audits("failed") == []


def test_p1_sweep_leaves_a_running_execution_alone(world: World) -> None:
    ref = world.start().run.ref
    report = reconcile_runs(world.sweep)
    assert Repair(reason="silent_run", run_id=ref.run_id) in report.repaired
    assert world.run(ref.run_id)["status"] == "running"


@pytest.mark.parametrize(
    ("stop", "code"), [(True, "EXECUTION_ABORTED"), (False, "EXECUTION_LOST")]
)
def test_p1_sweep_ends_what_died(
    world: World, monkeypatch: pytest.MonkeyPatch, stop: bool, code: str
) -> None:
    ref = world.start().run.ref
    waiting = world.start(user="user_bob").run
    if stop:
        world.executions.stop(ref.execution_name, error="Operator", cause="test")
    else:
        monkeypatch.setattr(world.executions, "describe", lambda _: None)
    reconcile_runs(world.sweep)
    row = world.run(ref.run_id)
    assert (row["status"], row["error_code"]) == ("failed", code)
    assert world.run(waiting.id)["status"] == "running"
    assert len(world.sent()) == 1


def test_sweep_repairs_the_oldest_runs_first(world: World) -> None:
    runs = [world.accept(org, "user_alice").run for org in ("org_acme", "org_initech")]
    # As a retry does: the sweep finds it last.
    world.rows("UPDATE execution_starts SET created_at = clock_timestamp()")
    report = reconcile_runs(world.sweep)
    repaired = dict.fromkeys(repair.run_id for repair in report.repaired)
    assert list(repaired) == [run.id for run in runs]


def test_p1_status_event_ends_the_run_it_names(world: World) -> None:
    ref = world.start().run.ref
    world.executions.stop(ref.execution_name, error="Operator", cause="test")
    finish_dead_run(world.sweep, ref)
    assert world.run(ref.run_id)["status"] == "failed"


def test_p2_mail_goes_to_the_requester_and_names_the_run(world: World) -> None:
    ref = ready_to_mail(world)
    assert world.mail(ref) == "sent"
    message = world.sent()[0]
    assert message.destinations == {"ToAddresses": ["alice@acme.example"]}
    assert "Acme Inc." in message.subject
    assert str(ref.run_id) in message.body
    assert "240 invoices" in message.body


def test_p2_a_second_worker_does_not_send_again(world: World) -> None:
    ref = ready_to_mail(world)
    assert [world.mail(ref), world.mail(ref)] == ["sent", "sent"]
    assert len(world.sent()) == 1


def test_p2_refused_is_pending_and_is_tried_again(world: World) -> None:
    ref = ready_to_mail(world)
    mailer = world.mailer
    busy = ses_error("Throttling", 400, "Maximum sending rate exceeded for a@b.example")
    world.mailer = Mailer(FailingSes(busy), SENDER)
    with pytest.raises(EmailRefusedError) as refused:
        world.mail(ref)
    assert "@" not in str(refused.value)
    world.mailer = mailer
    assert world.mail(ref) == "sent"


@pytest.mark.parametrize(
    ("organization", "tagged"), [("org_a-1", True), ("acc Müller", False)]
)
def test_p2_id_that_ses_takes_as_no_tag_is_left_out(
    organization: str, tagged: bool
) -> None:
    calls: list[dict[str, Any]] = []

    def send_email(**call: Any) -> dict[str, str]:
        calls.append(call)
        return {"MessageId": "m"}

    run = RunRef(organization_id=organization, run_id=uuid4(), generation=1)
    message = Message("alice@acme.example", "subject", "text", "html")
    mailer = Mailer(SimpleNamespace(send_email=send_email), SENDER)
    assert mailer.send(message, run=run, delivery_id="d") == "m"
    tags = {tag["Name"]: tag["Value"] for tag in calls[0]["Tags"]}
    ids = {"run_id": str(run.run_id), "generation": "1", "delivery_id": "d"}
    assert tags == ({"organization_id": organization} if tagged else {}) | ids


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterValue", "Missing final '@domain'"),
        ("MessageRejected", "Email address is not verified."),
        ("MailFromDomainNotVerifiedException", ""),
        ("AccessDenied", "is not authorized to perform `ses:SendEmail' on identity/x"),
        ("Throttling", "Daily message quota exceeded."),
    ],
)
def test_p2_run_completes_when_ses_refuses_its_message_for_good(
    world: World, code: str, message: str
) -> None:
    ref = ready_to_mail(world)
    failing = FailingSes(ses_error(code, 400, message))
    world.mailer = Mailer(failing, SENDER)
    assert world.mail(ref) == "refused"
    assert world.mail(ref) == "refused"
    assert failing.calls == 1
    assert world.finish(ref) == "completed"
    status = get_export(world.db, organization_id="org_acme", run_id=ref.run_id)
    assert (status.email, status.error) == ("refused", None)
    assert status.download_url is not None
    payload = world.audits("completed")[0]["payload"]
    assert (payload["email"], payload["emailSuppressed"]) == ("refused", False)
    (row,) = world.rows("SELECT reason FROM email_deliveries")
    assert row["reason"] == f"SES answered {code}"


@pytest.mark.parametrize(
    "error",
    [ses_error("InternalFailure", 500), ReadTimeoutError(endpoint_url="https://ses")],
)
def test_p2_an_open_outcome_is_never_sent_again(world: World, error: Exception) -> None:
    ref = ready_to_mail(world)
    mailer = world.mailer
    failing = FailingSes(error)
    world.mailer = Mailer(failing, SENDER)
    with pytest.raises(EmailOutcomePendingError):
        world.mail(ref)
    world.mailer = mailer
    with pytest.raises(EmailOutcomePendingError):
        world.mail(ref)
    world.rows("UPDATE email_deliveries SET claim_expires_at = now() - interval '1 s'")
    assert world.mail(ref) == "unknown"
    assert world.finish(ref) == "completed"
    assert (failing.calls, world.sent()) == (1, [])


def test_p2_once_the_mail_is_out_the_run_only_goes_forward(world: World) -> None:
    ref = ready_to_mail(world)
    world.mail(ref)
    assert world.finish(ref, error="States.Timeout") == "completed"
    assert world.run(ref.run_id)["error_code"] is None


def test_p2_sweep_settles_a_claim_that_ran_out(world: World) -> None:
    ref = ready_to_mail(world)
    world.mailer = Mailer(FailingSes(ses_error("InternalFailure", 500)), SENDER)
    with pytest.raises(EmailOutcomePendingError):
        world.mail(ref)
    with pytest.raises(EmailOutcomePendingError):
        world.finish(ref, error="States.Timeout")
    world.executions.stop(ref.execution_name, error="Operator", cause="test")
    world.rows("UPDATE email_deliveries SET claim_expires_at = now() - interval '1 s'")
    reconcile_runs(world.sweep)
    mails = world.rows(
        "SELECT status FROM email_deliveries WHERE run_id = %s", ref.run_id
    )
    assert [mail["status"] for mail in mails] == ["unknown"]
    assert world.run(ref.run_id)["status"] == "completed"


@pytest.mark.parametrize(
    ("reason", "bypass", "outcome"),
    [
        ("hard_bounce", None, "suppressed"),
        ("complaint", None, "suppressed"),
        ("manual_unsubscribe", None, "sent"),
        ("hard_bounce", "1 day", "sent"),
        ("hard_bounce", "-1 day", "suppressed"),
    ],
)
def test_p2_suppression(
    world: World, reason: str, bypass: str | None, outcome: str
) -> None:
    world.rows(
        "UPDATE users SET email = ' Alice@Acme.Example ' WHERE id = 'user_alice'"
    )
    world.rows(
        "INSERT INTO email_suppressions (address, reason, bypass_until)"
        " VALUES ('alice@acme.example', %s, now() + %s::interval)",
        reason,
        bypass,
    )
    run = world.start().run
    assert world.run_to_end(run.ref) == "completed"
    mail = world.rows("SELECT status FROM email_deliveries WHERE run_id = %s", run.id)
    assert mail[0]["status"] == outcome
    suppressed = world.audits("completed")[0]["payload"]["emailSuppressed"]
    assert suppressed is (outcome == "suppressed")


def test_p2_who_has_left_is_never_mailed(world: World) -> None:
    ref = ready_to_mail(world)
    world.rows("DELETE FROM members WHERE user_id = 'user_alice'")
    assert world.mail(ref) == "suppressed"
    assert world.finish(ref) == "completed"
    assert world.sent() == []


def test_p2_failure_is_told_once_per_generation(world: World) -> None:
    ref = world.start().run.ref
    world.finish(ref, error="StorageUnavailableError")
    assert world.mail(ref, EmailKind.FAILED) == "sent"
    assert world.mail(ref, EmailKind.FAILED) == "sent"
    assert len(world.sent()) == 1
    assert "did not finish" in world.sent()[0].subject
    again = world.start().run.ref
    assert world.mail(ref, EmailKind.FAILED) == "sent"
    world.finish(again, error="StorageUnavailableError")
    world.mail(again, EmailKind.FAILED)
    assert len(world.sent()) == 2


def test_empty_organisation_fails_at_once_and_mails_nobody(world: World) -> None:
    ref = world.start("org_empty", "user_frank").run.ref
    with pytest.raises(EmptyResultSetError):
        world.plan(ref)
    assert world.finish(ref, error="EmptyResultSetError") == "failed"
    assert world.mail(ref, EmailKind.FAILED) is None
    reconcile_runs(world.sweep)
    row = world.run(ref.run_id, "org_empty")
    assert (row["error_code"], row["generation"]) == ("EMPTY_RESULTSET", 1)
    assert (world.sent(), world.keys()) == ([], [])


def test_p3_starting_twice_under_one_name_starts_once(world: World) -> None:
    run = world.start().run
    start = world.rows("SELECT * FROM execution_starts WHERE run_id = %s", run.id)[0]
    arn = world.executions.start(start["execution_name"], start["input"])
    assert arn == world.run(run.id)["execution_arn"]


def test_p3_sweep_does_not_start_what_was_cancelled_meanwhile(world: World) -> None:
    run = world.start().run
    world.rows(
        "UPDATE execution_starts SET acknowledged_at = NULL WHERE run_id = %s", run.id
    )
    world.executions._machine += "-new"
    cancel(world, run.ref)
    reconcile_runs(world.sweep)
    assert execution_status(world, run.ref) is None
    start = world.rows("SELECT * FROM execution_starts WHERE run_id = %s", run.id)[0]
    assert start["acknowledged_at"] is not None


def test_p4_a_finished_page_is_not_written_again(world: World) -> None:
    ref = world.start().run.ref
    world.plan(ref)
    world.write(ref, 2)
    before = world.rows("SELECT * FROM export_pages WHERE run_id = %s", ref.run_id)
    world.rows("DELETE FROM invoices WHERE number > 'INV-00020'")
    world.write(ref, 2)
    assert (
        world.rows("SELECT * FROM export_pages WHERE run_id = %s", ref.run_id) == before
    )


def test_p4_a_part_without_its_row_is_taken_as_it_is(world: World) -> None:
    ref = world.start().run.ref
    world.plan(ref)
    world.write(ref, 1)
    before = world.rows("SELECT * FROM export_pages WHERE run_id = %s", ref.run_id)[0]
    world.rows("DELETE FROM export_pages WHERE run_id = %s", ref.run_id)
    world.rows("DELETE FROM invoices WHERE number = 'INV-00002'")
    world.write(ref, 1)
    after = world.rows("SELECT * FROM export_pages WHERE run_id = %s", ref.run_id)[0]
    kept = ("etag", "row_count")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_p4_progress_counts_rows(world: World) -> None:
    ref = world.start().run.ref
    world.plan(ref)
    for _ in range(3):
        world.write(ref, 1)
    assert world.run(ref.run_id)["pages_done"] == 1


def test_p4_compose_wants_every_page_and_the_very_parts(world: World) -> None:
    ref = world.start().run.ref
    pages = world.plan(ref)
    for page in pages[:-1]:
        world.write(ref, page)
    with pytest.raises(PartsMismatchError):
        world.compose(ref)
    world.write(ref, pages[-1])
    key = world.keys("parts/")[1]
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"other")
    with pytest.raises(PartsMismatchError):
        world.compose(ref)
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(PartsMismatchError):
        world.compose(ref)
    assert world.keys("exports/") == []
    uploads = boto3.client("s3").list_multipart_uploads(Bucket=BUCKET)
    assert uploads.get("Uploads", []) == []


def test_page_outside_the_plan_is_refused(world: World) -> None:
    ref = world.start().run.ref
    world.plan(ref)
    with pytest.raises(InvalidInputError):
        world.write(ref, 6)


def test_cancelled_run_leaves_nothing_and_plans_afresh(world: World) -> None:
    ref = world.start().run.ref
    for page in world.plan(ref):
        world.write(ref, page)
    cancel(world, ref)
    clean_up_run(
        world.db,
        world.files,
        organization_id=ref.organization_id,
        run_id=ref.run_id,
        final=False,
    )
    assert world.keys() == []
    again = world.start().run.ref
    assert again.generation == 2
    assert len(world.plan(again)) == 5
    assert world.run_to_end(again) == "completed"
    assert world.records(ref.run_id) == world.expected()


def test_sweep_clears_what_late_workers_left(world: World) -> None:
    ref = world.start().run.ref
    world.plan(ref)
    cancel(world, ref)
    body = io.BytesIO(b"late")
    world.files.put_once(
        f"parts/org_acme/{ref.run_id}/00001.csv",
        body,
        {"plan": "x"},
        content_type="text/csv",
        crc32=s3_text(zlib.crc32(b"late")),
    )
    reconcile_runs(world.sweep)
    assert world.keys() == []
    assert world.run(ref.run_id)["cleanup_pending"] is False


def test_part_of_an_older_plan_is_replaced_and_of_a_newer_never(world: World) -> None:
    def put(plan: str, content: bytes) -> StoredObject:
        return world.files.put_once(
            "parts/x",
            io.BytesIO(content),
            {"plan": plan, "rows": "1"},
            content_type="text/csv",
            crc32=s3_text(zlib.crc32(content)),
        )

    for plan, content in (("1", b"old"), ("2", b"new"), ("2", b"changed")):
        part = put(plan, content)
    assert part.metadata["plan"] == "2"
    assert put("1", b"zombie").metadata["plan"] == "2"
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key="parts/x")["Body"].read()
    assert body == b"new"


def compose(world: World, key: str, parts: list[SourcePart], plan: str) -> None:
    s3 = boto3.client("s3")
    whole = b"".join(
        s3.get_object(Bucket=BUCKET, Key=part.key)["Body"].read() for part in parts
    )
    world.files.compose(
        key,
        parts,
        metadata={"plan": plan},
        content_type="text/csv",
        crc32=s3_text(zlib.crc32(whole)),
    )


def test_file_of_a_newer_plan_is_never_replaced(world: World) -> None:
    s3 = boto3.client("s3")
    sources = {}
    for name in (b"first", b"again"):
        etag = s3.put_object(Bucket=BUCKET, Key=name.decode(), Body=name)["ETag"]
        sources[name] = [SourcePart(name.decode(), etag, len(name))]
    compose(world, "file", sources[b"first"], "1")
    compose(world, "file", sources[b"again"], "2")
    compose(world, "file", sources[b"first"], "1")
    body = s3.get_object(Bucket=BUCKET, Key="file")["Body"].read()
    assert body == b"again"
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_large_parts_are_joined_inside_s3(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [6 * MIB, 3 * MIB, 5 * MIB, 2 * MIB, 1 * MIB]
    s3 = boto3.client("s3")
    sources = []
    for number, size in enumerate(sizes):
        body = bytes([number]) * size
        etag = s3.put_object(Bucket=BUCKET, Key=f"p{number}", Body=body)["ETag"]
        sources.append(SourcePart(f"p{number}", etag, size))
    read: list[str] = []
    get = world.files._s3.get_object

    def counted(**request: str) -> object:
        read.append(request["Key"])
        return get(**request)

    monkeypatch.setattr(world.files._s3, "get_object", counted)
    compose(world, "joined", sources, "1")
    body = s3.get_object(Bucket=BUCKET, Key="joined")["Body"].read()
    assert body == b"".join(bytes([n]) * size for n, size in enumerate(sizes))
    assert "p0" not in read
