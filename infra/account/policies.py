"""Turns the inline policies of CDK's grants into managed ones."""

from aws_cdk import aws_iam as iam
from constructs import Construct


def manage_policies(scope: Construct) -> None:
    """Replace every inline policy below ``scope`` by a managed one.

    NIST 800-53 asks for policies that can be listed and versioned. Documents and
    dependencies stay the same: only the resource in each construct changes.
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
