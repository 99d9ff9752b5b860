"""Reads docs/deploy.md: the commands that it tells a reader to run, and where each ran.

A command that is new on the page belongs into one of the tables.
"""

import re
import shlex
from dataclasses import dataclass

import boto3
from botocore.model import ListShape, Shape, StructureShape
from botocore.session import get_session

from local.config import ROOT

PAGE = ROOT / "docs" / "deploy.md"
# What the page says of its own commands.
ACCOUNT_SECTION = "Which commands have run"
COMMAND = r"(?:aws|npx|make) [^`\n]+"
COMMANDS = re.compile(rf"^ {{4,}}({COMMAND})$|`({COMMAND})`", re.MULTILINE)
PLACEHOLDER = re.compile(r"<[^>]+>")

# Run on LocalStack by tests/e2e/test_deploy_document.py.
ON_LOCALSTACK = (
    "make setup layers TARGET=lambda",
    "npx cdk bootstrap",
    "aws apigateway get-account",
    (
        "aws apigateway update-account --patch-operations "
        "op=replace,path=/cloudwatchRoleArn,value=<arn>"
    ),
    "aws lambda get-account-settings",
    "make -s database-setup RDS_IAM=1",
    "make smoke API=<output ApiUrl> TOKEN=<bearer token>",
    (
        "aws cloudformation update-termination-protection "
        "--no-enable-termination-protection --stack-name InvoiceExport-<name>"
    ),
)
# Not deployed: their context is read here, and tests/infra synthesises such stages.
SYNTHESISED = (
    (
        'make deploy CONTEXT="-c senderAddress=exports@your.domain '
        '-c alarmEmail=ops@your.domain"'
    ),
    'make deploy CONTEXT="-c name=staging -c senderAddress=staging@your.domain"',
)
# Run by the test, or the part of the suite, that is named.
ELSEWHERE = {
    "make cost": "tests/infra/test_cost.py",
    "make check": ".ci/run",
    "make layers TARGET=lambda": "tests/e2e/test_deploy_document.py",
    "make diff": "tests/infra/test_deploy_workflow.py",
    "make up": "tests/e2e/conftest.py",
    "make up ENGINE=localstack": "tests/e2e/conftest.py",
    "make test-e2e ENGINE=localstack": ".ci/localstack",
    "make faults": "tests/faults/test_matrix.py",
    "make test": ".ci/run",
    "make prune-versions NAME=<name>": "tests/unit/test_prune.py",
    "make prune-versions NAME=<name> DELETE=1": "tests/unit/test_prune.py",
}
# Other mentions of commands that stand in full elsewhere on the page.
SHORT = ("make deploy", "make smoke", "make database-setup")
# Only an account can show them: the beginning of the commands, and why.
ON_AN_ACCOUNT = {
    "make deploy": "is synthesised for both profiles; LocalStack fakes databases",
    "npx cdk destroy": "removes what `make deploy` made",
    "aws ec2 describe-vpc-endpoint-services": "LocalStack has no endpoint of SES",
    "aws cognito-idp admin-create-user": "LocalStack's edition has no Cognito",
    "aws cloudformation deploy": "LocalStack enforces no roles",
    "aws rds": "LocalStack's edition has no RDS",
    "aws backup start-backup-job": "LocalStack's edition has no AWS Backup",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command of the AWS CLI: a service's operation, or its waiter."""

    service: str
    operation: str
    waits: bool
    options: dict[str, object]


def commands() -> list[str]:
    """Return every command of the page once, in its order."""
    found = COMMANDS.findall(_page().replace(_section(ACCOUNT_SECTION), ""))
    return list(dict.fromkeys(indented or inline for indented, inline in found))


def told_of_accounts() -> dict[str, str]:
    """Return what the page says has not run, with the reasons."""
    row = re.compile(r"^\| `([^`]+)` \| (.+) \|$", re.MULTILINE)
    return dict(row.findall(_section(ACCOUNT_SECTION)))


def rows_of(heading: str) -> list[str]:
    """Return the first cell of each row of the tables below a heading."""
    return re.findall(r"^\| ([^|]+) \|", _section(heading), re.MULTILINE)


def _page() -> str:
    return PAGE.read_text("utf-8")


def _section(heading: str) -> str:
    """Return the text below a heading, up to the next one."""
    return _page().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def aws_call(command: str, **values: str) -> Call:
    """Read a command of the AWS CLI as botocore's models describe it.

    Raises ``ValueError`` for an option or an operation that the service does not have.
    """
    filled = PLACEHOLDER.sub(lambda name: values.get(name[0], "given"), command)
    _, service, *words = shlex.split(filled)
    waits = words[0] == "wait"
    name, *options = words[1:] if waits else words
    client = boto3.client(service, "us-east-1")  # type: ignore[call-overload]
    if waits:
        if name.replace("-", "_") not in client.waiter_names:
            raise ValueError(f"{service} has no waiter {name}")
        return Call(
            service=service, operation=name.replace("-", "_"), waits=True, options={}
        )
    operations = client.meta.method_to_api_mapping
    if name.replace("-", "_") not in operations:
        raise ValueError(f"{service} has no operation {name}")
    model = get_session().get_service_model(service)
    shape = model.operation_model(operations[name.replace("-", "_")]).input_shape
    given = _options(options, shape)
    if isinstance(shape, StructureShape):
        missing = set(shape.required_members) - set(given)
        if missing:
            raise ValueError(f"{name} needs {', '.join(sorted(missing))}")
    return Call(
        service=service,
        operation=name.replace("-", "_"),
        waits=False,
        options=given,
    )


def _options(words: list[str], shape: Shape | None) -> dict[str, object]:
    members = shape.members if isinstance(shape, StructureShape) else {}
    by_option = {_dashed(name): (name, member) for name, member in members.items()}
    given: dict[str, object] = {}
    rest = iter(words)
    for word in rest:
        if word == "--query":
            next(rest)
            continue
        option = word.removeprefix("--")
        negated = option.removeprefix("no-")
        name, member = by_option.get(option) or by_option.get(negated) or ("", None)
        if member is None:
            raise ValueError(f"no option {word}")
        if member.type_name == "boolean":
            given[name] = option in by_option
        elif isinstance(member, ListShape):
            given[name] = [_value(next(rest), member.member)]
        else:
            given[name] = next(rest)
    return given


def _value(text: str, shape: Shape) -> object:
    """Read the CLI's shorthand of a structure: ``key=value,key=value``."""
    if not isinstance(shape, StructureShape):
        return text
    return dict(pair.split("=", 1) for pair in text.split(","))


def _dashed(name: str) -> str:
    """Return the CLI's name of a parameter: ``DBName`` is db-name."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", words).lower()
