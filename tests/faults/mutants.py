"""Deliberate breaks of the protocols; the matrix must catch each one."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from psycopg.sql import SQL

from invoice_export.adapters import files, views
from invoice_export.domain.keys import part_key
from invoice_export.domain.requests import ExportRequest
from invoice_export.steps import (
    compose_file,
    finish_run,
    launch_execution,
    page_parts,
    plan_pages,
    read_request,
    reconcile_runs,
    send_email,
    write_page,
)
from invoice_export.store import audit, database, datasets, lane, runs
from tests.faults.dataset import LABORATORY
from tests.faults.injector import WRITES
from tests.faults.laboratory import Laboratory

Break = Callable[[ExitStack, Laboratory], None]


@dataclass(frozen=True)
class Mutant:
    """One break, and where in the matrix to look for it first."""

    name: str
    apply: Break
    scenarios: tuple[str, ...]
    points: str = ""


def _replace(target: Any, name: str, value: Any) -> Break:
    return lambda stack, _: stack.enter_context(patch.object(target, name, value))


def _sql(query: str, old: str, new: str) -> Break:
    """Change a query's text but keep the names of its points."""

    original = database.compose

    def changed(name: str) -> Any:
        text = original(name)
        if name != query:
            return text
        assert old in text, (query, old)
        mutated = text.replace(old, new)
        if text in WRITES:
            WRITES[mutated] = name
        return mutated

    return _replace(database, "compose", changed)


def _without(part: str, *queries: str) -> Break:
    """Leave a part of these queries of exported rows out."""

    def apply(stack: ExitStack, _: Laboratory) -> None:
        original = database.compose_with

        def changed(name: str, parts: Any) -> Any:
            if name in queries:
                left_out = [each for each in parts if each.startswith(part)]
                parts = {**parts, **dict.fromkeys(left_out, SQL("TRUE"))}
            return original(name, parts)

        stack.enter_context(patch.object(database, "compose_with", changed))

    return apply


def _view(old: str, new: str) -> Break:
    """Make the datasets' views from another text."""

    def apply(stack: ExitStack, lab: Laboratory) -> None:
        original = views._script

        def changed(name: str) -> SQL:
            text = original(name).as_string()
            assert name != "secured" or old in text, old
            return SQL(text.replace(old, new))

        stack.callback(lab.deploy, LABORATORY)
        with patch.object(views, "_script", changed):
            lab.deploy(LABORATORY)

    return apply


def _all(*breaks: Break) -> Break:
    def apply(stack: ExitStack, lab: Laboratory) -> None:
        for each in breaks:
            each(stack, lab)

    return apply


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


def _sweep_without(reason: str) -> Break:
    repairs = {
        name: (lambda *_: None) if name == reason else repair
        for name, repair in reconcile_runs.REPAIRS.items()
    }
    return _replace(reconcile_runs, "REPAIRS", repairs)


def _sweep_takes_silence_for_death(sweep: Any, ref: Any) -> None:
    finish_run.finish_run(
        sweep.db,
        sweep.files,
        sweep.executions,
        ref,
        error="ExecutionLost",
        max_running=sweep.policy.max_running,
    )


def _start_under_a_new_name(db: Any, executions: Any, start: Any) -> None:
    """Start under a random name instead of a derived one."""
    renamed = start.model_copy(update={"execution_name": str(uuid4())})
    LAUNCH(db, executions, renamed)


LAUNCH = launch_execution.launch_execution


def _read_unfenced(tx: Any, run: Any) -> Any:
    """Read a run's request, whatever its dataset was when it began."""
    request = read_request.current_request(tx.datasets, run)
    datasets.hold(tx, request.dataset)
    return request


def _forget_filters(request: ExportRequest) -> str:
    options = json.loads(CANONICAL(request))
    options.pop("filters", None)
    return json.dumps(options)


CANONICAL: Any = ExportRequest.canonical.fget  # type: ignore[attr-defined]

