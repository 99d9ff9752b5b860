"""Accepts the few findings of the gates that nobody can fix, each with its reason.

The answer to a finding is to fix it. An acknowledgement stands next to its construct,
and a test counts what all of them hide, by rule and resource.
"""

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, *rules: str, reason: str) -> None:
    """Accept one finding of ``construct``, by the names that the gates give it.

    What both cdk-nag and checkov report is one finding with two names.
    """
    for rule in rules:
        if rule.startswith("CKV"):
            _skip_checkov(construct, rule, reason)
        else:
            Validations.of(construct).acknowledge(
                Acknowledgment(id=rule, reason=reason)
            )


def _skip_checkov(construct: IConstruct, rule: str, reason: str) -> None:
    resource = construct.node.default_child or construct
    assert isinstance(resource, CfnResource)  # noqa: S101
    known = resource.get_metadata("checkov") or {"skip": []}
    known["skip"].append({"id": rule, "comment": reason})
    resource.add_metadata("checkov", known)
