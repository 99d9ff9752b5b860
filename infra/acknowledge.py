"""Findings of the gates that we live with: few, and each with its reason.

A gate is answered by changing what it found. Only what cannot be changed is
acknowledged, next to its construct; a test counts what that hides, by rule and
resource.
"""

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, *rules: str, reason: str) -> None:
    """Accept one finding of ``construct``, by the names that the gates give it.

    cdk-nag and checkov report some things both; that is one finding.
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
