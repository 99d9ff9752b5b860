"""The stack listens on loopback only, stops cleanly and restarts with its data."""

import ipaddress
import json
import subprocess
from dataclasses import replace

import psutil
import pytest

from local import stack
from local.config import ROOT
from local.engine import Engine
from local.postgres import Postgres
from local.workshop_process import WorkshopProcess
from tests.e2e.conftest import COMPOSED, ON_LOCALSTACK

FACTS = [
    *("aws_endpoint_url", "api_url", "inspector_url", "database_url"),
    *("owner_database_url", "bucket", "state_machine_arn", "mailbox_url"),
]


def family_of(laptop):
    """Return every process that the stack owns; an external engine is excluded."""
    heads = [WorkshopProcess(laptop).process]
    if not ON_LOCALSTACK:
        heads.append(Engine(laptop).process)
    database = stack.postgres_of(laptop)
    if isinstance(database, Postgres):
        heads.append(database.process)
    return [*heads, *(child for h in heads for child in h.children(recursive=True))]


def make(laptop, *arguments):
    path = f"{ROOT}/.venv/bin:/usr/local/bin:/usr/bin:/bin"
    environment = laptop.environment | {"PATH": path}
    return subprocess.run(
        ["make", "-s", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_stack_file_holds_the_promised_facts(running_stack):
    facts = json.loads(running_stack.laptop.stack_file.read_text())
    assert list(facts)[: len(FACTS)] == FACTS
    assert all(facts.values())
    assert not facts["api_url"].endswith("/")


def test_every_socket_listens_on_loopback_only(make_tenant):
    acme = make_tenant(invoices=60)
    acme.wait(acme.start())
    listening = {
        (process.name(), connection.laddr)
        for process in family_of(acme.stack.laptop)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    laptop = acme.stack.laptop
    expected = {laptop.workshop_port}
    if not ON_LOCALSTACK:
        expected.add(laptop.engine_port)
    if isinstance(stack.postgres_of(laptop), Postgres):
        expected.add(laptop.database_port)
    assert {address.port for _, address in listening} == expected
    for name, address in listening:
        assert ipaddress.ip_address(address.ip).is_loopback, (name, address)


@pytest.mark.skipif(COMPOSED, reason="containers keep no data")
def test_stop_leaves_nothing_and_the_next_start_has_the_data(make_tenant):
    acme = make_tenant(invoices=60)
    run = acme.wait(acme.start())
    before = acme.download(run["runId"])
    laptop = acme.stack.laptop
    processes = family_of(laptop)
    stack.down(laptop)
    # The init process may take a moment to reap the orphans.
    assert psutil.wait_procs(processes, timeout=5)[1] == []
    assert not (laptop.folder / "engine" / "tmp").exists()
    steps = []
    assert stack.up(laptop, steps.append) == acme.stack.facts
    assert "CDK deploy" not in steps
    assert acme.download(run["runId"]) == before
    again = make_tenant(invoices=10)
    again.wait(again.start())


@pytest.mark.skipif(ON_LOCALSTACK, reason="kills the embedded engine's process")
def test_killed_engine_starts_again_with_its_deployment(make_tenant):
    acme = make_tenant(invoices=10)
    laptop = acme.stack.laptop
    engine = Engine(laptop).process
    orphans = engine.children(recursive=True)
    engine.kill()
    engine.wait(timeout=10)
    steps = []
    assert stack.up(laptop, steps.append) == acme.stack.facts
    assert "CDK deploy" not in steps
    assert psutil.wait_procs(orphans, timeout=10)[1] == []
    acme.wait(acme.start())


def test_token_is_printed_and_nothing_else(running_stack):
    for arguments in (("token",), ("token", "AS=user_bob")):
        printed = make(running_stack.laptop, *arguments)
        assert printed.returncode == 0, printed.stderr
        assert printed.stdout.count(".") == 2
        assert len(printed.stdout.split()) == 1
        with running_stack.anonymous(
            {"Authorization": f"Bearer {printed.stdout.strip()}"}
        ) as http:
            assert http.get("me").json()["memberships"]


def test_demo_shows_everything_and_reuses_todays_export(running_stack):
    for reused in (False, True):
        shown = make(running_stack.laptop, "demo")
        assert shown.returncode == 0, shown.stderr + shown.stdout
        assert ("Today's export is reused" in shown.stdout) == reused
        for word in (
            "240 rows",
            "alice@acme.example",
            "export.invoices.completed",
            running_stack.facts["inspector_url"],
            "make down",
            "id,number,customerName,status,total,currency,createdAt,dueAt",
        ):
            assert word in shown.stdout


@pytest.mark.parametrize("target", ["seed", "reset", "load"])
def test_command_without_a_stack_says_what_to_do(laptop, tmp_path, target):
    nowhere = replace(laptop, folder=tmp_path, database_port=1)
    told = make(nowhere, target, "FILE=/dev/null", "ORG=org_x")
    assert told.returncode != 0
    assert "run `make up`" in told.stderr
