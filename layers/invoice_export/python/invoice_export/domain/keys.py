"""The names of objects in S3 and of links; every name is derived, none is random."""

from datetime import date
from hashlib import sha256
from urllib.parse import quote, urlencode
from uuid import UUID

# A key has 1,024 bytes at most, and an encoded character takes up to 12.
MAX_ENCODED = 512
MANIFEST_TYPE = "application/json"


def parts_prefix(organization_id: str, run_id: UUID) -> str:
    """Return the folder of a run's parts."""
    return f"parts/{_folder(organization_id)}/{run_id}/"


def part_key(
    organization_id: str, run_id: UUID, page: int, extension: str = "csv"
) -> str:
    """Return the key of the part that holds ``page``, counted from 1."""
    return f"{parts_prefix(organization_id, run_id)}{page:05}.{extension}"


def file_prefix(organization_id: str, run_id: UUID) -> str:
    """Return the folder of a run's file."""
    return f"exports/{_folder(organization_id)}/{run_id}/"


def file_key(
    organization_id: str,
    run_id: UUID,
    *,
    dataset: str,
    day_bucket: date,
    extension: str = "csv",
) -> str:
    """Return the key of a run's file."""
    name = f"{dataset}-{day_bucket.isoformat()}.{extension}"
    return file_prefix(organization_id, run_id) + name


def file_name(object_key: str) -> str:
    """Return the name under which the file of this key is saved."""
    return object_key.rpartition("/")[2]


def manifest_key(organization_id: str, run_id: UUID) -> str:
    """Return the key of the manifest, in the file's folder."""
    return file_prefix(organization_id, run_id) + "manifest.json"


def app_link(base_url: str, organization_id: str, run_id: UUID) -> str:
    """Return the link to the run in the inspector, which asks for sign-in."""
    query = urlencode({"organization": organization_id, "run": str(run_id)})
    return f"{base_url.rstrip('/')}/inspector?{query}"


def _folder(organization_id: str) -> str:
    """Return the id as a folder: two ids never have one folder.

    An encoded id has no tilde, so it never looks like the digest of a long one.
    """
    encoded = quote(organization_id, safe="").replace(".", "%2E").replace("~", "%7E")
    if len(encoded) > MAX_ENCODED:
        return f"~{sha256(organization_id.encode()).hexdigest()}"
    return encoded
