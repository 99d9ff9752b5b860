"""A separate laptop stack for the tests, and the tools to drive it over HTTP."""

import csv
import io
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from local import stack
from local.config import ROOT, Laptop
from local.diagnosis import failure_of
from local.issuer import Issuer
from local.localstack import LocalStackLaptop
from local.mailbox import sent_mails
from local.postgres import Postgres
from local.tenancy import act_for, connect_as_owner
from local.workers import workers_of
from tests.laptops import laptop_in

TERMINAL = {"completed", "failed", "cancelled"}
ON_LOCALSTACK = os.environ.get("ENGINE") == "localstack"
COMPOSED = ON_LOCALSTACK and "E2E_ENDPOINT_URL" not in os.environ
HEADER = ["id", "number", "customerName", "status", "total", "currency"]
HEADER += ["createdAt", "dueAt"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass
class Stack:
    """A running stack, with clients for its API, its database and its mailbox."""

    laptop: Laptop
    facts: dict[str, str]
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def client(self, user: str) -> httpx.Client:
        if user not in self.clients:
            token = Issuer(self.laptop).token(user)
            self.clients[user] = self.anonymous({"Authorization": f"Bearer {token}"})
        return self.clients[user]

    def anonymous(self, headers: dict[str, str] | None = None) -> httpx.Client:
        base = f"{self.facts['api_url']}/api/"
        return httpx.Client(base_url=base, headers=headers, timeout=180)

    def sql(self, organization: str, query: str, *values: Any) -> list[Any]:
        """Query one organisation's rows as the schema's owner."""
        with connect_as_owner(self.laptop) as connection:
            cursor = connection.cursor()
            act_for(cursor, organization)
            cursor.execute(query, values)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def mails(self, run_id: str) -> list[dict[str, Any]]:
        mails = sent_mails(self.facts["mailbox_url"])
        return [mail for mail in mails if run_id in mail["BodyText"]]


@dataclass
class Tenant:
    """One test's organisation, its people and their requests."""

    id: str
    users: list[str]
    stack: Stack

    @property
    def path(self) -> str:
        return f"organizations/{self.id}/exports"

    def http(self, user: str | None = None) -> httpx.Client:
        return self.stack.client(user or self.users[0])

    def start(self, user: str | None = None, key: str | None = None) -> str:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.http(user).post(self.path, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["runId"])

    def watch(self, run_id: str) -> dict[str, Any]:
        answer = self.http().get(f"{self.path}/{run_id}")
        assert answer.status_code == 200, answer.text
        run: dict[str, Any] = answer.json()
        return run

    def wait(
        self, run_id: str, expected: str = "completed", seconds: float = 90
    ) -> dict[str, Any]:
        """Wait for the run to end; fail at once if it ends in another state."""
        deadline = time.monotonic() + seconds
        while True:
            run = self.watch(run_id)
            if run["status"] in TERMINAL:
                break
            if time.monotonic() > deadline:
                pytest.fail(f"still {run['status']}: {self.explain(run)}")
            time.sleep(0.2)
        if run["status"] != expected:
            pytest.fail(f"{run['status']}, not {expected}: {self.explain(run)}")
        return run

    def explain(self, run: dict[str, Any]) -> str:
        arn = run["executionArn"]
        why = failure_of(self.stack.laptop, arn) if arn else "no execution"
        return f"{run['error']}; {why}"

    def download(self, run_id: str) -> str:
        link = self.http().get(f"{self.path}/{run_id}/download")
        assert link.status_code == 200, link.text
        answer = httpx.get(link.json()["url"], timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.content.decode()

    def audit(self, run_id: str) -> list[dict[str, Any]]:
        answer = self.http().get(
            f"organizations/{self.id}/audit-logs", params={"limit": 100}
        )
        records = answer.json()["auditLogs"]
        return [record for record in records if record["subject"] == run_id]

    def expected_rows(self) -> Iterator[list[str]]:
        """Yield the rows the file must contain, from an independent query."""
        with connect_as_owner(self.stack.laptop) as connection:
            act_for(connection.cursor(), self.id)
            with connection.cursor("expected") as cursor:
                cursor.itersize = 20_000
                cursor.execute(
                    "SELECT id, number, customer_name, status, total, currency,"
                    " created_at, due_at FROM invoices ORDER BY created_at, id"
                )
                for id_, *texts, total, currency, created, due in cursor:
                    number, customer, status = texts
                    yield [
                        str(id_),
                        guarded(number),
                        guarded(customer),
                        status,
                        format(total, "f"),
                        guarded(currency),
                        rfc3339(created),
                        rfc3339(due),
                    ]

    def assert_file_equals_database(self, text: str) -> int:
        """Compare row by row; return the number of rows without the header."""
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert next(rows) == HEADER
        count = 0
        for row, expected in zip(rows, self.expected_rows(), strict=True):
            assert row == expected
            count += 1
        return count


def guarded(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text


def rfc3339(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A separate folder, so the tests can run while `make up` is running."""
    made = laptop_in(tmp_path_factory.mktemp("laptop"))
    if ON_LOCALSTACK:
        made = LocalStackLaptop.at(os.environ.get("E2E_ENDPOINT_URL"), made)
    yield made
    stack.down(made)
    shutil.rmtree(made.folder)


@pytest.fixture(scope="session")
def deployed_stack(laptop: Laptop) -> Iterator[Stack]:
    up = Stack(laptop, stack.up(laptop, lambda _: None))
    yield up
    for client in up.clients.values():
        client.close()


@pytest.fixture
def running_stack(deployed_stack: Stack) -> Stack:
    """The shared stack, restarted if a test stopped it and then failed."""
    laptop = deployed_stack.laptop
    engine, database = stack.engine_of(laptop), stack.postgres_of(laptop)
    if not (engine.is_up and database.is_up):
        stack.up(laptop, lambda _: None)
    return deployed_stack


@pytest.fixture
def visible_workers(running_stack: Stack) -> None:
    """Skip tests that inspect or kill function processes where there are none."""
    running_stack.client("user_alice").get("me").raise_for_status()
    seen = workers_of(running_stack.laptop, "HttpApi")
    if ON_LOCALSTACK and not seen:
        pytest.skip("functions run in containers, so their processes are hidden")
    assert seen


@pytest.fixture
def own_database(running_stack: Stack) -> Postgres:
    """A database that tests may restart."""
    database = stack.postgres_of(running_stack.laptop)
    if not isinstance(database, Postgres):
        pytest.skip("the database is external: tests cannot restart it")
    return database


@pytest.fixture
def make_tenant(running_stack: Stack) -> Callable[..., Tenant]:
    """Return a factory for organisations with members (by role) and invoices."""

    def make(
        *,
        invoices: int = 0,
        roles: tuple[str, ...] = ("owner",),
        id_: str | None = None,
    ) -> Tenant:
        slug = uuid.uuid4().hex[:10]
        organization = id_ or f"org_{slug}"
        users = [f"user_{slug}_{place}" for place in range(len(roles))]
        with connect_as_owner(running_stack.laptop) as connection:
            cursor = connection.cursor()
            act_for(cursor, organization)
            cursor.execute(
                "INSERT INTO organizations (id, name) VALUES (%s, %s)",
                [organization, f"Organisation {slug}"],
            )
            for user, role in zip(users, roles, strict=True):
                cursor.execute(
                    "INSERT INTO users (id, name, email) VALUES (%s, %s, %s)",
                    [user, user.title(), f"{user}@customers.example"],
                )
                cursor.execute(
                    "INSERT INTO members (organization_id, user_id, role)"
                    " VALUES (%s, %s, %s)",
                    [organization, user, role],
                )
            add_invoices(cursor, organization, invoices)
        return Tenant(organization, users, running_stack)

    return make


def add_invoices(cursor: psycopg.Cursor, organization: str, count: int) -> None:
    """Insert generated invoices; each timestamp is shared by up to five rows."""
    cursor.execute(
        """
        INSERT INTO invoices (organization_id, number, customer_name, status, total,
                              currency, created_at, due_at)
        SELECT %(organization)s, 'N-' || n, 'Customer "' || n %% 97 || '", Ltd.',
               'sent', round((n %% 100000) / 100.0 - 50, 2), 'EUR',
               timestamptz '2024-02-01 00:00:00Z' + (n / 5) * interval '1.000001 s',
               CASE WHEN n %% 3 = 0 THEN NULL
                    ELSE timestamptz '2024-03-01 00:00:00Z' + n * interval '1 s' END
        FROM generate_series(1, %(count)s) AS n
        """,
        {"organization": organization, "count": count},
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data kept outside the repository."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"{folder} does not exist")
    return folder
