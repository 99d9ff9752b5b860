"""Deliberate breaks of the protocols; the matrix must catch each one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from msgspec import structs

from invoice_export.adapters import files
from invoice_export.domain.keys import part_key
from invoice_export.steps import (
    compose_file,
    finish_run,
    launch_execution,
    page_parts,
    plan_pages,
    reconcile_runs,
    send_email,
    write_page,
)
from invoice_export.store import audit, lane, runs
from tests.faults.answer_mutants import OF_ANSWERS
from tests.faults.breaks import (
    Mutant,
    every,
    sql_with,
    swapped,
)
from tests.faults.dataset_mutants import OF_DATASETS
from tests.faults.file_mutants import OF_FILES
from tests.faults.laboratory import Laboratory
from tests.faults.sweep_mutants import OF_SWEEPS


def _no_fence(tx: Any, ref: Any) -> Any:
    return runs.lock(tx, ref.run_id)


# A step's store modules with some functions replaced.
UNFENCED = SimpleNamespace(
    **vars(runs) | {"lock_active": _no_fence, "get_active": _no_fence}
)
STUCK_LANE = SimpleNamespace(**vars(lane) | {"promote_next": lambda *_, **__: None})


RECORD_PAGE = write_page.record_page


def _row_before_object(db: Any, storage: Any, page: Any) -> Any:
    """Record the page's row before its part exists."""
    key = part_key(page.organization_id, page.run_id, page.page)
    where = {"Bucket": storage._bucket, "Key": key}

    def record_first(*arguments: Any, **more: Any) -> Any:
        part = storage._s3.get_object(**where)
        storage._s3.delete_object(**where)
        result = RECORD_PAGE(*arguments, **more)
        storage._s3.put_object(
            **where, Body=part["Body"].read(), Metadata=part["Metadata"]
        )
        return result

    with patch.object(write_page, "record_page", record_first):
        return WRITE_PAGE(db, storage, page)


def _one_page_is_all(tx: Any, ref: Any) -> Any:
    """Lock a run, and take it for one of a single page."""
    return structs.replace(runs.lock_active(tx, ref), pages_total=1)


ONE_PAGE = SimpleNamespace(**vars(runs) | {"lock_active": _one_page_is_all})
WRITE_PAGE = write_page.write_page
RECORD_OUTCOME = finish_run.record_outcome
CLAIM = send_email._claim


def _render_without_rows(*arguments: Any, row_count: Any, **more: Any) -> Any:
    """Render the mail of a run that has no file any more, too."""
    return RENDER(*arguments, row_count=row_count or 0, **more)


RENDER = send_email.render


def _blind_resend(tx: Any, mail: Any, policy: Any) -> Any:
    """Treat every existing claim as abandoned."""
    tx._connection.execute(
        "UPDATE email_deliveries SET status = 'pending', claim_expires_at = NULL"
        " WHERE run_id = %s AND status = 'sending'",
        [mail.run_id],
    )
    return CLAIM(tx, mail, policy)


def _hand_over_outside(db: Any, ref: Any, *, error: Any, max_running: int) -> Any:
    """Advance the lane in a separate transaction, after the run has finished."""
    with db.tenant(ref.organization_id) as tx:
        run = runs.get(tx, ref.run_id)
    if run.status.terminal:
        return finish_run.Outcome(run.status, None)
    with patch.object(finish_run, "lane", STUCK_LANE):
        finished = RECORD_OUTCOME(db, ref, error=error, max_running=max_running)
    with db.tenant(ref.organization_id) as tx:
        lane.lock(tx, ref.organization_id)
        start = lane.promote_next(tx, ref.organization_id, max_running=max_running)
    return finish_run.Outcome(finished.status, start)


def _mail_is_no_pivot(tx: Any, run: Any) -> Any:
    mail = RESULT_MAIL(tx, run)
    return mail if mail != "unknown" else None


RESULT_MAIL = finish_run._result_email


def _start_under_a_new_name(db: Any, executions: Any, start: Any) -> None:
    """Start under a random name instead of a derived one."""
    renamed = structs.replace(start, execution_name=str(uuid4()))
    LAUNCH(db, executions, renamed)


LAUNCH = launch_execution.launch_execution


