"""What passes the endpoints of our network: our own calls, and answers to AWS."""

from dataclasses import replace

import pytest

from tests.infra.call_table import CALLS, Places
from tests.infra.iam import Account, Question
from tests.infra.resolved import ACCOUNT, REGION
from tests.infra.stacks import ROWS

STRANGER = "999988887777"
OWN = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}
# Endpoints with a policy: AWS does not document that SES's takes one.
SERVICES = {"s3", "sqs", "states"}


@pytest.fixture(scope="module")
def account(synthesised):
    return Account(synthesised("aws"))


@pytest.fixture(scope="module")
def passing(synthesised, account):
    """Return every call that a function in the network makes through an endpoint."""
    places = Places(synthesised("aws"), account.names)
    return [
        Question(
            principal=places.role(maker),
            action=action,
            resource=call.resource(places, maker),
            context={**call.context, **OWN},
            endpoint=action.partition(":")[0],
        )
        for call in CALLS
        if not call.why
        for action in call.actions
        for maker in call.by
        if ROWS[maker].in_network and action.partition(":")[0] in SERVICES
    ]


def test_every_call_of_the_code_passes_its_endpoint(account, passing):
    assert {question.endpoint for question in passing} == SERVICES
    refused = [
        question
        for question, decision in zip(passing, account.decide(passing), strict=True)
        if not decision.allowed
    ]
    assert refused == []


@pytest.mark.parametrize("key", sorted(OWN))
def test_no_call_passes_for_or_to_another_account(account, passing, key):
    strange = [
        replace(question, context={**question.context, key: STRANGER})
        for question in passing
    ]
    assert not [each for each in account.decide(strange) if each.allowed]


@pytest.mark.parametrize(
    ("region", "passes"), [(REGION.replace("-", ""), True), (f"{REGION}-evil", False)]
)
def test_the_migrations_answer_passes_to_cloudformations_bucket(
    account, region, passes
):
    bucket = f"arn:aws:s3:::cloudformation-custom-resource-response-{region}"
    # CloudFormation signed the URL. IAM asks for no policy of its role, because role
    # and bucket are of one account here. The endpoint is told the accounts themselves.
    signer = f"arn:aws:iam::{ACCOUNT}:role/cloudformation"
    account.admit(
        bucket,
        {
            "Effect": "Allow",
            "Principal": {"AWS": signer},
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/*",
        },
    )
    answer = Question(
        principal=signer,
        action="s3:PutObject",
        resource=f"{bucket}/answer",
        context={"aws:PrincipalAccount": STRANGER, "aws:ResourceAccount": STRANGER},
        endpoint="s3",
    )
    # The signer may: nothing but the way there is in question.
    directly, through = account.decide([replace(answer, endpoint=""), answer])
    assert (directly.allowed, through.allowed) == (True, passes)
