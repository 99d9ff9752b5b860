"""``make smoke API=… TOKEN=…``: makes one export on any deployment and checks it."""

import csv
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tools.verify import VerificationError, verify_file

USAGE = "make smoke API=https://… TOKEN=… (ORG=org_1 WAIT=300)"
# What a person who may start exports is.
EXPORTERS = ("member", "admin", "owner")
TERMINAL = ("completed", "failed", "cancelled")
POLL_SECONDS = 1.0
DEADLINE_SECONDS = 300.0
REQUEST_SECONDS = 60.0
# A reader of any dialect would count the records; this one needs no guess.
REQUEST = {"format": "csv", "preset": "rfc4180"}
LONGEST_CELL = 1 << 30
MAIL_HINTS = {
    "refused": "SES will never accept it: docs/runbook.md, MailRefused",
    "suppressed": "the requester's address gets no mail, take another user's token",
    "unknown": "nobody knows whether it left: docs/runbook.md, MailUnknown",
}

REPORT_HINTS = {
    "bounced": "the requester's address takes no mail, use another user's token",
    "complained": "the requester's mail program calls it spam",
}
# Where `make up` puts an API. Its engines accept mails and report nothing of them.
LAPTOPS = ("127.0.0.1", "localhost", "localhost.localstack.cloud")

Tell = Callable[[str, str], None]
Json = dict[str, Any]


class SmokeError(Exception):
    """The deployment does not work; the message is one line."""


