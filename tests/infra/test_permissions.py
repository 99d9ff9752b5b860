"""Least privilege: each role allows only what its function needs."""

import json
import re

import pytest

from infra.triggers import Queue
from tests.infra.calls import Code
from tests.infra.stacks import GIVEN_DATABASE, ROWS

# IAM accepts no resource here: log delivery and traces have no ARN.
WITHOUT_A_RESOURCE = {
    "cloudwatch:DescribeAlarms",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}
# Lambda's poller uses these under the function's role.
POLL = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
# CDK grants all three to a function that sends its failures to a queue.
FAILURES = {"sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"}
# No code calls it, but without it S3 answers 403 instead of 404 for a missing part.
NEEDED_WITHOUT_A_CALL = {"compose_file": {"s3:ListBucket"}}
# In an account Lambda itself uses these under every function's role.
LAMBDA_ITSELF = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "sqs:SendMessage",
}
PLACEMENT = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
CONNECT = {"rds-db:connect"}
WITHOUT_A_RESOURCE |= PLACEMENT
MONITORING = {
    "logs:CreateLogGroup",
    "logs:PutRetentionPolicy",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
}


@pytest.fixture(scope="module")
def code():
    return Code()


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(stack, role=None):
    """Return statements of the role's policies and of bucket policies naming it."""
    policies = [
        *stack.properties("AWS::IAM::Policy"),
        *stack.properties("AWS::IAM::ManagedPolicy"),
    ]
    return [
        statement
        for policy in policies
        if role is None or {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        if role is None or meant_for(statement, role)
    ] + [statement for statement in bucket_statements(stack, role) if role]


def meant_for(statement, role):
    bound = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:PrincipalArn")
    arn = {"Fn::GetAtt": [role, "Arn"]}
    return bound is None or arn in as_list(bound)


def bucket_statements(stack, role):
    arn = {"Fn::GetAtt": [role, "Arn"]}
    return [
        statement
        for policy in stack.properties("AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if isinstance(statement["Principal"], dict)
        and arn in as_list(statement["Principal"].get("AWS"))
    ]


def role_of(function):
    return function["Properties"]["Role"]["Fn::GetAtt"][0]


def actions(stack, name):
    role = role_of(stack.functions[name])
    return {a for s in statements(stack, role) for a in as_list(s["Action"])}


def needed_by_lambda(stack, row):
    """Return the actions that Lambda itself needs under the function's role."""
    polls = any(isinstance(trigger, Queue) for trigger in row.triggers)
    needed = POLL if polls else set()
    if stack.config.account is None:
        return needed | (FAILURES if row.invoked_by_events else set())
    needed = needed | LAMBDA_ITSELF
    needed |= PLACEMENT if row.in_network else set()
    needed |= CONNECT if row.connects_as else set()
    return needed


def test_roles_allow_what_the_code_calls_and_no_more(stack, code):
    for name, row in ROWS.items():
        called = code.actions(name) | NEEDED_WITHOUT_A_CALL.get(name, set())
        found = actions(stack, name)
        wanted = called | needed_by_lambda(stack, row)
        assert found == wanted, (name, found ^ wanted)


def test_reader_finds_the_calls_of_the_code(code):
    assert code.actions("authorize") == set()
    assert code.actions("send_email") == {"ses:SendEmail"}
    assert code.actions("write_page") == {"s3:GetObject", "s3:PutObject"}


def test_no_action_is_a_wildcard(stack):
    for statement in statements(stack):
        assert not [a for a in as_list(statement["Action"]) if "*" in a]


def test_every_statement_names_its_resource(stack):
    for statement in statements(stack):
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_A_RESOURCE | MONITORING
            if stack.config.account:
                assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]


def test_users_of_the_unscoped_policy_wait_for_it(synthesised):
    # Lambda checks the role before it joins a subnet; RDS does before it monitors.
    stack = synthesised("aws")
    (policy,) = (
        policy
        for policy in stack.resources("AWS::IAM::ManagedPolicy")
        if policy["Properties"].get("Description", "").startswith("Actions that IAM")
    )
    users = [*stack.functions.values()]
    for type_ in ("AWS::StepFunctions::StateMachine", "AWS::RDS::DBInstance"):
        users += stack.resources(type_)
    for user in users:
        assert stack.logical_id(policy) in user["DependsOn"]


def test_write_page_reaches_parts_only(stack):
    role = role_of(stack.functions["write_page"])
    reached = [s for s in statements(stack, role) if "s3:" in json.dumps(s["Action"])]
    assert len(reached) == 1
    assert "/parts/*" in json.dumps(reached[0]["Resource"])


def test_mail_leaves_only_as_the_sender(stack):
    for statement in statements(stack):
        if "ses:SendEmail" in as_list(statement["Action"]):
            assert statement["Condition"] == {
                "StringEquals": {"ses:FromAddress": stack.config.sender_address}
            }


def database_users(stack, function):
    """Return whom the function may sign in to a database as."""
    resources = [
        json.dumps(resource)
        for s in statements(stack, role_of(function))
        if "rds-db:connect" in as_list(s["Action"])
        for resource in as_list(s["Resource"])
    ]
    assert "*" not in "".join(resources)
    return {re.search(r"/(\w+)\W*$", resource)[1] for resource in resources}


def test_each_function_signs_in_to_the_database_as_its_users_only(synthesised):
    stack = synthesised("aws")
    for name, function in stack.functions.items():
        role = ROWS[name].connects_as
        expected = {str(role)} if role else set()
        if name == "migrate_database":
            expected |= {"invoice_export_administrator"}
        assert database_users(stack, function) == expected


def test_nobody_signs_in_to_a_given_database_as_its_administrator(synthesised):
    stack = synthesised("aws", **GIVEN_DATABASE)
    migrating = stack.functions["migrate_database"]
    assert database_users(stack, migrating) == {"invoice_export_owner"}


def test_machine_invokes_exactly_its_steps(stack):
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    (invoke,) = (
        s
        for s in statements(stack, role)
        if "lambda:InvokeFunction" in as_list(s["Action"])
    )
    invoked = {stack.called(resource) for resource in invoke["Resource"]}
    steps = {name for name, row in ROWS.items() if row.states}
    assert invoked == {stack.logical_id(stack.functions[name]) for name in steps}
