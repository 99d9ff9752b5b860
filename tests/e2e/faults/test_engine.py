"""Kills processes and restarts servers on the engine, at each point of a run."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg
import pytest

from local.aws import aws_client
from local.executions import execution_arn
from local.postgres import Postgres
from tests.e2e.conftest import Stack, Tenant
from tests.e2e.faults.holds import POINTS, held, start_held
from tests.e2e.faults.proxy import Proxy, Rule

TERMINAL = {"completed", "failed", "cancelled"}
# The local stage's limit of concurrent runs.
AT_ONCE = 4
PATIENCE_SECONDS = 200
GOES_WRONG = {
    # method, words to match besides the organisation's id, status, times, code
    "S3 refuses a part": ("PUT", ("/parts/",), 503, 4, "SlowDown"),
    "S3's answer about a part is lost": ("PUT", ("/parts/",), None, 1, ""),
    "S3 refuses to read a part": ("GET", ("/parts/",), 500, 4, "InternalError"),
    "S3 refuses an upload": ("POST", ("/exports/", "uploads"), 500, 4, "InternalError"),
    "S3 refuses a piece": ("PUT", ("/exports/", "partNumber"), 503, 4, "SlowDown"),
    "S3 refuses the completion": (
        "POST",
        ("/exports/", "uploadId"),
        500,
        4,
        "InternalError",
    ),
    "S3's answer about the completion is lost": (
        "POST",
        ("/exports/", "uploadId"),
        None,
        1,
        "",
    ),
    "SES refuses": ("POST", ("SendEmail",), 400, 2, "Throttling"),
    "SES breaks": ("POST", ("SendEmail",), 500, 1, "InternalFailure"),
    "SES's answer is lost": ("POST", ("SendEmail",), None, 1, ""),
}
TIMES = {"killed twice": 2, "killed thrice": 3}
BY_PROXY = ("WritePage", "ComposeFile", "SendEmail")


@dataclass(frozen=True)
class Cell:
    """One fault, and the ways its run may end."""

    point: str
    trouble: str

    @property
    def ends(self) -> set[str]:
        if "stopped" not in self.trouble:
            return {"completed"}
        # Once the mail may have gone out, a stopped run still ends as completed.
        return {"failed"} if self.point in {"plan", "page", "compose"} else TERMINAL


KILLS = [Cell(point, "killed") for point in POINTS]
STOPS = [Cell(point, "stopped") for point in POINTS]
RESTARTS = [Cell(point, "PostgreSQL restarted") for point in POINTS]
# A sent mail is never resent, so no worker reaches that point twice.
KILLED_TWICE = [Cell(point, "killed twice") for point in POINTS if point != "sent"]
KILLED_THRICE = [Cell("page", "killed thrice")]
KILLED_AND_STOPPED = [Cell(point, "killed and stopped") for point in POINTS]
ERRORS = [Cell(trouble, "error") for trouble in GOES_WRONG]
# The subset that CI runs.
SOME = {
    *KILLS,
    Cell("page", "stopped"),
    Cell("claim", "stopped"),
    Cell("S3's answer about the completion is lost", "error"),
    Cell("SES refuses", "error"),
    *RESTARTS[:4],
}


@pytest.fixture
def proxy(running_stack: Stack, visible_workers: None) -> Iterator[Proxy]:
    """Route the page, compose and mail workers to S3 and SES through the proxy."""
    through = Proxy(running_stack.laptop.engine_url)
    functions = aws_client(running_stack.laptop, "lambda")
    before: dict[str, dict[str, str]] = {}
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            # Engines truncate long names at different lengths.
            if any(step in name for step in BY_PROXY):
                before[name] = function["Environment"]["Variables"]
    assert len(before) == len(BY_PROXY)
    url = {"AWS_ENDPOINT_URL_S3": through.url, "AWS_ENDPOINT_URL_SES": through.url}
    for name, variables in before.items():
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables | url}
        )
    for name in before:
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    yield through
    for name, variables in before.items():
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
    through.close()


def engine_cells(cells: list[Cell], everything: bool) -> list[Cell]:
    return [cell for cell in cells if everything or cell in SOME]


def test_runs_survive_killed_workers(
    make_tenant: Callable[..., Tenant],
    holds: None,
    visible_workers: None,
    everything: bool,
    figures: list[str],
) -> None:
    kills = [*KILLS, *KILLED_TWICE, *KILLED_THRICE, *KILLED_AND_STOPPED]
    found = all_cells(make_tenant, engine_cells(kills, everything))
    report(figures, "killed", found)


@pytest.mark.long
def test_runs_survive_stopped_executions(
    make_tenant: Callable[..., Tenant],
    holds: None,
    everything: bool,
    figures: list[str],
) -> None:
    found = all_cells(make_tenant, engine_cells(STOPS, everything))
    report(figures, "stopped", found)


def test_runs_survive_restarts_of_the_database(
    make_tenant: Callable[..., Tenant],
    holds: None,
    own_database: Postgres,
    everything: bool,
    figures: list[str],
) -> None:
    cells = engine_cells(RESTARTS, everything)
    found = []
    for first in range(0, len(cells), AT_ONCE):
        group = cells[first : first + AT_ONCE]
        tenants = [make_tenant(invoices=120, roles=("owner", "member")) for _ in group]
        laptop = tenants[0].stack.laptop
        runs = []
        with ExitStack() as stack:
            pairs = list(zip(tenants, group, strict=True))
            points = [
                stack.enter_context(held(laptop, cell.point, tenant.id))
                for tenant, cell in pairs
            ]
            runs = [start_two(tenant, cell.point) for tenant, cell in pairs]
            for point in points:
                point.wait()
            own_database.crash_and_restart()
        for (tenant, cell), started in zip(pairs, runs, strict=True):
            found.append((cell, check(tenant, cell, started)))
    report(figures, "PostgreSQL -m immediate", found)


def test_runs_survive_errors_of_aws(
    make_tenant: Callable[..., Tenant],
    proxy: Proxy,
    everything: bool,
    figures: list[str],
) -> None:
    cells = engine_cells(ERRORS, everything)
    tenants = [make_tenant(invoices=120, roles=("owner", "member")) for _ in cells]

    def error(tenant: Tenant, cell: Cell) -> tuple[Cell, list[str]]:
        method, words, status, times, code = GOES_WRONG[cell.point]
        whose = tenant.id if "SendEmail" not in words else f"{tenant.users[0]}%40"
        rule = Rule(method, (*words, whose), status, times, code)
        proxy.rules.append(rule)
        found = check(tenant, cell, start_two(tenant, cell.point))
        return cell, found if rule.fired else [*found, "the error was never injected"]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(error, tenants, cells))
    report(figures, "S3 and SES", found)


def report(figures: list[str], what: str, found: list[tuple[Cell, list[str]]]) -> None:
    broken = [f"{cell.point}, {cell.trouble}: {v}" for cell, v in found if v]
    figures.append(f"engine, {what}: {len(found)} cells, {len(broken)} violations")
    assert broken == []


def all_cells(
    make_tenant: Callable[..., Tenant], cells: list[Cell]
) -> list[tuple[Cell, list[str]]]:
    tenants = [make_tenant(invoices=120, roles=("owner", "member")) for _ in cells]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one_cell, tenants, cells))


def one_cell(tenant: Tenant, cell: Cell) -> tuple[Cell, list[str]]:
    laptop = tenant.stack.laptop
    with held(laptop, cell.point, tenant.id) as hold:
        runs = start_two(tenant, cell.point)
        for _ in range(TIMES.get(cell.trouble, 1)):
            try:
                hold.wait()
                worker = hold.wait_for_worker() if "killed" in cell.trouble else None
            except AssertionError as exc:
                return cell, [str(exc)]
            if "stopped" in cell.trouble:
                stop(tenant, runs[0])
            if worker:
                worker.kill()
                worker.wait(10)
                hold.bury()
    return cell, check(tenant, cell, runs)


def start_two(tenant: Tenant, point: str) -> list[str]:
    """Start one run and a second one that queues behind it.

    The first waits in its plan until both are there: a run that is held while it
    finishes locks its lane, and the second start would wait for that.
    """
    with ExitStack() as stack:
        if point != "plan":
            stack.enter_context(held(tenant.stack.laptop, "plan", tenant.id))
        first, second = tenant.users
        return [start_held(tenant, first), tenant.start(second)]


def stop(tenant: Tenant, run_id: str) -> None:
    """Stop the execution, as a person would in the console."""
    aws_client(tenant.stack.laptop, "stepfunctions").stop_execution(
        executionArn=execution_arn(tenant.stack.facts, f"{run_id}-1"),
        cause="stopped by a test",
    )


def check(tenant: Tenant, cell: Cell, runs: list[str]) -> list[str]:
    """Wait for both runs to end and return every violation."""
    found = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (rows := ended(tenant, runs)):
        if time.monotonic() > deadline:
            states = [tenant.watch(run)["status"] for run in runs]
            return [f"still {states}: {tenant.explain(tenant.watch(runs[0]))}"]
        time.sleep(0.5)
    if rows[runs[0]] not in cell.ends:
        found.append(f"ended as {rows[runs[0]]}")
    if rows[runs[1]] != "completed":
        found.append(f"the next run of the lane is {rows[runs[1]]}")
    for run in runs:
        found += check_run(tenant, run, rows[run])
    return found + list(check_remains(tenant))


def ended(tenant: Tenant, runs: list[str]) -> dict[str, str] | None:
    """Return how both runs ended, expiring claims early to save a minute's wait."""
    try:
        tenant.stack.sql(
            tenant.id,
            "UPDATE email_deliveries SET claim_expires_at = now() WHERE status ="
            " 'sending' AND claim_expires_at < now() + interval '55 s'",
        )
        rows = dict(tenant.stack.sql(tenant.id, "SELECT id::text, status FROM exports"))
        starts = tenant.stack.sql(
            tenant.id,
            "SELECT FROM execution_starts WHERE acknowledged_at IS NULL"
            " UNION ALL SELECT FROM email_deliveries WHERE status = 'sending'"
            " OR status = 'pending' AND kind = 'failed'",
        )
    except psycopg.OperationalError:
        return None
    settled = all(rows[run] in TERMINAL for run in runs) and not starts
    return rows if settled else None


