"""Finds or creates an organisation, and a user who can export from it."""

from local.errors import LaptopError
from local.loader.organizations import Organization, digest
from local.loader.staging import Staging
from local.tenancy import act_for

USER_ID_LENGTH = 64


def enter(staging: Staging, organization: Organization) -> bool:
    """Act for an organisation from here on; return whether it is new.

    Raises LaptopError if another organisation has the id that the name makes.
    """
    act_for(staging.cursor, organization.id)
    known = staging.first("get_organization", organization=organization.id)
    if known is None:
        staging.execute(
            "insert_organization", organization=organization.id, name=organization.name
        )
    elif organization.id_from_name and known["name"] != organization.name:
        raise LaptopError(
            f"{organization.name!r} in the file may be the existing organisation"
            f" {known['name']!r} ({organization.id}). If it is, say"
            f' --org "{organization.name}={organization.id}"; if not, choose an id.'
        )
    return known is None


def exporter(staging: Staging, organization_id: str) -> str:
    """Return a member who can export; create an owner if there is none."""
    known = staging.first("find_exporter")
    if known:
        return str(known["user_id"])
    user = _new_user(staging, organization_id)
    staging.execute("insert_owner", organization=organization_id, user=user)
    return user


def _new_user(staging: Staging, organization_id: str) -> str:
    """Create a user for this organisation only, never another one's owner."""
    slug = organization_id.removeprefix("org_")
    for name in (slug, digest(organization_id)):
        user = f"user_{name}"
        about = {
            "user": user,
            "name": f"Owner of {organization_id}",
            "email": f"{name}@customers.example",
        }
        if len(user) <= USER_ID_LENGTH and (
            staging.execute("insert_user", **about)
            or staging.first("is_same_user", **about) is not None
        ):
            return user
    raise LaptopError(f"The users for {organization_id} are taken by others.")
