"""The time of start and poll calls, compared with bare SQL statements.

The handler runs in this process, with the benchmark's PostgreSQL and the stack's Step
Functions, where its state machine does nothing. ``StartExecution`` is measured inside
the call.
"""

import json
import os
import statistics
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg

from benchmarks.database import make_scratch
from benchmarks.floor import ROLE
from benchmarks.measure import clocked
from local.aws import CREDENTIALS, REGION, aws_client
from local.config import APP_ROLE, ROOT, Laptop
from local.issuer import Issuer

DATABASE = "bench_latency"
TIMES = 500
USER = "user_latency"
NOTHING = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
SCHEMA = """
CREATE TABLE invoice_export.bare (id uuid PRIMARY KEY, payload jsonb NOT NULL);
GRANT SELECT, INSERT ON invoice_export.bare TO invoice_export_app;
INSERT INTO sample.users (id, name, email)
VALUES ('user_latency', 'L', 'l@latency.example');
INSERT INTO sample.organizations (id, name)
SELECT 'org_' || n, 'L' FROM generate_series(0, 999) AS n;
INSERT INTO sample.members (organization_id, user_id, role)
SELECT id, 'user_latency', 'owner' FROM sample.organizations;
"""
CONTEXT = SimpleNamespace(
    function_name="http_api",
    memory_limit_in_mb=512,
    invoked_function_arn=f"arn:aws:lambda:{REGION}:000000000000:function:http_api",
    aws_request_id="00000000-0000-0000-0000-000000000000",
)


def measure(place: Laptop) -> dict[str, dict[str, float]]:
    """Return the median and 99th percentile of each call in milliseconds."""
    # The handler takes time to log, as on AWS; nobody needs to see the lines.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return Calls(place).measure()


class Calls:
    """Calls of the warm handler, and statements on its open connection."""

    def __init__(self, place: Laptop) -> None:
        _make_database(place)
        self._token = Issuer(place).token(USER)
        os.environ.update(_environment(place))
        sys.path.insert(0, str(ROOT / "lambdas" / "http_api"))
        handler = import_module("handler")
        self._handler: Callable[..., Any] = handler.handler
        _, service, _ = handler.dependencies()
        self._db = service.db
        self._starting: list[float] = []
        start = service.executions.start

        def timed(*arguments: Any) -> Any:
            before = time.perf_counter()
            try:
                return start(*arguments)
            finally:
                self._starting.append(time.perf_counter() - before)

        service.executions.start = timed

    def measure(self) -> dict[str, dict[str, float]]:
        seconds: dict[str, list[float]] = defaultdict(list)
        for turn in range(TIMES + 20):
            found = self._turn(f"org_{turn}")
            if turn >= 20:
                for name, value in found.items():
                    seconds[name].append(value)
        return {name: _percentiles(values) for name, values in seconds.items()}

    def _turn(self, organization: str) -> dict[str, float]:
        exports = f"/api/organizations/{organization}/exports"
        self._starting.clear()
        started, run = clocked(lambda: self._call("POST", exports))
        (starting,) = self._starting
        known, _ = clocked(lambda: self._call("POST", exports))
        polled, _ = clocked(lambda: self._call("GET", f"{exports}/{run['runId']}"))
        inserted, _ = clocked(self._bare_insert)
        selected, _ = clocked(lambda: self._bare_select(run["runId"]))
        return {
            "bare INSERT and commit": inserted,
            "start, without StartExecution": started - starting,
            "StartExecution": starting,
            "start of a known run": known,
            "bare SELECT": selected,
            "poll": polled,
        }

    def _call(self, method: str, path: str) -> dict[str, Any]:
        answer = self._handler(_event(method, path, self._token), CONTEXT)
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer}")
        body: dict[str, Any] = json.loads(answer["body"])
        return body

    def _bare_insert(self) -> None:
        self._connection().execute("INSERT INTO bare VALUES (%s, '{}')", [uuid.uuid4()])

    def _bare_select(self, run_id: str) -> None:
        self._connection().execute(
            "SELECT FROM invoice_export.exports WHERE id = %s", [run_id]
        ).fetchall()

    def _connection(self) -> psycopg.Connection:
        connection: psycopg.Connection = self._db._connection  # noqa: SLF001
        return connection


def _percentiles(seconds: list[float]) -> dict[str, float]:
    hundred = statistics.quantiles(seconds, n=100)
    return {
        "p50": round(statistics.median(seconds) * 1000, 2),
        "p99": round(hundred[98] * 1000, 2),
    }


def _event(method: str, path: str, token: str) -> dict[str, Any]:
    return {
        "httpMethod": method,
        "path": path,
        "resource": "/api/{proxy+}",
        "headers": {"Authorization": f"Bearer {token}"},
        "multiValueHeaders": {"Authorization": [f"Bearer {token}"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {"requestId": "r", "stage": "local", "path": path},
    }


def _make_database(place: Laptop) -> None:
    make_scratch(place, DATABASE)
    with psycopg.connect(place.url_of("postgres", DATABASE)) as db:
        db.execute(SCHEMA)


def _environment(place: Laptop) -> dict[str, str]:
    """Return the deployed function's, with another database and state machine."""
    functions = aws_client(place, "lambda").get_paginator("list_functions")
    (deployed,) = [
        function["Environment"]["Variables"]
        for page in functions.paginate()
        for function in page["Functions"]
        if "HttpApiFunction" in function["FunctionName"]
    ]
    machine = aws_client(place, "stepfunctions").create_state_machine(
        name=f"nothing-{uuid.uuid4().hex[:8]}",
        definition=json.dumps(NOTHING),
        roleArn=ROLE,
    )
    return {
        **deployed,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": place.engine_url,
        "AWS_DEFAULT_REGION": REGION,
        "DATABASE_URL": place.url_of(APP_ROLE, DATABASE),
        "STATE_MACHINE_ARN": machine["stateMachineArn"],
        "STATE_MACHINE_ALIAS": "",
        "MAX_RUNNING_EXPORTS": "100000",
    }
