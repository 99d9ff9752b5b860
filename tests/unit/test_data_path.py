"""The bytes of an export: rows, checksums, page sizes."""

import io
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_export.adapters.part_body import SPOOL_BYTES, PartBody
from invoice_export.domain.adjustments import Adjustment
from invoice_export.domain.checksums import join_crc32, s3_text
from invoice_export.domain.dataset import Kind
from invoice_export.domain.manifest import Manifest, ManifestPart, differences
from invoice_export.domain.pages import (
    HOPS_A_PAGE,
    MAX_PAGES,
    MAX_PART_BYTES,
    hop_rows,
    page_concurrency,
    page_rows,
    page_starts,
)
from invoice_export.formats import gzip_member
from invoice_export.formats.cells import MARK
from invoice_export.formats.csv_rows import finish_rows
from invoice_export.formats.worksheet import rows_writer

TIMES = st.datetimes()
ODD = st.sampled_from(
    ["infinity", "-infinity", "0044-03-15 10:00:00.5 BC", "10000-01-01 00:00:00"]
)
# PostgreSQL may write any text before the times, including line ends and Zs.
LEADING = st.text(alphabet='aZ,"\r\n T0:-', max_size=40).map(
    lambda text: '"' + text.replace('"', '""') + '"'
)


def written(moment: datetime | str | None, *, separator: str) -> str:
    if not isinstance(moment, datetime):
        return moment or ""
    return f"{moment:%Y-%m-%d}".rjust(10, "0") + f"{separator}{moment:%H:%M:%S.%fZ}"


CELLS = st.none() | TIMES | ODD
ROWS = st.integers(0, 2).flatmap(
    lambda times: st.tuples(
        st.just(times),
        st.lists(st.tuples(LEADING, *[CELLS] * times), min_size=1),
    )
)


@given(ROWS)
def test_rows_end_in_crlf_and_their_times_in_rfc_3339(
    case: tuple[int, list[tuple[Any, ...]]],
) -> None:
    times, rows = case

    def line(separator: str, end: str) -> list[bytes]:
        return [
            (
                ",".join([leading, *(written(at, separator=separator) for at in cells)])
                + end
            ).encode()
            for leading, *cells in rows
        ]

    read = [memoryview(row) for row in line(" ", "\n")]
    finished = finish_rows(read, times, frozenset())
    assert bytes(finished.text) == b"".join(line("T", "\r\n"))
    times_written = [written(at, separator="T") for _, *cells in rows for at in cells]
    odd = [text for text in times_written if text and not text.endswith("Z")]
    assert finished.unusual_times == len(odd)


def test_empty_time_that_is_all_of_the_first_row_is_not_unusual() -> None:
    rows = [b"\n", b"2026-01-01 00:00:00.000000Z\n"]
    finished = finish_rows(rows, 1, frozenset())
    assert finished.text == b"\r\n2026-01-01T00:00:00.000000Z\r\n"
    assert finished.unusual_times == 0


@pytest.mark.parametrize(
    ("cell", "guarded"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x;@SUM(A1)", "x;'@SUM(A1)"),
        ("a;+1;-1;b", "a;'+1;'-1;b"),
        ("x\t=cmd|' /c calc'!A0", "x\t'=cmd|' /c calc'!A0"),
        ('"two\n=1+1"', '"two\n\'=1+1"'),
        ('"two\r\n=1+1"', '"two\r\n\'=1+1"'),
        ('"x;""=1+1"""', '"x;\'""=1+1"""'),
        ('"a,b;=1"', '"a,b;\'=1"'),
        # LibreOffice reads the cell as text when a space precedes the sign.
        ("x; =1+1", "x; =1+1"),
        ("x;y=1", "x;y=1"),
        ('"two\nlines"', '"two\nlines"'),
    ],
)
def test_formula_behind_another_separator_is_guarded(cell: str, guarded: str) -> None:
    rows = [f"1,{cell},2;-3,{cell}\n".encode(), b"2,plain,3,plain\n"]
    finished = finish_rows(rows, 0, frozenset({1}))
    expected = f"1,{guarded},2;-3,{cell}\r\n2,plain,3,plain\r\n"
    assert finished.text.decode() == expected


@pytest.mark.parametrize("harmless", [0, 1, 39, 40, 41, 200])
def test_formula_behind_many_harmless_separators_is_guarded(harmless: int) -> None:
    rows = [b"1,x;y\n"] * harmless + [b"2,x;=1+1\n"]
    finished = finish_rows(rows, 0, frozenset({1}))
    assert finished.text == b"1,x;y\r\n" * harmless + b"2,x;'=1+1\r\n"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_joined_checksums_equal_the_checksum_of_the_joined(parts: list[bytes]) -> None:
    pieces = [(zlib.crc32(part), len(part)) for part in parts]
    assert join_crc32(pieces) == zlib.crc32(b"".join(parts))


def test_checksums_join_over_any_length() -> None:
    zeros = bytes(10_000_019)
    pieces = [(zlib.crc32(b"x"), 1), (zlib.crc32(zeros), len(zeros))]
    assert join_crc32(pieces) == zlib.crc32(b"x" + zeros)


def test_checksum_is_written_as_s3_writes_it() -> None:
    # The form shown in the S3 user guide, "Checking object integrity".
    assert s3_text(zlib.crc32(b"123456789")) == "y/Q5Jg=="


