"""One export with the Python client that is generated from docs/openapi.json.

Writes the file to the standard output.
"""

import os
import sys
import time
from http import HTTPStatus

import httpx
from export_client import AuthenticatedClient
from export_client.api.exports import get_download_link, get_export, start_export
from export_client.models import (
    DownloadLink,
    ExportStatus,
    InvoicesColumn,
    InvoicesExportRequest,
    InvoicesFilters,
    NumberRange,
    RunStatus,
    StartExportResponse,
)
from export_client.types import UNSET, Unset

ACTIVE = {RunStatus.QUEUED, RunStatus.RUNNING}
REQUEST = InvoicesExportRequest(
    columns=[InvoicesColumn.NUMBER, InvoicesColumn.TOTAL],
    filters=InvoicesFilters(total=NumberRange(min_="-49.5")),
)

client = AuthenticatedClient(os.environ["EXPORT_URL"], os.environ["TOKEN"])
organization = os.environ["ORGANIZATION"]

started = start_export.sync(organization, client=client, body=REQUEST)
assert isinstance(started, StartExportResponse), started

run: ExportStatus | None = None
etag: str | Unset = UNSET
while run is None or run.status in ACTIVE:
    time.sleep(0.2)
    answer = get_export.sync_detailed(
        organization, started.run_id, client=client, if_none_match=etag
    )
    if answer.status_code is not HTTPStatus.NOT_MODIFIED:
        assert isinstance(answer.parsed, ExportStatus), answer
        run, etag = answer.parsed, answer.headers["ETag"]
assert run.status is RunStatus.COMPLETED, run

link = get_download_link.sync(organization, run.run_id, client=client)
assert isinstance(link, DownloadLink), link
sys.stdout.buffer.write(httpx.get(link.url).content)
