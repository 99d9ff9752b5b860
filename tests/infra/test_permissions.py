"""Least privilege: what each role may do, and that it may do no more."""

import json

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
WATCH_AND_STOP = {
    "states:DescribeExecution",
    "states:GetExecutionHistory",
    "states:StopExecution",
}
INSPECT = {
    "states:DescribeStateMachine",
    "states:DescribeStateMachineForExecution",
}
ABORT = {"s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"}
CLEAN_UP = ABORT | {"s3:ListBucket", "s3:DeleteObject"}
SEND = {"ses:SendEmail", "ses:SendRawEmail"}
CONSUME = {
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
}
LEAVE_TO_PEOPLE = {"sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"}
ALLOWED = {
    "authorize": set(),
    "http_api": START | WATCH_AND_STOP | INSPECT | CLEAN_UP | {"s3:GetObject"},
    "plan_pages": set(),
    "write_page": {"s3:GetObject", "s3:PutObject"},
    "compose_file": ABORT | {"s3:GetObject", "s3:PutObject", "s3:ListBucket"},
    "send_email": SEND,
    "finish_run": START | ABORT,
    "reconcile_runs": START | WATCH_AND_STOP | CLEAN_UP | SEND | LEAVE_TO_PEOPLE,
    "record_email_events": CONSUME,
    "migrate_database": set(),
}
# What every function of the aws stage may do besides.
EVERYWHERE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "rds-db:connect"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(stack, role=None):
    return [
        statement
        for policy in stack.properties("AWS::IAM::Policy")
        if role is None or {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def role_of(function):
    return function["Properties"]["Role"]["Fn::GetAtt"][0]


def actions(stack, name):
    role = role_of(stack.functions[name])
    return {a for s in statements(stack, role) for a in as_list(s["Action"])}


def test_roles_allow_what_the_code_calls_and_no_more(stack):
    for name, expected in ALLOWED.items():
        assert actions(stack, name) - EVERYWHERE == expected, name


def test_no_action_is_a_wildcard(stack):
    for statement in statements(stack):
        assert not [a for a in as_list(statement["Action"]) if "*" in a]


def test_every_statement_names_its_resource(stack):
    for statement in statements(stack):
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_A_RESOURCE


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
        if name == "authorize":
            assert users == []
        else:
            owner = name == "migrate_database"
            role = "invoice_export_owner" if owner else "invoice_export_app"
            assert len(users) == 1
            assert f"*/{role}" in users[0]


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
