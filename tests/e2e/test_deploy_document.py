"""The commands of docs/deploy.md that LocalStack can run, in the page's order."""

import os
import shlex
import subprocess
import sys

import pytest

from local.aws import CREDENTIALS, REGION, aws_client
from local.config import ROOT
from tests.deploying import ON_LOCALSTACK as COMMANDS
from tests.deploying import aws_call, commands
from tests.e2e.conftest import COMPOSED, ON_LOCALSTACK
from tests.e2e.test_stack import make

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not ON_LOCALSTACK, reason="the page is walked on LocalStack"),
    pytest.mark.skipif(COMPOSED, reason="what Docker Compose starts has not been run"),
]
WALKED = [command for command in commands() if command in COMMANDS]
# What stands in angle brackets, for this stack.
VALUES = {
    "<arn>": "arn:aws:iam::000000000000:role/logs",
    "<name>": "localstack",
}
# What botocore's answer must hold.
ANSWERS = {
    "get_account": "throttleSettings",
    "update_account": "cloudwatchRoleArn",
    "get_account_settings": "AccountLimit",
    "update_termination_protection": "StackId",
}


def run(laptop, command):
    """Run a line as a reader's shell would, with the engine for AWS."""
    done = subprocess.run(
        shlex.split(command),
        cwd=ROOT,
        env={
            **os.environ,
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": laptop.engine_url,
            "AWS_DEFAULT_REGION": REGION,
            "PYTHON": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def ask(laptop, command):
    call = aws_call(command, **VALUES)
    answer = getattr(aws_client(laptop, call.service), call.operation)(**call.options)
    assert ANSWERS[call.operation] in answer


def smoke(tenant):
    token = tenant.http().headers["authorization"].removeprefix("Bearer ")
    api = f"API={tenant.stack.facts['api_url']}"
    done = make(tenant.stack.laptop, "smoke", api, f"TOKEN={token}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", WALKED)
def test_command_of_the_page_runs(make_tenant, command):
    tenant = make_tenant(invoices=20)
    laptop = tenant.stack.laptop
    match shlex.split(command)[:2]:
        case ["aws", _]:
            ask(laptop, command)
        case ["make", "smoke"]:
            smoke(tenant)
        case ["make", "-s"]:
            assert "GRANT rds_iam TO" in run(laptop, command)
        case ["make", "setup"] | ["npx", "cdk"]:
            run(laptop, command)