MUTANTS = (
    Mutant(
        "page row before its object",
        swapped(write_page, "write_page", _row_before_object),
        ("burst",),
        "Write Page",
        noticed_by=("a page is recorded without its part",),
    ),
    Mutant(
        "no fence before a page",
        every(
            swapped(write_page, "runs", UNFENCED),
            swapped(page_parts, "runs", UNFENCED),
        ),
        ("troubles",),
        "Write Page",
        noticed_by=("a cancelled run went on",),
    ),
    Mutant(
        "no fence before a mail",
        every(
            swapped(compose_file, "runs", UNFENCED),
            swapped(plan_pages, "runs", UNFENCED),
            swapped(send_email, "runs", UNFENCED),
            swapped(send_email, "render", _render_without_rows),
        ),
        ("bad_day",),
        "Send Email",
        noticed_by=("a cancelled run was mailed as completed",),
    ),
    Mutant(
        "blind resend of an open claim",
        swapped(send_email, "_claim", _blind_resend),
        ("burst",),
        "Send Email: send_email",
        noticed_by=("a run was mailed twice",),
    ),
    Mutant(
        "claim forgotten instead of called unknown",
        sql_with(
            "emails.record_outcome", "SET status = %(status)s", "SET status = 'pending'"
        ),
        ("burst",),
        "Send Email",
        noticed_by=(
            "a failed run was mailed as completed",
            "a failed run's requester was not mailed",
        ),
    ),
    Mutant(
        "a refusal is taken for an outcome",
        sql_with("emails.release", "status = 'pending'", "status = 'sent'"),
        ("lost_events",),
        "Send Email",
        noticed_by=("a mail is recorded as sent but was not sent",),
    ),
    Mutant(
        "once unknown, the run may still fail",
        swapped(finish_run, "_result_email", _mail_is_no_pivot),
        ("burst",),
        "Send Email: send_email",
        noticed_by=("a failed run's result mail may have left",),
    ),
    Mutant(
        "hand-over outside the transaction, waiting runs not swept",
        every(
            swapped(finish_run, "record_outcome", _hand_over_outside),
            swapped(finish_run, "admit_waiting", lambda *_, **__: None),
            swapped(reconcile_runs, "admit_waiting", lambda *_, **__: None),
        ),
        ("burst",),
        "Finish Run: ",
        noticed_by=("a run is still queued after the sweep",),
    ),
    Mutant(
        "no unique dedupe",
        every(
            sql_with("runs.find_today", "AND request_key", "AND false AND request_key"),
            # Another text for the same options.
            sql_with(
                "runs.insert",
                "%(request_key)s",
                "%(request_key)s || repeat(' ', %(lane_seq)s::integer)",
            ),
        ),
        ("burst",),
        "start",
        noticed_by=("one request of one requester made two runs",),
    ),
    Mutant(
        "names of executions are not derived",
        swapped(launch_execution, "launch_execution", _start_under_a_new_name),
        ("burst",),
        "start",
        noticed_by=("an execution has no row",),
    ),
    Mutant(
        "compose does not wait for all pages and parts",
        every(
            sql_with(
                "pages.list_finished", "ORDER BY page", "AND page = 1 ORDER BY page"
            ),
            swapped(compose_file, "runs", ONE_PAGE),
        ),
        ("burst",),
        "Compose",
        noticed_by=("rows are missing",),
    ),
    Mutant(
        "suppression not looked at",
        sql_with(
            "directory.find_recipient",
            "s.reason AS suppressed_for",
            "NULL AS suppressed_for",
        ),
        ("lane_of_four",),
        "Send Email",
        noticed_by=("a suppressed address was mailed",),
    ),
    Mutant(
        "cancelled run's plan is kept for the retry",
        sql_with("runs.needs_new_plan", "cancel_requested_at IS NOT NULL", "false"),
        ("troubles",),
        "cancel",
        noticed_by=("a page is recorded without its part",),
    ),
    Mutant(
        "uploads of dead workers stay open",
        swapped(files.Files, "abort_uploads", lambda *_: None),
        ("burst",),
        "Compose File: create_multipart_upload",
        noticed_by=("a multipart upload is still open",),
    ),
    Mutant(
        "only completions are announced",
        swapped(audit, "PUBLISHED", {"completed"}),
        ("empty_organisation",),
        "start",
        noticed_by=("the end of a failed run is announced 0 times",),
    ),
    Mutant(
        "lifo lane",
        sql_with("lane.head", "ORDER BY e.lane_seq", "ORDER BY e.lane_seq DESC"),
        ("lane_of_four",),
        "start",
        noticed_by=("a run is still queued after the sweep",),
    ),
    *OF_SWEEPS,
    *OF_DATASETS,
    *OF_FILES,
    *OF_ANSWERS,
)


@contextmanager
def applied(name: str, lab: Laboratory) -> Iterator[None]:
    """Apply the named break until the block ends."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with ExitStack() as stack:
        mutant.apply(stack, lab)
        yield