@pytest.mark.parametrize("packed", [False, True])
def test_part_counts_and_hashes_what_it_holds(packed: bool) -> None:
    with PartBody(packed=packed) as part:
        part.write(b"one,")
        part.write(bytearray(b"two\r\n") * 1000)
        body = part.finish()
        assert isinstance(body, bytes)
        assert part.crc32 == zlib.crc32(body)
    text = zlib.decompressobj(wbits=-15).decompress(body) if packed else body
    assert text == b"one," + b"two\r\n" * 1000
    assert part.content_crc32 == zlib.crc32(text)
    assert part.content_bytes == len(text)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=6))
def test_packed_parts_join_to_one_gzip_member(contents: list[bytes]) -> None:
    joined, pieces = b"", []
    for number, content in enumerate(contents):
        with PartBody(packed=True) as part:
            if number == 0:
                part.begin_file(gzip_member.HEADER)
            part.write(content)
            body = part.finish()
            assert isinstance(body, bytes)
        joined += body
        pieces.append((part.content_crc32, part.content_bytes))
    joined += gzip_member.trailer(join_crc32(pieces), sum(n for _, n in pieces))
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(joined) == b"".join(contents)
    assert reader.eof
    assert reader.unused_data == b""


def test_large_part_goes_to_disk() -> None:
    with PartBody(packed=False) as part:
        part.write(bytes(SPOOL_BYTES))
        part.write(b"1")
        body = part.finish()
        assert not isinstance(body, bytes)
        assert body.fileno() > 0
        assert body.read() == bytes(SPOOL_BYTES) + b"1"


def test_wide_rows_make_shorter_pages() -> None:
    narrow = page_rows(1_000_000, row_bytes=160, min_rows=500, max_rows=100_000)
    wide = page_rows(1_000_000, row_bytes=65_536, min_rows=500, max_rows=100_000)
    assert (narrow, wide) == (50_000, MAX_PART_BYTES // 65_536)


def test_pages_stay_below_a_thousand_whatever_the_width() -> None:
    rows = page_rows(10_000_000, row_bytes=1 << 20, min_rows=500, max_rows=100_000)
    assert 10_000_000 / rows <= MAX_PAGES


@given(st.integers(min_value=1, max_value=10**8))
def test_hops_make_pages_that_the_policy_allows(total: int) -> None:
    limits = {"row_bytes": 160, "min_rows": 500, "max_rows": 100_000}
    walked = [0]
    while (place := walked[-1] + hop_rows(walked[-1], **limits)) < total:
        walked.append(place)
    rows = page_rows(total, **limits)
    starts = [walked[hop] for hop in page_starts(walked, total, rows)]
    assert starts[0] == 0
    assert len(starts) <= MAX_PAGES
    lengths = [end - start for start, end in pairwise([*starts, total])]
    assert all(0 < length <= rows + rows / HOPS_A_PAGE for length in lengths)
    assert all(length >= rows - rows / HOPS_A_PAGE for length in lengths[:-1])


@pytest.mark.parametrize(
    ("number", "is_text"),
    [
        ("4024676299349290.0", False),
        ("1234567890123450000", False),
        ("1234567890123456.5", True),
        ("1234567890123456", True),
        ("0.000000000000000123", False),
    ],
)
def test_a_workbook_keeps_numbers_of_fifteen_digits(number: str, is_text: bool) -> None:
    row = MARK + number.encode() + b"\n"
    written = rows_writer([Kind.NUMBER])([memoryview(row)])
    assert (b"inlineStr" in written.text) is is_text
    assert written.adjusted[Adjustment.LONG_NUMBER] == is_text


@pytest.mark.parametrize(
    ("pages", "vcpus", "workers"),
    [(20, 2, 4), (3, 2, 3), (0, 2, 1), (1000, 0.5, 1), (1000, 32, 64)],
)
def test_concurrency_follows_the_database(
    pages: int, vcpus: float, workers: int
) -> None:
    assert page_concurrency(pages, database_vcpus=vcpus) == workers


def manifest_of(*parts: bytes) -> Manifest:
    return Manifest(
        organization_id="org_acme",
        run_id=UUID("0191b211-d9c0-7000-8000-00000000acae"),
        file_name="invoices-2026-01-01.csv",
        format="csv",
        consistency="pages",
        columns=["id"],
        rows=len(parts),
        bytes=len(b"".join(parts)),
        cut_off=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1),
        unusual_times=0,
        adjusted={},
        trailer_bytes=0,
        crc32=s3_text(zlib.crc32(b"".join(parts))),
        parts=[
            ManifestPart(
                page=n, rows=1, bytes=len(part), sha256=sha256(part).hexdigest()
            )
            for n, part in enumerate(parts, start=1)
        ],
    )


def test_manifest_survives_its_own_json() -> None:
    manifest = manifest_of(b"one", b"two")
    assert Manifest.of_json(manifest.to_json()) == manifest


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (b"onetwo", None),
        (b"oNetwo", "part 1: its SHA-256"),
        (b"onetw", "ends 1 bytes before the end of part 2"),
        (b"onetwo!", "longer than 6 bytes"),
    ],
)
def test_manifest_tells_how_a_file_differs(file: bytes, complaint: str | None) -> None:
    found = differences(manifest_of(b"one", b"two"), io.BytesIO(file))
    if complaint is None:
        assert found == []
    else:
        assert len(found) == 1
        assert complaint in found[0]
