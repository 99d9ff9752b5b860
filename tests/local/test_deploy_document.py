"""docs/deploy.md: each of its commands has run, or says why it has not."""

import re
import shlex

import pytest

from infra.context import AWS_CONTEXT, aws_config
from local.config import ROOT
from tests.deploying import (
    ELSEWHERE,
    ON_AN_ACCOUNT,
    ON_LOCALSTACK,
    SHORT,
    SYNTHESISED,
    aws_call,
    commands,
    rows_of,
    told_of_accounts,
)

TABLES = {*ON_LOCALSTACK, *SYNTHESISED, *ELSEWHERE, *SHORT}
OF_AWS = [command for command in commands() if command.startswith("aws ")]
# No operation of a service: the CLI makes it of several.
COMPOSED = "aws cloudformation deploy"
TARGET = re.compile(r"^([a-z0-9-]+):", re.MULTILINE)


def on_an_account(command: str) -> bool:
    return any(command.startswith(beginning) for beginning in ON_AN_ACCOUNT)


@pytest.mark.parametrize("command", commands())
def test_command_has_run_or_says_why_not(command: str) -> None:
    assert command in TABLES or on_an_account(command)


def test_tables_hold_commands_of_the_page_only() -> None:
    assert set(commands()) >= TABLES
    for beginning in ON_AN_ACCOUNT:
        assert any(command.startswith(beginning) for command in commands())


def test_page_tells_which_commands_only_an_account_can_show() -> None:
    assert told_of_accounts() == ON_AN_ACCOUNT


@pytest.mark.parametrize("file", sorted(set(ELSEWHERE.values())))
def test_file_that_runs_a_command_exists(file: str) -> None:
    assert (ROOT / file).exists()


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith("make ")])
def test_make_has_the_target(command: str) -> None:
    words = [w for w in shlex.split(command)[1:] if "=" not in w and w[0] != "-"]
    words = [word for word in words if not re.fullmatch(r"\w+>", word)]
    assert words
    assert set(words) <= set(TARGET.findall((ROOT / "Makefile").read_text()))


@pytest.mark.parametrize("command", OF_AWS)
def test_operation_takes_the_options(command: str) -> None:
    if command.startswith(COMPOSED):
        _, template, *_ = command.partition("--template-file ")[2].partition(" ")
        assert (ROOT / "deploy" / "github-roles.yaml").exists(), template
        return
    call = aws_call(command)
    assert call.operation


def test_an_option_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(ValueError, match="no option --no-such-thing"):
        aws_call("aws rds describe-db-instances --no-such-thing")
    with pytest.raises(ValueError, match="rds has no operation drop-everything"):
        aws_call("aws rds drop-everything")
    with pytest.raises(ValueError, match="needs DBInstanceIdentifier"):
        aws_call("aws rds modify-db-instance --no-deletion-protection")


@pytest.mark.parametrize("command", SYNTHESISED)
def test_deployment_takes_the_keys(command: str) -> None:
    (given,) = [
        word.removeprefix("CONTEXT=") for word in shlex.split(command) if "=" in word
    ]
    context = dict(re.findall(r"-c (\w+)=(\S+)", given))
    assert set(context) <= set(AWS_CONTEXT)
    assert aws_config(context).sender_address == context["senderAddress"]


def test_page_lists_every_option_of_a_deployment() -> None:
    cells = [*rows_of("The deployment"), *rows_of("Profiles")]
    listed = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert listed == set(AWS_CONTEXT)