def check_run(tenant: Tenant, run: str, status: str) -> Iterator[str]:
    told = [m for m in tenant.stack.mails(run) if "is ready" in m["Subject"]]
    ((mail,),) = tenant.stack.sql(
        tenant.id,
        "SELECT coalesce((SELECT status FROM email_deliveries"
        " WHERE run_id = %s AND kind = 'completed'), 'none')",
        run,
    )
    if len(told) > 1:
        yield "mailed twice"
    if status != "completed":
        if told:
            yield f"the run is {status} but was mailed as completed"
        return
    if mail not in {"sent", "unknown"} or (mail == "sent" and not told):
        yield f"the mail is {mail}, but {len(told)} went out"
    try:
        count = tenant.assert_file_equals_database(tenant.download(run))
    except AssertionError as exc:
        yield f"the file is wrong: {exc}"
    else:
        if count != tenant.watch(run)["rowCount"]:
            yield "rowCount differs from the file's"
    completed = [r for r in tenant.audit(run) if r["action"].endswith(".completed")]
    if len(completed) != 1:
        yield f"{len(completed)} completed audit records"


def check_remains(tenant: Tenant) -> Iterator[str]:
    laptop, facts = tenant.stack.laptop, tenant.stack.facts
    s3 = aws_client(laptop, "s3")
    uploads = s3.list_multipart_uploads(Bucket=facts["bucket"]).get("Uploads", [])
    if any(f"/{tenant.id}/" in upload["Key"] for upload in uploads):
        yield "a multipart upload is still open"
    step_functions = aws_client(laptop, "stepfunctions")
    rows = tenant.stack.sql(
        tenant.id, "SELECT execution_arn FROM exports WHERE execution_arn IS NOT NULL"
    )
    for (arn,) in rows:
        history = step_functions.get_execution_history(executionArn=arn)["events"]
        if "@" in json.dumps(history, default=str):
            yield "an address is in the execution's history"
