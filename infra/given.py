"""What a stage is given: a network, a database, and who signs its tokens."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DatabaseAccess:
    """How to connect to PostgreSQL, as the application and as the schema's owner.

    Only a database of the stack's own has an administrator that we know.
    """

    url: str
    owner_url: str
    administrator_url: str = ""
    # Sign in with 15-minute tokens; the URL holds no password.
    iam_auth: bool


@dataclass(frozen=True, kw_only=True)
class TokenIssuer:
    """Whose bearer tokens the API accepts."""

    issuer: str
    audience: str
    jwks_url: str


@dataclass(frozen=True, kw_only=True)
class GivenNetwork:
    """An existing VPC, whose private subnets reach the services that we call."""

    vpc_id: str
    private_subnet_ids: tuple[str, ...]
    availability_zones: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GivenDatabase:
    """An existing PostgreSQL, with IAM authentication and an id for each role.

    IAM knows a URL's host by its resource id (``db-…``, ``prx-…``).
    """

    app_url: str
    owner_url: str
    app_resource_id: str
    owner_resource_id: str
    security_group_id: str
    ports: tuple[int, ...]
