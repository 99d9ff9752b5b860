"""Signs passwords for RDS IAM authentication."""

from importlib import import_module
from urllib.parse import urlencode

from invoice_export.wiring.clients import session
from invoice_export.wiring.snapshots import prepare_module

prepare_module("botocore.session")
prepare_module("botocore.signers")

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
LIFETIME_SECONDS = 900


def rds_password(*, host: str, port: int, user: str) -> str:
    """Sign a password that is valid for 15 minutes.

    It is the one of ``generate_db_auth_token``, without the client of RDS that has this
    method: the client reads a description of the service of more than a megabyte.
    """
    here = session()
    signer = import_module("botocore.signers").RequestSigner(
        service_id=import_module("botocore.model").ServiceId("RDS"),
        region_name=here.get_config_variable("region"),
        signing_name="rds-db",
        signature_version="v4",
        credentials=here.get_credentials(),
        event_emitter=here.get_component("event_emitter"),
    )
    query = urlencode({"Action": "connect", "DBUser": user})
    url: str = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"https://{host}:{port}/?{query}",
            "headers": {},
            "body": {},
            "context": {},
        },
        operation_name="connect",
        expires_in=LIFETIME_SECONDS,
        signing_name="rds-db",
    )
    return url.removeprefix("https://")
