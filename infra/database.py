"""Who may connect to PostgreSQL as whom; the database itself stands elsewhere."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.config import StageConfig

APP_ROLE = "invoice_export_app"
OWNER_ROLE = "invoice_export_owner"


class Database(Construct):
    """Access by IAM token; where a password is in the URL there is nothing to grant."""

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(scope, id_)
        self._iam_auth = config.database.iam_auth

    def grant_connect(self, grantee: iam.IGrantable) -> None:
        """Connect as the application's role, which owns nothing."""
        self._grant(grantee, APP_ROLE)

    def grant_connect_as_owner(self, grantee: iam.IGrantable) -> None:
        """Connect as the schema's owner: for migrations only."""
        self._grant(grantee, OWNER_ROLE)

    def _grant(self, grantee: iam.IGrantable, role: str) -> None:
        if not self._iam_auth:
            return
        # Any database of this account and region: the URL names the host, while IAM
        # wants the resource id of a database that is not part of this stack.
        user = Stack.of(self).format_arn(
            service="rds-db",
            resource="dbuser",
            resource_name=f"*/{role}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        iam.Grant.add_to_principal(
            grantee=grantee, actions=["rds-db:connect"], resource_arns=[user]
        )
