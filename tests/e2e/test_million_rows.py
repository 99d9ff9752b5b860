"""A million rows: complete, in bounded memory (D17 in tests/README.md)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from local.aws import aws_client
from local.workers import workers_of

ROWS = 1_000_000
MAX_RESIDENT = 256 * 1024**2
MIN_PART = 5 * 1024**2


@contextmanager
def peak_of_workers(laptop) -> Iterator[dict[str, int]]:
    """Record the peak memory of each data function's processes, by function name."""
    peaks: dict[str, int] = {}
    done = threading.Event()

    def watch():
        while not done.wait(0.02):
            for worker in workers_of(laptop):
                with suppress(psutil.Error):
                    name = worker.environ()["AWS_LAMBDA_FUNCTION_NAME"]
                    resident = worker.memory_info().rss
                    peaks[name] = max(peaks.get(name, 0), resident)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


@pytest.mark.long
def test_d17_million_rows_stay_within_bounded_memory(make_tenant, visible_workers):
    acme = make_tenant(invoices=ROWS)
    with peak_of_workers(acme.stack.laptop) as peaks:
        run = acme.wait(acme.start(), seconds=240)
    assert run["rowCount"] == ROWS
    assert any("WritePage" in name for name in peaks)
    assert any("ComposeFile" in name for name in peaks)
    assert max(peaks.values()) < MAX_RESIDENT, peaks
    s3 = aws_client(acme.stack.laptop, "s3")
    bucket = acme.stack.facts["bucket"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"parts/{acme.id}/")
    sizes = [part["Size"] for part in listed["Contents"]]
    assert len(sizes) == run["pagesTotal"] == 20
    assert min(sizes) > MIN_PART
    assert acme.assert_file_equals_database(acme.download(run["runId"])) == ROWS
