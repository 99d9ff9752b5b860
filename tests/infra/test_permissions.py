"""Least privilege: what each role may do, and that it may do no more."""

import json

import pytest

from tests.infra.calls import Code

# IAM takes no narrower resource for these: log delivery and traces have no ARN.
WITHOUT_A_RESOURCE = {
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
START = {"states:StartExecution"}
INSPECT = {
    "states:GetExecutionHistory",
    "states:StopExecution",
    "states:DescribeStateMachine",
    "states:DescribeStateMachineForExecution",
}
ABORT = {"s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"}
CLEAN_UP = ABORT | {"s3:ListBucket", "s3:DeleteObject"}
SEND = {"ses:SendEmail"}
# What Lambda's poller does in the function's name.
CONSUME = {
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
}
QUEUE = {"sqs:SendMessage"}
FAILURES = QUEUE | {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"}
ALLOWED = {
    "authorize": set(),
    "http_api": START | INSPECT | CLEAN_UP | {"s3:GetObject"},
    "plan_pages": set(),
    "write_page": {"s3:GetObject", "s3:PutObject"},
    "compose_file": ABORT | {"s3:GetObject", "s3:PutObject", "s3:ListBucket"},
    "send_email": SEND,
    "finish_run": START | ABORT,
    "reconcile_runs": (
        START | {"states:DescribeExecution"} | CLEAN_UP | SEND | QUEUE | FAILURES
    ),
    "record_email_events": CONSUME,
    "deliver_events": CONSUME | {"events:PutEvents"},
    "migrate_database": set(),
}
# What Lambda itself needs of every function in an account: logs, traces, a place in
# the network, the queue for what fails, and its key.
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
OUTSIDE = {"authorize", "deliver_events"}
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
    """Those of a role's policies, and those of buckets that name the role."""
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


def test_roles_allow_what_the_code_calls_and_no_more(stack):
    for name, expected in ALLOWED.items():
        allowed = set(expected)
        if stack.config.account:
            allowed |= LAMBDA_ITSELF
            allowed |= set() if name in OUTSIDE else PLACEMENT | CONNECT
            allowed |= {"kms:Decrypt"} if expected >= CONSUME else set()
            # The queue's own grants, where Lambda's dead letters do not do it.
            allowed -= FAILURES - QUEUE if name == "reconcile_runs" else set()
        found = actions(stack, name)
        assert found == allowed, (name, found ^ allowed)


# Without it S3 says 403 of a part that is gone, and not 404: no call, but needed.
NEEDED_WITHOUT_A_CALL = {"compose_file": {"s3:ListBucket"}}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_is_what_the_code_itself_calls(code, name):
    for_aws_itself = CONSUME | FAILURES - QUEUE
    expected = ALLOWED[name] - for_aws_itself - NEEDED_WITHOUT_A_CALL.get(name, set())
    assert code.actions(name) == expected


def test_no_action_is_a_wildcard(stack):
    for statement in statements(stack):
        assert not [a for a in as_list(statement["Action"]) if "*" in a]


def test_every_statement_names_its_resource(stack):
    for statement in statements(stack):
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_A_RESOURCE | MONITORING
            if stack.config.account:
                assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]


def test_write_page_reaches_parts_only(stack):
    role = role_of(stack.functions["write_page"])
    reached = [s for s in statements(stack, role) if "s3:" in json.dumps(s["Action"])]
    assert len(reached) == 1
    assert "/parts/*" in json.dumps(reached[0]["Resource"])


def test_mail_leaves_as_the_sender_only(stack):
    for statement in statements(stack):
        if "ses:SendEmail" in as_list(statement["Action"]):
            assert statement["Condition"] == {
                "StringEquals": {"ses:FromAddress": stack.config.sender_address}
            }


def test_database_tokens_are_for_one_role_each(synthesised):
    stack = synthesised("aws")
    for name, function in stack.functions.items():
        users = [
            json.dumps(s["Resource"])
            for s in statements(stack, role_of(function))
            if "rds-db:connect" in as_list(s["Action"])
        ]
        if name in OUTSIDE:
            assert users == []
        else:
            owner = name == "migrate_database"
            role = "invoice_export_owner" if owner else "invoice_export_app"
            assert len(users) == 1
            assert f"/{role}" in users[0]
            assert "*" not in users[0]


def test_machine_invokes_exactly_its_steps(stack):
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    (invoke,) = (
        s
        for s in statements(stack, role)
        if "lambda:InvokeFunction" in as_list(s["Action"])
    )
    invoked = {resource["Fn::GetAtt"][0] for resource in invoke["Resource"]}
    steps = ("plan_pages", "write_page", "compose_file", "send_email", "finish_run")
    assert invoked == {stack.logical_id(stack.functions[name]) for name in steps}
