"""Every format holds what the database holds, and says where it cannot."""

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import psycopg
import pytest

from invoice_export import formats
from invoice_export.domain.manifest import Manifest, differences
from tests.driver import asking
from tests.fix_postgres import TestDatabase
from tests.fix_world import World

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
HEADER = [
    "id",
    "number",
    "customerName",
    "status",
    "total",
    "currency",
    "createdAt",
    "dueAt",
]


def exported(world: World, **options: Any) -> tuple[bytes, Manifest]:
    run = world.start(key=json.dumps(options), request=asking(**options)).run
    assert world.run_to_end(run.ref) == "completed"
    file = world.file(run.id)
    manifest = world.manifest(run.id)
    assert differences(manifest, io.BytesIO(file)) == []
    return file, manifest


def sheets_of(file: bytes) -> list[list[list[Any]]]:
    """Read a workbook as the standard says: a list of rows for each sheet."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if "worksheets/" in name]
        return [
            [
                [_cell(cell) for cell in row]
                for row in ET.fromstring(archive.read(name)).iter(f"{SHEET}row")
            ]
            for name in names
        ]


def _cell(cell: ET.Element) -> Any:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{SHEET}t"))
    value = cell.find(f"{SHEET}v")
    if value is None or value.text is None:
        return None
    if cell.get("t") == "b":
        return value.text == "1"
    if cell.get("s"):
        return EPOCH + timedelta(days=float(value.text))
    return Decimal(value.text)


ODD_TEXTS = {
    "formula": "=1+1",
    "spaces": "  two and two  ",
    "lines": "one\r\ntwo\n\nthree\r",
    "markup": "<b>&amp;\"'</b>]]>",
    "quotes": '"""',
    "wide": "北京贸易 😀 Žluťoučký",
    "tab": "\ta\t",
    "empty": "",
    "percent": "100% %b %s",
}


def test_workbook_holds_every_cell(world: World) -> None:
    for name, text in ODD_TEXTS.items():
        world.add_invoice(name, customer_name=text)
    file, manifest = exported(world, format="xlsx")
    (sheet,) = sheets_of(file)
    truth = world.rows(
        "SELECT id::text, number, customer_name, status, total, currency, created_at,"
        " due_at FROM invoices ORDER BY created_at, id"
    )
    assert sheet[0] == HEADER
    assert len(sheet) == len(truth) + 1
    for cells, row in zip(sheet[1:], truth, strict=True):
        *others, created, due = row.values()
        assert cells[:6] == [each or None for each in others]
        for seen, true in zip(cells[6:], (created, due), strict=True):
            if true is None:
                assert seen is None
            else:
                assert abs(seen - true) <= timedelta(microseconds=1)
    assert manifest.adjusted == {}


@pytest.mark.parametrize("packed", ["", ".gz"])
def test_json_lines_hold_every_cell(world: World, packed: str) -> None:
    for name, text in ODD_TEXTS.items():
        world.add_invoice(name, customer_name=text)
    world.add_invoice("exact", total=Decimal("12345678901234567890.123456789"))
    file, manifest = exported(world, format=f"jsonl{packed}")
    content = gzip.decompress(file) if packed else file
    lines = content.split(b"\n")
    assert lines.pop() == b""
    records = [json.loads(line, parse_float=Decimal) for line in lines]
    truth = world.rows(
        "SELECT id::text, number, customer_name, status, total, currency, created_at,"
        " due_at FROM invoices ORDER BY created_at, id"
    )
    assert [list(record) for record in records] == [HEADER] * len(truth)
    for record, row in zip(records, truth, strict=True):
        *cells, created, due = record.values()
        *others, was_created, was_due = row.values()
        assert cells == others
        assert datetime.fromisoformat(created) == was_created
        assert (due and datetime.fromisoformat(due)) == was_due
    assert manifest.adjusted == {}


