"""The table of functions: a new function needs only a row."""

import json

import pytest
from aws_cdk import aws_lambda as lambda_

from infra import environment as env
from infra import functions
from infra.database import DatabaseRole
from infra.lambdas import LAMBDAS, Lambda
from infra.triggers import Queue, Schedule
from tests.infra.stacks import ROWS
from tests.infra.test_permissions import actions
from tests.infra.test_rules import rules
from tests.workflow.machine import TASKS, placeholder

NEW = Lambda(
    name="delete_drafts",
    memory_mb=256,
    timeout_seconds=20,
    concurrency=(3, 2),
    layers=("tokens",),
    connects_as=DatabaseRole.APP,
    triggers=(
        Schedule("Drafts", minutes=60, description="Deletes drafts"),
        Queue("Deletions", attempts=4),
    ),
    environment=(env.files,),
    may=lambda parts: (parts.files.grant_clean_up,),
)


@pytest.fixture(scope="module", params=["local", "aws"])
def extended(request, synthesise, tmp_path_factory):
    """A stage with one extra row in its table."""
    folder = tmp_path_factory.mktemp(NEW.name)
    (folder / "handler.py").write_text("def handler(event, context): ...\n")
    real = functions.function_code

    def function_code(scope, name, **options):
        if name == NEW.name:
            return lambda_.Code.from_asset(str(folder))
        return real(scope, name, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "function_code", function_code)
        patch.setattr(functions, "LAMBDAS", (*LAMBDAS, NEW))
        yield synthesise(request.param)


def test_a_row_is_all_that_a_new_function_needs(extended):
    function = extended.functions[NEW.name]["Properties"]
    assert (function["MemorySize"], function["Timeout"]) == (256, 20)
    assert len(function["Layers"]) == 3
    variables = function["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == NEW.name
    assert {"DATABASE_URL", "FILES_BUCKET"} <= set(variables)
    assert {"s3:DeleteObject", "sqs:ReceiveMessage"} <= actions(extended, NEW.name)
    assert "LogGroup" in function["LoggingConfig"]
    rule = rules(extended, "ScheduleExpression")[NEW.name]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    id_ = extended.logical_id(extended.functions[NEW.name])
    mappings = extended.properties("AWS::Lambda::EventSourceMapping")
    assert id_ in [extended.called(mapping["FunctionName"]) for mapping in mappings]
    queues = extended.properties("AWS::SQS::Queue")
    assert 6 * NEW.timeout_seconds in [q.get("VisibilityTimeout") for q in queues]


@pytest.mark.parametrize("extended", ["aws"], indirect=True)
def test_an_account_treats_a_new_function_like_any_other(extended):
    resource = extended.functions[NEW.name]
    function = resource["Properties"]
    assert function["ReservedConcurrentExecutions"] == NEW.reserved(small=False)
    assert {"VpcConfig", "DeadLetterConfig", "KmsKeyArn"} <= set(function)
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert "rds-db:connect" in actions(extended, NEW.name)
    (applied,) = extended.resources("Custom::DatabaseMigration")
    assert extended.logical_id(applied) in resource["DependsOn"]
    (alarm,) = (
        alarm
        for alarm in extended.properties("AWS::CloudWatch::Alarm")
        if "FunctionsFailing" in alarm["AlarmDescription"]
    )
    assert extended.logical_id(resource) in json.dumps(alarm["Metrics"])


def test_functions_with_the_database_are_in_the_network():
    assert all(row.in_network for row in LAMBDAS if row.connects_as)


def test_table_names_the_states_that_invoke_each_function():
    served = {(name, f"{row.id}Arn") for row in ROWS.values() for name in row.states}
    assert served == {(name, placeholder(task)) for name, task in TASKS.items()}
