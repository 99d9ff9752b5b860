"""The names of objects in S3 and of links; every name is derived, none is random."""

from datetime import date
from urllib.parse import urlencode
from uuid import UUID


def parts_prefix(organization_id: str, run_id: UUID) -> str:
    """Return the folder of a run's parts."""
    return f"parts/{organization_id}/{run_id}/"


def part_key(
    organization_id: str, run_id: UUID, page: int, extension: str = "csv"
) -> str:
    """Return the key of the part that holds ``page``, counted from 1."""
    return f"{parts_prefix(organization_id, run_id)}{page:05}.{extension}"


def file_prefix(organization_id: str, run_id: UUID) -> str:
    """Return the folder of a run's file."""
    return f"exports/{organization_id}/{run_id}/"


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
