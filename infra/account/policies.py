"""Turns the inline policies that CDK's grants write into managed ones."""

from aws_cdk import aws_iam as iam
from constructs import Construct


def manage_policies(scope: Construct) -> None:
    """Give every policy below ``scope`` a life of its own beside its roles.

    NIST 800-53 wants policies that can be listed and versioned. The document and the
    dependencies stay what they are: only the resource in the construct changes.
    """
    for policy in scope.node.find_all():
        if not isinstance(policy, iam.Policy):
            continue
        inline = policy.node.default_child
        assert isinstance(inline, iam.CfnPolicy)  # noqa: S101
        policy.node.try_remove_child(inline.node.id)
        if not policy.document.is_empty:
            iam.CfnManagedPolicy(
                policy,
                "Managed",
                policy_document=policy.document,
                roles=inline.roles,
            )
