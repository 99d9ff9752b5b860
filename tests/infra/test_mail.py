"""Who sends: an address, a domain, or an identity that the account has already."""

import json

import pytest

from infra.config import ConfigError
from tests.infra.iam import Account, Question
from tests.infra.resolved import arn
from tests.infra.stacks import config_of

SENDER = "exports@mail.sender.example"
DOMAIN = "sender.example"


def identities(stack):
    return [p["EmailIdentity"] for p in stack.properties("AWS::SES::EmailIdentity")]


def may_send(stack, *names, sender=SENDER):
    """Ask IAM about each identity, for the function that sends."""
    account = Account(stack)
    role = account.names.of(stack.functions["send_email"]["Properties"]["Role"])
    asked = [
        Question(
            principal=role,
            action="ses:SendEmail",
            resource=arn("ses", f"identity/{name}"),
            context={"ses:FromAddress": sender},
        )
        for name in names
    ]
    return [decision.allowed for decision in account.decide(asked)]


def test_an_address_is_verified_by_its_mail_unless_a_domain_is_named(synthesised):
    stack = synthesised("aws")
    assert identities(stack) == [stack.config.sender_address]


def test_a_domain_is_verified_by_dns_records_that_are_outputs(synthesise):
    stack = synthesise("aws", senderAddress=SENDER, mailDomain=DOMAIN)
    assert identities(stack) == [DOMAIN]
    (identity,) = stack.resources("AWS::SES::EmailIdentity")
    id_ = stack.logical_id(identity)
    outputs = stack.template["Outputs"]
    for number in (1, 2, 3):
        record = json.dumps(outputs[f"MailDomainRecord{number}"]["Value"])
        for part in (f"DkimDNSTokenName{number}", f"DkimDNSTokenValue{number}"):
            assert f'["{id_}", "{part}"]' in record
    assert may_send(stack, DOMAIN, SENDER, "other.example") == [True, True, False]


@pytest.mark.parametrize("existing", [DOMAIN, SENDER])
def test_a_second_stage_sends_from_the_identity_of_the_first(synthesise, existing):
    stack = synthesise("aws", senderAddress=SENDER, mailIdentity=existing)
    assert identities(stack) == []
    assert may_send(stack, existing) == [True]
    assert may_send(stack, existing, sender="ceo@sender.example") == [False]


def test_in_the_sandbox_named_recipients_are_authorised_too(synthesise):
    people = "ann@people.example, people2.example"
    stack = synthesise("aws", senderAddress=SENDER, sandboxRecipients=people)
    named = ["ann@people.example", "people2.example", "bob@people.example"]
    assert may_send(stack, *named) == [True, True, False]
    assert identities(stack) == [SENDER]


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"mailDomain": DOMAIN, "mailIdentity": DOMAIN}, "give one"),
        ({"mailDomain": "other.example"}, "is not in other.example"),
        ({"mailIdentity": "der.example"}, "is not in der.example"),
        ({"mailIdentity": "other@mail.sender.example"}, "is not in other@"),
    ],
)
def test_a_sender_that_the_identity_does_not_cover_is_a_mistake(context, told):
    with pytest.raises(ConfigError, match=told):
        config_of("aws", senderAddress=SENDER, **context)
