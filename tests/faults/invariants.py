"""Invariants that must hold after the faults; each rule yields its violations."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from invoice_export.domain.audit_chain import ChainedRecord
from invoice_export.domain.chain_heads import Head
from invoice_export.domain.keys import part_key
from tests.faults.answer_invariants import answer_violations
from tests.faults.laboratory import Laboratory
from tools.audit.check import check_organization
from tools.audit.database import statement

TERMINAL = {"completed", "failed", "cancelled"}
SETTLED = {"sent", "suppressed", "unknown"}
ID = re.compile(r" \([0-9a-f-]{36}\)")


def violations(lab: Laboratory) -> list[str]:
    """Return every violation; an empty list means that all invariants hold."""
    runs = lab.rows("SELECT * FROM exports ORDER BY organization_id, lane_seq")
    found = [
        *_runs(lab, runs),
        *_pages(lab),
        *_answers(lab, runs),
        *_lane(lab, runs),
        *_robbed(lab, runs),
        *_mails(lab, runs),
    ]
    found += _suppressed(lab)
    found += [*_audit(lab, runs), *_announced(lab, runs), *_chained(lab)]
    found += [*answer_violations(lab, runs), *_nothing_left(lab)]
    return found


def _runs(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    for run in runs:
        if run["status"] not in TERMINAL:
            yield f"a run is still {run['status']} after the sweep"
        if run["status"] == "completed" and run["error_code"] is not None:
            yield "a completed run has an error"
        if run["status"] == "completed" and run["pages_done"] != run["pages_total"]:
            yield "a completed run has unfinished pages"
        if run["status"] == "failed" and run["error_code"] is None:
            yield "a failed run gives no reason"
    # A key identifies a run on any day. Without a key the day, the dataset and what was
    # asked of it identify the run.
    requests = Counter(
        (
            run["organization_id"],
            run["requested_by"],
            run["idempotency_key"]
            or (run["day_bucket"], run["dataset"], json.dumps(run["request"])),
        )
        for run in runs
    )
    if any(count > 1 for count in requests.values()):
        yield "one request of one requester made two runs"


def _pages(lab: Laboratory) -> Iterator[str]:
    for page in lab.rows(
        "SELECT p.organization_id, p.run_id, p.page, e.format AS extension"
        " FROM export_pages p JOIN exports e ON e.id = p.run_id"
        " WHERE e.status <> 'cancelled'"
    ):
        if part_key(**page) not in lab.cloud.stored:
            yield "a page is recorded without its part"


def _answers(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    asked = {run["id"]: run["request"] for run in runs}
    for run_id, options in lab.answers:
        if asked.get(run_id) != options:
            yield "a request was answered with a run of another request"


def _lane(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    started = [run for run in runs if run["started_at"] is not None]
    if lab.lane.max_running == 1:
        lanes = [sorted(started, key=lambda run: run["queued_at"])]
    else:
        lanes = [
            [run for run in started if run["organization_id"] == organization]
            for organization in {run["organization_id"] for run in started}
        ]
    for lane in lanes:
        for before, after in pairwise(lane):
            if before["started_at"] > after["started_at"]:
                yield "a run was overtaken"
            ended = before["completed_at"]
            if ended is not None and ended > after["started_at"]:
                yield "two runs of one lane ran at once"
    names = {
        row["execution_name"] for row in lab.rows("SELECT * FROM execution_starts")
    }
    for execution in lab.cloud.machine.executions:
        if execution.name not in names:
            yield "an execution has no row"


def _robbed(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    # A redriven execution may come too late: only its first end tells.
    first = {ref: end for ref, *end in reversed(lab.endings)}
    robbed = {
        ref.run_id
        for ref, end in first.items()
        if end == ["FAILED", "RunNotActiveError"]
    }
    for run in runs:
        untouched = run["generation"] == 1 and run["cancel_requested_at"] is None
        if untouched and run["id"] in robbed:
            yield "a live execution lost its run"


def _mails(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    deliveries = lab.rows("SELECT * FROM email_deliveries")
    for run in runs:
        mine = [row for row in deliveries if row["run_id"] == run["id"]]
        sent = [
            m.subject for m in lab.cloud.ses.sent_messages if str(run["id"]) in m.body
        ]
        told = sum("is ready" in subject for subject in sent)
        yield from _result_mail(run, mine, told)
        yield from _failure_mails(run, mine, len(sent) - told)
    if any(row["claim_expires_at"] is not None for row in deliveries):
        yield "a claim is open past its expiry"


def _suppressed(lab: Laboratory) -> Iterator[str]:
    suppressed = {
        row["address"] for row in lab.rows("SELECT address FROM email_suppressions")
    }
    for message in lab.cloud.ses.sent_messages:
        if suppressed.intersection(message.destinations["ToAddresses"]):
            yield "a suppressed address was mailed"


def _result_mail(
    run: dict[str, Any], deliveries: list[dict[str, Any]], told: int
) -> Iterator[str]:
    if told > 1:
        yield "a run was mailed twice"
    if run["status"] != "completed":
        if told:
            yield f"a {run['status']} run was mailed as completed"
        kept = {row["status"] for row in deliveries if row["kind"] == "completed"}
        if "unknown" in kept:
            yield f"a {run['status']} run's result mail may have left"
        return
    (status,) = [row["status"] for row in deliveries if row["kind"] == "completed"] or [
        "not owed"
    ]
    if status not in SETTLED:
        yield f"a completed run's mail is {status}"
    if status == "sent" and not told:
        yield "a mail is recorded as sent but was not sent"
    if status == "suppressed" and told:
        yield "a mail is recorded as suppressed but was sent"


def _failure_mails(
    run: dict[str, Any], deliveries: list[dict[str, Any]], told: int
) -> Iterator[str]:
    failures = [row for row in deliveries if row["kind"] == "failed"]
    if told > len(failures):
        yield "a failure was mailed twice"
    owed = [r["status"] for r in failures if r["generation"] == run["generation"]]
    if run["error_code"] == "EMPTY_RESULTSET":
        if owed:
            yield "an empty export sent a mail"
    elif run["status"] == "failed" and (len(owed) != 1 or owed[0] not in SETTLED):
        yield "a failed run's requester was not mailed"


def _chained(lab: Laboratory) -> Iterator[str]:
    for row in lab.rows("SELECT * FROM lanes"):
        found = lab.rows(statement("records"), organization_id=row["organization_id"])
        _, wrong = check_organization(
            row["organization_id"],
            [ChainedRecord(**record) for record in found],
            Head(row["audit_seq"], row["audit_hash"].hex()) if found else None,
            {},
        )
        # Ids differ whenever a history is played again.
        yield from (f"audit log: {ID.sub('', finding.text)}" for finding in wrong)


def _audit(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    records = Counter(
        (row["subject"], row["action"]) for row in lab.rows("SELECT * FROM audit_logs")
    )
    for run in runs:
        action = f"export.{run['dataset']}"
        count = records[str(run["id"]), f"{action}.completed"]
        if count != (run["status"] == "completed"):
            yield f"{count} completed audit records of a {run['status']} run"
        if not records[str(run["id"]), f"{action}.requested"]:
            yield "a run has no audit record of its request"
    done: dict[str, set[int]] = {}
    for row in lab.rows(
        "SELECT * FROM audit_logs WHERE action LIKE 'export.%%.cancelled'"
    ):
        done.setdefault(row["subject"], set()).add(row["payload"]["pagesDone"])
    for run in runs:
        if run["status"] != "cancelled":
            continue
        pages = done.get(str(run["id"]))
        if pages is None:
            yield "a cancellation has no audit record"
        elif run["pages_done"] not in pages:
            yield "a cancelled run went on"


def _announced(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    events = lab.rows("SELECT run_id, generation, type FROM event_outbox")
    ends = Counter((e["run_id"], e["generation"], e["type"]) for e in events)
    for run in runs:
        if run["status"] not in TERMINAL:
            continue
        last = ends.pop((run["id"], run["generation"], f"export.{run['status']}"), 0)
        if last != 1:
            yield f"the end of a {run['status']} run is announced {last} times"
        if (run["id"], run["generation"], "export.completed") in ends:
            yield f"a {run['status']} run is announced as completed"


def _nothing_left(lab: Laboratory) -> Iterator[str]:
    if lab.rows("SELECT 1 FROM execution_starts WHERE acknowledged_at IS NULL"):
        yield "a start is unacknowledged"
    if lab.cloud.bucket.multiparts:
        yield "a multipart upload is still open"
    if "@" in json.dumps(lab.outputs, default=str):
        yield "an address is in the execution history"
    if any("@" in line for line in lab.log.lines):
        yield "an address is in the logs"
