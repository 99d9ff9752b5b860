"""`make prune-versions` on moto's Lambda and Step Functions."""

import io
import json
import re
import zipfile
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.models import StepFunctionBackend

from tools import prune

TAGS = {"project": "invoice-export", "stage": "aws"}


class Account:
    """One stage: a step with five versions, an API with three, and the machine."""

    def __init__(self) -> None:
        self.functions = boto3.client("lambda")
        self.executions = boto3.client("stepfunctions")
        iam = boto3.client("iam")
        role = iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")
        self.role = role["Role"]["Arn"]
        self.step = self.make("step", versions=5)
        self.api = self.make("api", versions=3)
        self.machine = self.executions.create_state_machine(
            name="exports",
            roleArn=self.role,
            definition=self.definition(5),
            tags=[{"key": key, "value": value} for key, value in TAGS.items()],
        )["stateMachineArn"]

    def make(self, name: str, *, versions: int, tags: dict[str, str] = TAGS) -> str:
        made = self.functions.create_function(
            FunctionName=name,
            Role=self.role,
            Runtime="python3.12",
            Handler="handler.handler",
            Code={"ZipFile": code(name, 0)},
            Tags=tags,
        )
        for number in range(1, versions + 1):
            self.functions.update_function_code(
                FunctionName=name, ZipFile=code(name, number)
            )
            self.functions.publish_version(FunctionName=name)
        arn: str = made["FunctionArn"]
        return arn

    def definition(self, version: int) -> str:
        resource = f"{self.step}:{version}"
        state = {"Type": "Task", "Resource": resource, "End": True}
        return json.dumps({"StartAt": "Step", "States": {"Step": state}})

    def release(self, version: int, *, publish: bool = False) -> str:
        """Return the ARN of the machine's version, if one is published."""
        released = self.executions.update_state_machine(
            stateMachineArn=self.machine,
            definition=self.definition(version),
            publish=publish,
        )
        return released.get("stateMachineVersionArn", "")

    def versions(self, function: str) -> list[str]:
        pages = self.functions.list_versions_by_function(FunctionName=function)
        return [page["Version"] for page in pages["Versions"]][1:]


def code(name: str, number: int) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handler.py", f"# {name} {number}")
    return archive.getvalue()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Account()


def test_first_it_only_tells(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prune.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "would delete api version 1",
        "would delete step version 1",
        "would delete step version 2",
        "would delete step version 3",
        "would delete 4 versions of 2 functions",
        "Nothing is deleted yet: add DELETE=1",
    ]
    assert len(account.versions("step")) == 5


def test_the_newest_stay(account: Account) -> None:
    assert prune.main(["--delete"]) == 0
    assert account.versions("step") == ["4", "5"]
    assert account.versions("api") == ["2", "3"]
    assert prune.main(["--delete", "--keep=1"]) == 0
    assert account.versions("step") == ["5"]


def test_versions_behind_an_alias_stay_and_those_of_its_canary(
    account: Account,
) -> None:
    account.functions.create_alias(
        FunctionName="step",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    prune.main(["--delete"])
    assert account.versions("step") == ["1", "2", "4", "5"]


@pytest.fixture
def old_execution(account: Account, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start one that began with version 2; then release version 5."""
    began_with = account.release(2, publish=True)
    started = account.executions.start_execution(stateMachineArn=account.machine)
    account.release(5)
    # moto answers with the newest definition, AWS with that of the execution.
    monkeypatch.setattr(
        StepFunctionBackend,
        "describe_state_machine_for_execution",
        lambda backend, _: backend.describe_state_machine(began_with),
    )
    arn: str = started["executionArn"]
    return arn


@pytest.mark.usefixtures("old_execution")
def test_the_version_of_a_running_execution_stays(account: Account) -> None:
    prune.main(["--delete"])
    assert account.versions("step") == ["2", "4", "5"]


def test_the_version_of_an_ended_execution_goes(
    account: Account, old_execution: str
) -> None:
    account.executions.stop_execution(executionArn=old_execution)
    prune.main(["--delete"])
    assert account.versions("step") == ["4", "5"]


def test_what_a_version_behind_the_machines_alias_calls_stays(
    account: Account,
) -> None:
    released = account.release(1, publish=True)
    route = {"stateMachineVersionArn": released, "weight": 100}
    account.executions.create_state_machine_alias(
        name="live", routingConfiguration=[route]
    )
    account.release(5)
    prune.main(["--delete"])
    assert account.versions("step") == ["1", "4", "5"]


def test_what_the_newest_definition_calls_stays_whatever_its_age(
    account: Account,
) -> None:
    account.release(1)
    prune.main(["--delete"])
    assert account.versions("step") == ["1", "4", "5"]


def test_another_stage_is_left_alone(account: Account) -> None:
    account.make("other", versions=4, tags={**TAGS, "stage": "staging"})
    prune.main(["--delete"])
    assert len(account.versions("other")) == 4


def test_a_stage_without_its_machine_loses_nothing(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.executions.delete_state_machine(stateMachineArn=account.machine)
    assert prune.main(["--delete"]) == 1
    assert re.search(
        r"error: the stage aws has 2 functions and 0 state machines",
        capsys.readouterr().err,
    )
    assert len(account.versions("step")) == 5


def test_the_newest_can_never_be_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        prune.main(["--keep=0"])
    assert "keep at least the newest" in capsys.readouterr().err