MUTANTS = (
    Mutant(
        "page row before its object",
        _replace(write_page, "write_page", _row_before_object),
        ("burst",),
        "Write Page",
    ),
    Mutant(
        "no fence before a page",
        _all(
            _replace(write_page, "runs", UNFENCED),
            _replace(page_parts, "runs", UNFENCED),
        ),
        ("troubles",),
        "Write Page",
    ),
    Mutant(
        "no fence before a mail",
        _all(
            _replace(compose_file, "runs", UNFENCED),
            _replace(plan_pages, "runs", UNFENCED),
            _replace(send_email, "runs", UNFENCED),
            _replace(send_email, "render", _render_without_rows),
        ),
        ("bad_day",),
        "Send Email",
    ),
    Mutant(
        "blind resend of an open claim",
        _replace(send_email, "_claim", _blind_resend),
        ("burst",),
        "Send Email: send_email",
    ),
    Mutant(
        "claim forgotten instead of called unknown",
        _sql(
            "emails.record_outcome", "SET status = %(status)s", "SET status = 'pending'"
        ),
        ("burst",),
        "Send Email",
    ),
    Mutant(
        "a refusal is taken for an outcome",
        _sql("emails.release", "status = 'pending'", "status = 'sent'"),
        ("lost_events",),
        "Send Email",
    ),
    Mutant(
        "once unknown, the run may still fail",
        _replace(finish_run, "_result_email", _mail_is_no_pivot),
        ("burst",),
        "Send Email: send_email",
    ),
    Mutant(
        "sweep ignores dead executions",
        _sweep_without("silent_run"),
        ("lost_events",),
        "sweep",
    ),
    Mutant(
        "sweep takes silence for death",
        _all(
            _replace(reconcile_runs, "finish_dead_run", _sweep_takes_silence_for_death),
            _replace(
                reconcile_runs,
                "REPAIRS",
                {
                    **reconcile_runs.REPAIRS,
                    "silent_run": _sweep_takes_silence_for_death,
                },
            ),
        ),
        ("lost_events",),
        "sweep",
    ),
    Mutant(
        "sweep ignores unacknowledged starts",
        _all(
            _sweep_without("unacknowledged_start"),
            _replace(reconcile_runs, "relaunch", lambda *_: None),
        ),
        ("lost_events",),
        "start",
    ),
    Mutant(
        "sweep ignores failure mails",
        _sweep_without("unsent_failure_email"),
        ("lost_events",),
        "sweep: emails.claim",
    ),
    Mutant(
        "sweep ignores clean-up",
        _sweep_without("cleanup"),
        ("bad_day",),
        "cancel: ",
    ),
    Mutant(
        "hand-over outside the transaction, waiting runs not swept",
        _all(
            _replace(finish_run, "record_outcome", _hand_over_outside),
            _replace(finish_run, "admit_waiting", lambda *_, **__: None),
            _replace(reconcile_runs, "admit_waiting", lambda *_, **__: None),
        ),
        ("burst",),
        "Finish Run: ",
    ),
    Mutant(
        "no unique dedupe",
        _all(
            _sql("runs.find_today", "AND request_key", "AND false AND request_key"),
            # Another text for the same options.
            _sql(
                "runs.insert",
                "%(request_key)s",
                "%(request_key)s || repeat(' ', %(lane_seq)s::integer)",
            ),
        ),
        ("burst",),
        "start",
    ),
    Mutant(
        "names of executions are not derived",
        _replace(launch_execution, "launch_execution", _start_under_a_new_name),
        ("burst",),
        "start",
    ),
    Mutant(
        "compose does not wait for all pages and parts",
        _sql("pages.list_finished", "ORDER BY page", "AND page = 1 ORDER BY page"),
        ("burst",),
        "Compose",
    ),
    Mutant(
        "suppression not looked at",
        _sql(
            "directory.find_recipient",
            "s.reason AS suppressed_for",
            "NULL AS suppressed_for",
        ),
        ("lane_of_four",),
        "Send Email",
    ),
    Mutant(
        "cancelled run's plan is kept for the retry",
        _sql("runs.needs_new_plan", "cancel_requested_at IS NOT NULL", "false"),
        ("troubles",),
        "cancel",
    ),
    Mutant(
        "uploads of dead workers stay open",
        _replace(files.Files, "abort_uploads", lambda *_: None),
        ("burst",),
        "Compose File: create_multipart_upload",
    ),
    Mutant(
        "only completions are announced",
        _replace(audit, "PUBLISHED", {"completed"}),
        ("empty_organisation",),
        "start",
    ),
    Mutant(
        "lifo lane",
        _sql("lane.head", "ORDER BY e.lane_seq", "ORDER BY e.lane_seq DESC"),
        ("lane_of_four",),
        "start",
    ),
    Mutant(
        "plan without conditions",
        _without("conditions", "exported_rows.walk", "exported_rows.end_walk"),
        ("filtered",),
        "Plan Pages",
    ),
    Mutant(
        "page without conditions",
        _without("conditions", "exported_rows.copy_page"),
        ("filtered",),
        "Write Page",
    ),
    Mutant(
        "page without the cut-off",
        _without("cut_off", "exported_rows.copy_page"),
        ("filtered",),
        "Write Page",
    ),
    Mutant(
        "view without the tenant",
        _view("WHERE q.{organization} = {current}", ""),
        ("filtered",),
        "Write Page",
    ),
    Mutant(
        "request key forgets the filters",
        _replace(ExportRequest, "canonical", property(_forget_filters)),
        ("filtered",),
        "start",
    ),
    Mutant(
        "start finds a run of other options",
        _sql("runs.find_today", "AND request_key = %(request_key)s", ""),
        ("filtered",),
        "start",
    ),
    Mutant(
        "old worker reads a new view",
        _replace(datasets, "hold", lambda *_: None),
        ("redeployed",),
        "Write Page",
    ),
    Mutant(
        "new worker continues a run of an old dataset",
        _all(
            _replace(plan_pages, "read_request", _read_unfenced),
            _replace(write_page, "read_request", _read_unfenced),
            _replace(compose_file, "read_request", _read_unfenced),
        ),
        ("redeployed",),
        "Plan Pages",
    ),
)


@contextmanager
def applied(name: str, lab: Laboratory) -> Iterator[None]:
    """Apply the named break until the block ends."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with ExitStack() as stack:
        mutant.apply(stack, lab)
        yield