def test_what_a_workbook_cannot_hold_is_written_the_nearest_way(world: World) -> None:
    cases: dict[str, tuple[str, Any, Any]] = {
        "bell": ("customer_name", "a\x07b", "a_x0007_b"),
        "separator": ("customer_name", "a\x1fb\x1e\x1d", "a_x001F_b_x001E__x001D_"),
        "no character": ("customer_name", "a\uffffb\ufffe", "a_xFFFF_b_xFFFE_"),
        "looks escaped": ("customer_name", "_x0041_", "_x005F_x0041_"),
        "long": ("customer_name", "😀" * 20_000, "😀" * 16_383),
        "digits": ("total", Decimal("1234567890123456.5"), "1234567890123456.5"),
        "fifteen": (
            "total",
            Decimal("-1234567890123.45"),
            Decimal("-1234567890123.45"),
        ),
        "zeros": ("total", f"0.5{'0' * 20}", Decimal("0.5")),
        "nothing": ("total", f"0.{'0' * 20}", Decimal(0)),
        "large": ("total", f"-1{'0' * 307}", Decimal("-1e307")),
        "too large": ("total", f"-1{'0' * 308}", f"-1{'0' * 308}"),
        "small": ("total", f"0.{'0' * 306}1", Decimal("1e-307")),
        "too small": ("total", f"0.{'0' * 307}1", f"0.{'0' * 307}1"),
        "not a number": ("total", Decimal("NaN"), "NaN"),
        "infinite": ("total", Decimal("-Infinity"), "-Infinity"),
        "old": ("due_at", "1850-06-01 12:00:00+00", "1850-06-01T12:00:00.000000Z"),
        "late": ("due_at", "10000-01-01 00:00:00+00", "10000-01-01 00:00:00"),
        "last": (
            "due_at",
            "9999-12-31 23:59:59.999999+00",
            "9999-12-31T23:59:59.999999Z",
        ),
        "never": ("due_at", "infinity", "infinity"),
        "before": ("due_at", "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00 BC"),
    }
    for name, (column, value, _) in cases.items():
        world.add_invoice(name, **{column: value})
    file, manifest = exported(
        world, format="xlsx", columns=["number", "customerName", "total", "dueAt"]
    )
    places = {"customer_name": 1, "total": 2, "due_at": 3}
    found = {row[0]: row for row in sheets_of(file)[0]}
    for name, (column, _, written) in cases.items():
        assert found[name][places[column]] == written, name
    assert manifest.adjusted == {
        "controlCharacters": 3,
        "longTexts": 1,
        "longNumbers": 3,
        "notFinite": 2,
        "unusualTimes": 5,
    }
    assert manifest.unusual_times == 5


def test_what_json_cannot_hold_is_written_as_text(world: World) -> None:
    world.add_invoice("NaN", total=Decimal("NaN"), customer_name="Infinity")
    world.add_invoice("late", created_at="infinity", due_at="10000-01-01 00:00:00+00")
    file, manifest = exported(world, format="jsonl")
    found = {(row := json.loads(line))["number"]: row for line in file.splitlines()}
    assert (found["NaN"]["total"], found["NaN"]["customerName"]) == ("NaN", "Infinity")
    assert found["late"]["createdAt"] == "infinity"
    assert manifest.adjusted == {"notFinite": 1, "unusualTimes": 2}


def test_sheets_end_at_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoice_export.formats.xlsx.MAX_ROWS", 120)
    file, _ = exported(world, format="xlsx")
    sheets = sheets_of(file)
    assert [len(sheet) for sheet in sheets] == [101, 101, 41]
    assert all(sheet[0] == HEADER for sheet in sheets)
    truth = world.rows("SELECT id::text FROM invoices ORDER BY created_at, id")
    found = [row[0] for sheet in sheets for row in sheet[1:]]
    assert found == [row["id"] for row in truth]


def test_packed_json_is_one_gzip_member(world: World) -> None:
    packed, _ = exported(world, format="jsonl.gz")
    plain, _ = exported(world, format="jsonl")
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("name", formats.load())
def test_snapshot_of_every_format_is_complete(world: World, name: str) -> None:
    _, manifest = exported(world, format=name, consistency="snapshot")
    assert manifest.rows == 240
    assert [part.page for part in manifest.parts if part.page] == [1, 2, 3, 4, 5]