class Smoke:
    """One export by the token's user, step by step."""

    def __init__(self, http: httpx.Client, token: str, tell: Tell) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._tell = tell

    def run(self, organization: str | None, seconds: float) -> None:
        """Raise SmokeError at the first step that fails."""
        exports = f"organizations/{self._choose(organization)}/exports"
        run_id = self._start(exports)
        run = self._wait(f"{exports}/{run_id}", seconds)
        with tempfile.TemporaryDirectory() as folder:
            self._check_file(f"{exports}/{run_id}/download", run, Path(folder))
        self._check_mail(run)
        self._check_report(f"{exports}/{run_id}", seconds)

    def _choose(self, organization: str | None) -> str:
        me = self._call("GET", "me")
        user = me["userId"]
        roles = {m["organizationId"]: m["role"] for m in me["memberships"]}
        chosen = organization or next(
            (id_ for id_, role in roles.items() if role in EXPORTERS), None
        )
        if chosen is None:
            raise SmokeError(f"{user} may not export in any organisation")
        if roles.get(chosen) not in EXPORTERS:
            raise SmokeError(f"{user} may not export in {chosen}")
        self._tell("signed in", f"{user}, {roles[chosen]} of {chosen}")
        return chosen

    def _start(self, exports: str) -> str:
        # A key of its own: an equal export of today would prove nothing about now.
        key = {"Idempotency-Key": f"smoke-{uuid4()}"}
        accepted = self._call("POST", exports, json=REQUEST, headers=key)
        self._tell("started", f"run {accepted['runId']}, {accepted['status']}")
        return str(accepted["runId"])

    def _wait(self, path: str, seconds: float) -> Json:
        deadline = time.monotonic() + seconds
        while (run := self._call("GET", path))["status"] not in TERMINAL:
            if time.monotonic() > deadline:
                raise SmokeError(
                    f"run {run['runId']} is still {run['status']} after {seconds:g} "
                    f"seconds, {run['pagesDone']} of {run['pagesTotal'] or '?'} pages"
                )
            time.sleep(POLL_SECONDS)
        if run["status"] != "completed":
            raise SmokeError(f"run {run['runId']} is {run['status']}{_why(run)}")
        self._tell("completed", f"{run['rowCount']} rows in {run['pagesTotal']} pages")
        return run

    def _check_file(self, path: str, run: Json, folder: Path) -> None:
        link = self._call("GET", path)
        if not link.get("manifestUrl"):
            raise SmokeError(f"run {run['runId']} has no manifest")
        file, manifest = folder / "file", folder / "manifest.json"
        self._download(link["url"], file)
        self._download(link["manifestUrl"], manifest)
        self._tell("downloaded", f"{link['filename']}, {file.stat().st_size} bytes")
        try:
            described = verify_file(file, manifest)
        except VerificationError as exc:
            raise SmokeError(str(exc)) from exc
        counts = (_records(file), described.rows, run["rowCount"])
        if len(set(counts)) > 1:
            raise SmokeError(
                "{} rows are in the file, {} in its manifest and {} in the run".format(
                    *counts
                )
            )
        self._tell("checked", f"{counts[0]} rows, CRC-32 {described.crc32}")

    def _check_mail(self, run: Json) -> None:
        # A run completes once its mail has an outcome.
        if run["email"] != "sent":
            hint = MAIL_HINTS.get(run["email"], "it should have an outcome by now")
            raise SmokeError(f"the mail is {run['email'] or 'not there'}: {hint}")
        self._tell("mailed", "SES has accepted the mail")

    def _check_report(self, path: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (report := self._call("GET", path)["emailReport"]) is None:
            if self._http.base_url.host in LAPTOPS:
                self._tell("unreported", "this engine never tells whether mail arrives")
                return
            if time.monotonic() > deadline:
                raise SmokeError(
                    f"SES has reported nothing of the mail after {seconds:g} seconds: "
                    "docs/runbook.md, MailEventsWaiting"
                )
            time.sleep(POLL_SECONDS)
        if report != "delivered":
            raise SmokeError(
                f"SES reports the mail as {report}: {REPORT_HINTS[report]}"
            )
        self._tell("delivered", "SES has handed the mail to the recipient's server")

    def _call(self, method: str, path: str, **options: Any) -> Json:
        headers = {**self._headers, **options.pop("headers", {})}
        answer = self._http.request(method, path, headers=headers, **options)
        if answer.is_error or not answer.headers.get("content-type", "").startswith(
            "application/json"
        ):
            raise SmokeError(
                f"{method} {answer.url} answered {answer.status_code}: "
                f"{_one_line(answer.text)}"
            )
        body: Json = answer.json()
        return body

    def _download(self, url: str, target: Path) -> None:
        # The link is signed. A storage service refuses a token beside a signature.
        with self._http.stream("GET", url) as answer, target.open("wb") as file:
            if answer.is_error:
                answer.read()
                raise SmokeError(
                    f"the signed link answered {answer.status_code}: "
                    f"{_one_line(answer.text)}"
                )
            for piece in answer.iter_bytes():
                file.write(piece)


def _why(run: Json) -> str:
    error = run["error"]
    if not error:
        return ""
    hint = ". Name one with rows: ORG=" if error["code"] == "EMPTY_RESULTSET" else ""
    return f": {error['code']}, {error['message'].rstrip('.')}{hint}"


def _records(file: Path) -> int:
    csv.field_size_limit(LONGEST_CELL)
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            return sum(1 for _ in csv.reader(lines, strict=True)) - 1
    except (csv.Error, UnicodeDecodeError) as exc:
        raise SmokeError(f"the file is no CSV: {exc}") from exc


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300] or "nothing"


def _print(step: str, found: str) -> None:
    print(f"{step:<12}{found}", flush=True)


def main(
    environment: Mapping[str, str], transport: httpx.BaseTransport | None = None
) -> int:
    """Print a line for each step. Returns 1, after one line that says why."""
    api, token = environment.get("API", ""), environment.get("TOKEN", "").strip()
    if not api.startswith(("https://", "http://")) or not token:
        return _fail(f"name the deployment's ApiUrl and a bearer token: {USAGE}")
    try:
        seconds = float(environment.get("WAIT") or DEADLINE_SECONDS)
    except ValueError:
        return _fail(f"WAIT is no number of seconds: {USAGE}")
    try:
        with httpx.Client(
            base_url=f"{api.rstrip('/')}/api/",
            timeout=REQUEST_SECONDS,
            transport=transport,
        ) as http:
            Smoke(http, token, _print).run(environment.get("ORG") or None, seconds)
    except SmokeError as exc:
        return _fail(str(exc))
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        return _fail(f"no answer from {api}: {type(exc).__name__} {exc}")
    return 0


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
