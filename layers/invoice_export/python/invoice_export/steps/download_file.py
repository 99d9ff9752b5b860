"""Signs a download link for a finished file, for one click."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from invoice_export import formats
from invoice_export.adapters.files import Files
from invoice_export.contracts.http import DownloadLink
from invoice_export.domain.dataset import Datasets
from invoice_export.domain.keys import MANIFEST_TYPE, file_name, manifest_key
from invoice_export.domain.problem_codes import ProblemCode
from invoice_export.domain.roles import Role
from invoice_export.domain.runs import RunStatus
from invoice_export.errors import ConflictError, GoneError
from invoice_export.steps.find_run import find_status
from invoice_export.steps.require_role import require_role
from invoice_export.store import audit
from invoice_export.store.database import Database

# The link is a bearer secret: it lives only as long as a click needs.
LINK_LIFETIME = timedelta(minutes=5)


def download_file(
    db: Database,
    files: Files,
    *,
    organization_id: str,
    run_id: UUID,
    user_id: str,
    role: Role,
    recorded: bool,
) -> DownloadLink:
    """Return a signed link and, if ``recorded``, write who got it to the audit log.

    Raises :class:`NotFoundError`, :class:`ForbiddenError`, :class:`ConflictError` while
    there is no file, and :class:`GoneError` once the file has expired.
    """
    with db.tenant(organization_id) as tx:
        run = find_status(tx, run_id)
        _require_role_of(db.datasets, run.dataset, role)
        if run.status is not RunStatus.COMPLETED or run.object_key is None:
            raise ConflictError(
                f"This export is {run.status.value}: it has no file.",
                code=ProblemCode.FILE_NOT_READY,
            )
        if run.file_expires_at is None or run.file_expires_at <= datetime.now(UTC):
            raise GoneError("The file has expired. Start a new export.")
        if recorded:
            audit.append(
                tx,
                organization_id=organization_id,
                dataset=run.dataset,
                event="downloaded",
                run_id=run_id,
                actor=user_id,
            )
    filename = file_name(run.object_key)
    url, expires_at = files.signed_url(
        run.object_key,
        filename=filename,
        content_type=formats.of(run.format).media_type,
        lifetime=LINK_LIFETIME,
    )
    manifest_url = None
    if run.file_crc32 is not None:
        manifest_url, _ = files.signed_url(
            manifest_key(organization_id, run_id),
            filename=f"{filename}.manifest.json",
            content_type=MANIFEST_TYPE,
            lifetime=LINK_LIFETIME,
        )
    return DownloadLink(
        url=url, expires_at=expires_at, filename=filename, manifest_url=manifest_url
    )


def _require_role_of(datasets: Datasets, name: str, role: Role) -> None:
    """Let every member download, a viewer too, unless the dataset asks for more.

    Of a dataset that this release does not have, nobody knows what it asked for.
    """
    dataset = datasets.by_name.get(name)
    needed = dataset.role if dataset else Role.ADMIN
    if needed is not Role.MEMBER:
        require_role(role, needed)