def test_excel_preset_is_what_european_spreadsheets_open(world: World) -> None:
    world.add_invoice("semicolon", customer_name="a;b")
    world.add_invoice("comma", customer_name="a,=1+1")
    world.add_invoice("summer", due_at="2025-10-26 00:30:00.25+00")
    world.add_invoice("winter", due_at="2025-10-26 01:30:00.25+00")
    file, _ = exported(
        world,
        preset="excel",
        timeZone="Europe/Berlin",
        columns=["number", "customerName", "createdAt", "dueAt"],
    )
    assert file.startswith(b"\xef\xbb\xbfnumber;customerName;createdAt;dueAt\r\n")
    text = io.StringIO(file.decode("utf-8-sig"), newline="")
    found = {row["number"]: row for row in csv.DictReader(text, delimiter=";")}
    assert found["semicolon"]["customerName"] == "a;b"
    # Whoever splits at commas sees no formula.
    assert found["comma"]["customerName"] == "a,'=1+1"
    # The hour that occurs twice.
    assert found["summer"]["dueAt"] == "2025-10-26T02:30:00.250000+02:00"
    assert found["winter"]["dueAt"] == "2025-10-26T02:30:00.250000+01:00"
    assert found["winter"]["createdAt"] == "2024-01-01T01:00:00.000000+01:00"


def test_delimiter_can_be_chosen_alone(world: World) -> None:
    world.add_invoice("tab", customer_name="a\tb;=1")
    plain, _ = exported(world)
    file, _ = exported(world, dialect={"delimiter": "tab"})
    rows = csv.reader(io.StringIO(file.decode(), newline=""), delimiter="\t")
    same = csv.reader(io.StringIO(plain.decode(), newline=""))
    assert list(rows) == list(same)


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Asia/Kathmandu", "2024-01-01T05:45:00.000000+05:45"),
        ("America/St_Johns", "2023-12-31T20:30:00.000000-03:30"),
        ("UTC", "2024-01-01T00:00:00.000000Z"),
    ],
)
def test_times_in_a_zone_carry_their_offset(
    world: World, zone: str, written: str
) -> None:
    world.add_invoice("here")
    csv_file, _ = exported(world, dialect={"timeZone": zone}, columns=["createdAt"])
    assert written in csv_file.decode().splitlines()
    json_file, _ = exported(world, dialect={"timeZone": zone}, format="jsonl")
    found = {
        (row := json.loads(line))["number"]: row for line in json_file.splitlines()
    }
    assert datetime.fromisoformat(found["here"]["createdAt"]) == datetime.fromisoformat(
        written
    )
    assert found["here"]["createdAt"][-6:] == (written.replace("Z", "+00:00"))[-6:]


def test_offsets_of_seconds_and_odd_years_stay_in_utc(world: World) -> None:
    world.add_invoice("mean", due_at="1800-01-01 00:00:00+00")
    world.add_invoice("never", due_at="infinity")
    world.add_invoice("last", due_at="9999-12-31 23:59:59+00")
    file, manifest = exported(
        world,
        dialect={"timeZone": "Europe/Berlin"},
        columns=["number", "dueAt"],
    )
    found = dict(csv.reader(io.StringIO(file.decode(), newline="")))
    assert found["mean"] == "1800-01-01T00:00:00.000000Z"
    assert found["never"] == "infinity"
    assert found["last"] == "9999-12-31T23:59:59.000000Z"
    assert manifest.unusual_times == 1


def test_workbook_shows_times_in_the_zone(world: World) -> None:
    world.add_invoice("here", due_at="2025-07-01 10:00:00+00")
    file, _ = exported(world, format="xlsx", dialect={"timeZone": "Europe/Berlin"})
    found = {row[1]: row for row in sheets_of(file)[0]}
    assert found["here"][7] == datetime(2025, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "'a \"b\" \\ /'::text",
        "NULL::text",
        "1.50::numeric",
        "'NaN'::numeric",
        "1e300::float8",
        "true",
        "timestamptz '2024-03-31 01:30:00.123456+00'",
        "timestamptz 'infinity'",
        "date '0044-03-15 BC'",
        "uuid '00000000-0000-4000-8000-000000000001'",
        """'{"a": [1, "b"]}'::jsonb""",
        "ARRAY['a', NULL]",
    ],
)
def test_json_of_a_value_is_what_to_json_writes(
    database: TestDatabase, value: str
) -> None:
    statement = f"SELECT json_of({value})::text, to_json({value})::text"
    with psycopg.connect(database.app_url) as connection:
        ours, theirs = connection.execute(statement).fetchone() or ()
    assert ours == theirs
