"""Creates the clients of AWS; only this module does.

botocore loads with the first client: it takes as long to import as all the rest of a
step, and a step whose work is done already calls nothing. Of boto3 only the client
would be of use, so it stays out.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from snapshot_restore_py import register_before_snapshot

if TYPE_CHECKING:
    from botocore.session import Session


def make_client(
    service: str, *, attempts: int = 3, read_timeout: int = 60, **options: Any
) -> Any:
    """Return a client with short waits and a few quick retries.

    The state machine does the patient ones.
    """
    config = import_module("botocore.config").Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=read_timeout,
        **options,
    )
    return session().create_client(service, config=config)


def prepare_client(service: str) -> None:
    """Have a snapshot hold what a client of this service is made of."""
    register_before_snapshot(_describe, service)


def _describe(service: str) -> None:
    import_module("botocore.client")
    loader = session().get_component("data_loader")
    loader.load_service_model(service, "service-2")
    loader.load_service_model(service, "endpoint-rule-set-1")
    for shared in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(shared)


@cache
def session() -> "Session":
    """Return the one session, whose clients share what they read of AWS's services."""
    made: Session = import_module("botocore.session").get_session()
    return made
