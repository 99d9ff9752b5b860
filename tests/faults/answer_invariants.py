"""Invariants of files, estimates, lists and webhooks: what people are given."""

import hmac
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from math import ceil
from typing import Any
from uuid import UUID
from zlib import crc32

from invoice_export.steps.list_pages import list_exports
from tests.faults.dataset import EXPECTED, expected_of
from tests.faults.laboratory import Laboratory
from tests.faults.reading import (
    Asked,
    BrokenFileError,
    difference,
    expected_in,
    table_of,
)


def answer_violations(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with what people were given."""
    yield from _files(lab, runs)
    yield from _estimates(lab, runs)
    yield from _lists(lab, runs)
    yield from _webhooks(lab)


def _files(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    kept = set(lab.cloud.bucket.keys)
    for run in runs:
        run_id = str(run["id"])
        if run["status"] == "cancelled" and any(run_id in key for key in kept):
            yield "a cancelled run left objects behind"
        if run["status"] != "completed":
            continue
        if run["object_key"] not in kept:
            lapsed = lab.lapsed.get(run["object_key"])
            if lapsed is None or lapsed < run["file_expires_at"]:
                yield "a completed run has no file"
            continue
        body = lab.cloud.bucket.keys[run["object_key"]].value
        yield from _content(lab, run, body)
        if run["file_crc32"] != b64encode(crc32(body).to_bytes(4, "big")).decode():
            yield "a file's checksum is not that of its bytes"
        if run["byte_count"] != len(body):
            yield "a run's counts differ from its file's"


def _content(lab: Laboratory, run: dict[str, Any], body: bytes) -> Iterator[str]:
    """Compare a file with an independent query of the request's rows."""
    asked, expected = Asked.by(run["request"]), EXPECTED[run["dataset"]]
    header = run["request"].get("columns", expected.headers)
    rows = expected_in(
        asked,
        (
            [row[name] for name in header]
            for row in lab.rows(expected.rows, **expected_of(run))
        ),
    )
    # Twenty pages if there are rows enough, within the policy's bounds.
    page = max(ceil(len(rows) / 20), lab.pages.min_rows)
    if run["pages_total"] != ceil(len(rows) / page):
        yield "a plan does not fit the rows of its file"
    try:
        found = table_of(asked, body, expected.kinds)
    except BrokenFileError as exc:
        yield f"a file is broken: {exc}"
        return
    if differs := difference(found, (list(header), rows)):
        yield f"a file differs from an independent query: {differs}"
    if run["row_count"] != len(found[1]):
        yield "a run's counts differ from its file's"


def _estimates(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    for run in runs:
        for organization, options, rows in lab.estimates:
            of_this = (run["organization_id"], run["request"]) == (
                organization,
                options,
            )
            if of_this and run["status"] == "completed" and run["row_count"] != rows:
                yield "an estimate counts other rows than the file has"


def _lists(lab: Laboratory, runs: list[dict[str, Any]]) -> Iterator[str]:
    for organization in {run["organization_id"] for run in runs}:
        listed: list[UUID] = []
        cursor = None
        while True:
            page = list_exports(
                lab.db,
                organization_id=organization,
                limit=1,
                cursor=cursor,
                status=None,
                requested_by=None,
            )
            listed += [export.run_id for export in page.exports]
            cursor = page.next
            if cursor is None or len(listed) > len(runs):
                break
        mine = [run["id"] for run in runs if run["organization_id"] == organization]
        if sorted(listed) != sorted(mine):
            yield "a list read page by page is not the runs"


def _webhooks(lab: Laboratory) -> Iterator[str]:
    events = lab.rows(
        "SELECT o.*, w.url, w.secret FROM event_outbox o"
        " LEFT JOIN webhook_endpoints w USING (organization_id)"
        " WHERE published_at IS NOT NULL"
    )
    told = Counter(url for url, _, _ in lab.posts)
    due = Counter(event["url"] for event in events if event["url"])
    if told != due:
        yield "a webhook was not told of each end once"
    names: dict[tuple[str, str], set[str]] = {}
    for url, body, headers in lab.posts:
        end = json.dumps(json.loads(body)["data"], sort_keys=True)
        names.setdefault((url, end), set()).add(headers["X-Export-Event-Id"])
    if any(len(ids) > 1 for ids in names.values()):
        yield "a webhook was told of one end under two ids"
    by_id = {str(event["id"]): event for event in events}
    for url, body, headers in lab.posts:
        event = by_id.get(headers["X-Export-Event-Id"])
        if event is None:
            yield "a webhook was told of an event that the outbox does not hold"
            continue
        if event["url"] != url:
            yield "a webhook was told of another organisation's run"
            continue
        timestamp, signature = re.findall(r"=([^,]+)", headers["X-Export-Signature"])
        key, signed = event["secret"].encode(), timestamp.encode() + b"." + body
        if signature != hmac.new(key, signed, "sha256").hexdigest():
            yield "a webhook's signature is not that of its body"
        told_of = json.loads(body)
        if told_of["data"] != event["payload"]:
            yield "a webhook was told something else than the outbox holds"
        if told_of["id"] != headers["X-Export-Event-Id"]:
            yield "a webhook's header and body name two events"
