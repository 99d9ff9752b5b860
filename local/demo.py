"""One export of the sample organisation, over HTTP, with live progress."""

import time
from itertools import islice
from pathlib import Path
from typing import Any, Never

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from local.config import Laptop
from local.diagnosis import failure_of
from local.errors import LaptopError
from local.issuer import Issuer
from local.mailbox import sent_mails

ORGANIZATION = "org_acme"
USER = "user_alice"
POLL_SECONDS = 0.25
DEADLINE_SECONDS = 180
TERMINAL = ("completed", "failed", "cancelled")
LINES_SHOWN = 5


class Demo:
    """Starts one export, follows it and shows the result."""

    def __init__(self, laptop: Laptop, stack: dict[str, str], console: Console) -> None:
        self._laptop = laptop
        self._stack = stack
        self._console = console
        self._http = httpx.Client(
            base_url=f"{stack['api_url']}/api/",
            headers={"Authorization": f"Bearer {Issuer(laptop).token(USER)}"},
            timeout=30,
        )
        self._exports = f"organizations/{ORGANIZATION}/exports"

    def run(self) -> None:
        """Raise LaptopError with the failed state and its cause if the run fails."""
        self._console.print(f"POST /api/{self._exports}  (as {USER})")
        accepted = self._request("POST", self._exports)
        run_id = accepted["runId"]
        self._console.print(f"202 run {run_id}, status {accepted['status']}")
        if accepted["deduplicated"]:
            self._console.print(
                "Today's export is reused, as after a second click. "
                "`make demo FRESH=1` deletes everything and starts a new one.",
                soft_wrap=True,
            )
        run = self._follow(run_id)
        if run["status"] != "completed":
            self._fail(run)
        self._show(run, self._download(run_id))

    def _request(self, method: str, path: str) -> dict[str, Any]:
        answer = self._http.request(method, path)
        if answer.is_error:
            raise LaptopError(
                f"{method} {answer.url}: {answer.status_code} {answer.text}"
            )
        body: dict[str, Any] = answer.json()
        return body

    def _follow(self, run_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        with Progress(
            TextColumn("{task.fields[status]:<9}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.fields[pages]} pages"),
            TextColumn("{task.fields[rows]} rows"),
            TimeElapsedColumn(),
            console=self._console,
        ) as progress:
            bar = progress.add_task("", total=None, status="queued", pages="?", rows=0)
            while True:
                run = self._request("GET", f"{self._exports}/{run_id}")
                progress.update(
                    bar,
                    total=run["pagesTotal"],
                    completed=run["pagesDone"],
                    status=run["status"],
                    pages=run["pagesTotal"] or "?",
                    rows=run["rowsDone"],
                )
                if run["status"] in TERMINAL:
                    return run
                if time.monotonic() > deadline:
                    self._fail(run)
                time.sleep(POLL_SECONDS)

    def _fail(self, run: dict[str, Any]) -> Never:
        error, arn = run["error"], run["executionArn"]
        reason = (
            f"{error['code']}, {error['message']}"
            if error
            else f"it has not ended after {DEADLINE_SECONDS} seconds."
        )
        execution = failure_of(self._laptop, arn) if arn else "none yet"
        raise LaptopError(
            f"Run {run['runId']} is {run['status']}: {reason} "
            f"Its execution: {execution}"
        )

    def _download(self, run_id: str) -> Path:
        link = self._request("GET", f"{self._exports}/{run_id}/download")
        target = self._laptop.folder / "exports" / str(link["filename"])
        target.parent.mkdir(parents=True, exist_ok=True)
        with httpx.stream("GET", link["url"]) as answer, target.open("wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)
        return target

    def _show(self, run: dict[str, Any], file: Path) -> None:
        run_id = run["runId"]
        inspector = f"{self._stack['inspector_url']}?organization={ORGANIZATION}"
        for name, text in (
            ("file", f"{file} ({run['rowCount']} rows, {run['bytes']} bytes)"),
            ("mail", self._mail(run_id, run["email"])),
            ("audit", self._audit(run_id)),
            ("inspector", f"{inspector}&run={run_id}"),
            ("stop", "`make down` (the stack keeps running until then)"),
        ):
            self._console.print(f"{name:<10}{text}", soft_wrap=True)
        self._console.print()
        with file.open(newline="") as lines:
            for line in islice(lines, LINES_SHOWN):
                self._console.print(line.rstrip("\r\n"), markup=False, soft_wrap=True)

    def _mail(self, run_id: str, status: str | None) -> str:
        url = self._stack["mailbox_url"]
        mails = [mail for mail in sent_mails(url) if run_id in mail["BodyText"]]
        sent = "; ".join(f"to {', '.join(m['To'])}: {m['Subject']}" for m in mails)
        return f"{status}, {sent or 'none sent'} ({url})"

    def _audit(self, run_id: str) -> str:
        path = f"organizations/{ORGANIZATION}/audit-logs"
        records = self._request("GET", f"{path}?limit=100")["auditLogs"]
        for record in records:
            if record["subject"] == run_id and record["action"].endswith("completed"):
                at = f"{self._stack['api_url']}/api/{path}"
                return f"{record['action']} {record['id']} in {at}"
        return "no record"
