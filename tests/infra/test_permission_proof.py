"""IAM's own rules, applied offline: each call is allowed to whoever makes it alone."""

from itertools import product

import pytest

from tests.infra.call_table import CALLS, Places, table, via
from tests.infra.calls import Code
from tests.infra.iam import Account, Question, covers
from tests.infra.service_table import Services
from tests.infra.stacks import ROOT, ROWS

# Permissions that no call of the tables uses.
UNUSED = {
    "lambda:GetProvisionedConcurrencyConfig": "CodeDeploy makes the call on an alias, "
    "which the judge cannot tell from a version",
    "kms:*": "the account's administrators manage the key",
    "kms:DescribeKey": "AWS's documents list it; it has no encryption context, so its "
    "conditions never hold",
}


@pytest.fixture(scope="module")
def account(synthesised):
    return Account(synthesised("aws"))


@pytest.fixture(scope="module")
def places(synthesised, account):
    return Places(synthesised("aws"), account.names)


def question(places, function, call, action, resource):
    return Question(
        principal=places.role(function),
        action=action,
        resource=resource,
        context=call.context,
    )


@pytest.fixture(scope="module")
def asked(places):
    """Ask for every call: may each function make it on what each maker reaches?"""
    return [
        (call, function, question(places, function, call, action, resource))
        for call in CALLS
        for action, function in product(call.actions, sorted(ROWS))
        for resource in {call.resource(places, maker) for maker in call.by}
    ]


@pytest.fixture(scope="module")
def decided(account, asked):
    return account.decide([question for _, _, question in asked])


def test_each_call_is_allowed_to_the_functions_that_make_it_and_no_other(
    asked, decided, places
):
    wrong = []
    for (call, function, question), decision in zip(asked, decided, strict=True):
        makes_it = function in call.by and (
            call.resource(places, function) == question.resource
        )
        if decision.allowed != makes_it:
            wrong.append((function, question.action, question.resource))
    assert not wrong


def test_table_has_every_call_of_the_code():
    code = Code()
    for name in ROWS:
        listed = {
            action
            for call in CALLS
            if name in call.by and not call.why
            for action in call.actions
        }
        # The answer of ListBucket matters to compose_file, although no code asks.
        assert listed - code.actions(name) <= {"s3:ListBucket"}, name
        assert not code.actions(name) - listed, name


@pytest.fixture(scope="module")
def services(account, places):
    return Services(places, account.names).calls()


def of_services(calls, source):
    return [
        Question(
            principal=call.principal,
            action=action,
            resource=call.resource,
            context=source(call),
        )
        for call in calls
        for action in call.actions
    ]


def test_services_may_do_what_the_stage_needs_of_them(account, services):
    asked = of_services(services, lambda call: call.source)
    decisions = account.decide(asked)
    assert not [
        question
        for question, decision in zip(asked, decisions, strict=True)
        if not decision.allowed
    ]


def test_no_service_acts_for_somebody_elses_account(account, services):
    told = [call for call in services if call.of_a_stranger != call.source]
    asked = of_services(told, lambda call: call.of_a_stranger)
    decisions = account.decide(asked)
    assert not [
        question
        for question, decision in zip(asked, decisions, strict=True)
        if decision.allowed
    ]


def test_every_permission_is_used_or_has_its_reason(account, asked, decided, services):
    calls = [question for _, _, question in asked]
    calls += of_services(services, lambda call: call.source)
    decisions = [*decided, *account.decide(calls[len(decided) :])]
    used = {
        (sid, question.action)
        for question, decision in zip(calls, decisions, strict=True)
        if decision.allowed
        for sid in decision.matched
    }
    unused = [
        (action, account.statements[sid])
        for sid, action in account.permissions()
        if not any(sid == at and covers(action, call) for at, call in used)
        if action not in UNUSED
    ]
    assert not unused


def test_nobody_starts_an_execution_past_the_alias(account, places):
    asked = [
        Question(
            principal=places.role(name),
            action="states:StartExecution",
            resource=places.machine,
            context=context,
        )
        for name in ROWS
        for context in ({}, {"states:StateMachineQualifier": "1"})
    ]
    assert not [each for each in account.decide(asked) if each.allowed]


def test_mail_leaves_under_no_other_address(account, places):
    asked = [
        Question(
            principal=places.role(name),
            action="ses:SendEmail",
            resource=places.sender,
            context={"ses:FromAddress": "ceo@replace-me.invalid"},
        )
        for name in ROWS
    ]
    assert not [each for each in account.decide(asked) if each.allowed]


def test_a_link_older_than_its_signature_may_be_opens_nothing(account, places):
    (decision,) = account.decide(
        [
            Question(
                principal=places.role("http_api"),
                action="s3:GetObject",
                resource=places.file,
                context={"s3:signatureAge": "300001"},
            )
        ]
    )
    assert not decision.allowed


def test_document_shows_the_table():
    document = (ROOT / "docs" / "security.md").read_text()
    assert table() in document, f"docs/security.md needs this table:\n{table()}"


def test_copies_are_made_into_another_account_and_region(synthesised):
    key = "arn:aws:kms:eu-west-1:444455556666:key/copies"
    stack = synthesised("aws", copiesBucket="copies", copiesKeyArn=key)
    account = Account(stack)
    places = Places(stack, account.names)
    (role,) = {
        account.names.of(bucket["ReplicationConfiguration"]["Role"])
        for bucket in stack.properties("AWS::S3::Bucket")
    }
    # What the other account's key has to say.
    account.admit(
        key,
        {
            "Effect": "Allow",
            "Principal": {"AWS": role},
            "Action": "kms:Encrypt",
            "Resource": "*",
        },
    )
    read = ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging")
    wanted = [
        *((action, places.file, {}) for action in read),
        ("s3:ListBucket", places.bucket, {}),
        ("s3:GetReplicationConfiguration", places.bucket, {}),
        ("kms:Decrypt", places.key, via("s3")),
    ]
    copied = [
        ("s3:ReplicateObject", "arn:aws:s3:::copies/exports/org/file.csv", {}),
        ("s3:ReplicateDelete", "arn:aws:s3:::copies/exports/org/file.csv", {}),
        ("kms:Encrypt", key, {}),
    ]
    strays = [
        ("s3:GetObjectVersionForReplication", places.part, {}),
        ("s3:ReplicateObject", "arn:aws:s3:::another/exports/org/file.csv", {}),
        ("s3:PutObject", places.file, {}),
    ]
    asked = [
        Question(principal=role, action=action, resource=resource, context=context)
        for action, resource, context in (*wanted, *copied, *strays)
    ]
    decided = [decision.allowed for decision in account.decide(asked)]
    assert decided == [True] * len((*wanted, *copied)) + [False] * len(strays)
