"""The state machine in the template."""

import json
import re
from pathlib import Path

DEFINITION = (
    Path(__file__).resolve().parents[2] / "statemachine/export_invoices.asl.json"
)


def test_every_placeholder_is_substituted(stack):
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")
    wanted = set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text()))
    assert set(machine["DefinitionSubstitutions"]) == wanted


def test_each_placeholder_is_the_function_of_its_name(stack):
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")
    for placeholder, arn in machine["DefinitionSubstitutions"].items():
        words = re.findall("[A-Z][a-z]+", placeholder.removesuffix("FunctionArn"))
        function = stack.functions["_".join(words).lower()]
        assert stack.called(arn) == stack.logical_id(function)


def test_deployed_definition_is_the_file(stack):
    (machine,) = stack.resources("AWS::StepFunctions::StateMachine")
    key = machine["Properties"]["DefinitionS3Location"]["Key"]
    (deployed,) = stack.folder.glob(f"asset.{key}")
    assert json.loads(deployed.read_text()) == json.loads(DEFINITION.read_text())


def test_machine_is_standard_and_keeps_a_log(stack):
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineType"] == "STANDARD"
    logging = machine["LoggingConfiguration"]
    if stack.config.account is None:
        assert logging["Level"] == "ERROR"
    else:
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


def test_executions_start_on_a_version_that_outlives_the_next_deployment(
    synthesised,
):
    stack = synthesised("aws")
    (machine,) = stack.resources("AWS::StepFunctions::StateMachine")
    (version,) = stack.resources("AWS::StepFunctions::StateMachineVersion")
    (alias,) = stack.properties("AWS::StepFunctions::StateMachineAlias")
    revision = {"Fn::GetAtt": [stack.logical_id(machine), "StateMachineRevisionId"]}
    assert version["Properties"]["StateMachineRevisionId"] == revision
    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"
    assert alias["DeploymentPreference"]["StateMachineVersionArn"] == {
        "Fn::GetAtt": [stack.logical_id(version), "Arn"]
    }
    for name in ("http_api", "finish_run", "reconcile_runs"):
        function = stack.functions[name]["Properties"]
        variables = function["Environment"]["Variables"]
        assert variables["STATE_MACHINE_ALIAS"] == alias["Name"]


def test_executions_start_on_the_machines_arn_through_the_alias_alone(synthesised):
    # Step Functions never compares a policy with the ARN of an alias or version.
    stack = synthesised("aws")
    (machine,) = stack.resources("AWS::StepFunctions::StateMachine")
    (alias,) = stack.properties("AWS::StepFunctions::StateMachineAlias")
    starts = [
        statement
        for policy in stack.properties("AWS::IAM::ManagedPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "states:StartExecution"
    ]
    assert len(starts) == 3
    for start in starts:
        assert start["Resource"] == {"Ref": stack.logical_id(machine)}
        assert start["Condition"] == {
            "ForAnyValue:StringEquals": {
                "states:StateMachineQualifier": [alias["Name"]]
            }
        }


def test_functions_time_out_before_their_states(stack):
    for state in tasks(json.loads(DEFINITION.read_text())):
        placeholder = state["Parameters"]["FunctionName"].strip("${}")
        words = re.findall("[A-Z][a-z]+", placeholder.removesuffix("FunctionArn"))
        function = stack.functions["_".join(words).lower()]["Properties"]
        assert function["Timeout"] + 10 <= state["TimeoutSeconds"], words


def test_send_email_waits_until_an_open_claim_has_expired(stack):
    send_email = json.loads(DEFINITION.read_text())["States"]["Send Email"]
    (retry,) = (
        r
        for r in send_email["Retry"]
        if r["ErrorEquals"] == ["EmailOutcomePendingError"]
    )
    waited = retry["IntervalSeconds"] * retry["MaxAttempts"]
    assert waited > stack.config.email_claim_seconds


def tasks(machine):
    for state in machine["States"].values():
        if state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])
        elif state["Type"] == "Task":
            yield state
