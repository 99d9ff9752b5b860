"""Requests: what is accepted, what is refused and how, and their canonical form."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from invoice_export.contracts.requests import allowed_keys, parse
from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Datasets,
    Filter,
    Key,
    KeyType,
    Kind,
    Words,
)
from invoice_export.domain.dialects import Dialect, Preset
from invoice_export.domain.instants import as_utc, is_zone, read_instant
from invoice_export.domain.query_columns import misfits
from invoice_export.domain.requests import ExportRequest
from invoice_export.domain.summaries import describe
from invoice_export.errors import DatasetError
from tests.driver import DATASETS, INVOICES, asking

TASKS = Dataset(
    name="open-tasks",
    label="Open tasks",
    query="SELECT 1",
    organization="org",
    key=(Key("n", KeyType.BIGINT),),
    columns=(
        Column("n", "no, in list", Kind.NUMBER),
        Column("due", "dueOn", Kind.DATE),
        Column("done", "done", Kind.BOOLEAN),
        Column("note", "note", Kind.TEXT, default=False),
        Column("at", "at", Kind.LOCAL_TIME),
    ),
    filters=(
        Filter("no, in list"),
        Filter("dueOn"),
        Filter("done"),
        Filter("at", column="raw_at"),
        Filter("owner", column="owner_id", kind=Kind.TEXT, label="Owner"),
    ),
    words=Words("task", "tasks", "No tasks."),
)
WITH_TASKS = Datasets((*DATASETS.all, TASKS), DATASETS.directory)


def canonical(datasets: Datasets = WITH_TASKS, /, **options: Any) -> Any:
    return json.loads(parse(datasets, options).canonical)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "{}"),
        ({"format": "csv", "consistency": "pages", "timeZone": "UTC"}, "{}"),
        ({"dataset": "invoices"}, "{}"),
        ({"columns": [column.header for column in INVOICES.columns]}, "{}"),
        ({"filters": {}}, "{}"),
        ({"filters": None, "columns": None}, "{}"),
        ({"format": "csv.gz"}, '{"format":"csv.gz"}'),
        ({"preset": "rfc4180"}, "{}"),
        ({"dialect": {"delimiter": "comma", "byteOrderMark": False}}, "{}"),
        (
            {"preset": "excel", "timeZone": "Europe/Berlin"},
            (
                '{"dialect":{"byteOrderMark":true,"delimiter":"semicolon",'
                '"timeZone":"Europe/Berlin"}}'
            ),
        ),
        (
            {"preset": "excel", "dialect": {"delimiter": "tab"}},
            '{"dialect":{"byteOrderMark":true,"delimiter":"tab"}}',
        ),
        ({"timeZone": "Europe/Berlin"}, "{}"),
        (
            {"format": "csv.gz", "consistency": "snapshot"},
            '{"consistency":"snapshot","format":"csv.gz"}',
        ),
        ({"dataset": "audit-log"}, '{"dataset":"audit-log"}'),
        ({"columns": ["total", "number"]}, '{"columns":["total","number"]}'),
    ],
)
def test_equal_options_have_one_canonical_form(
    options: dict[str, Any], expected: str
) -> None:
    assert parse(DATASETS, options).canonical == expected
    backwards = dict(reversed(options.items()))
    assert parse(DATASETS, backwards).canonical == expected


def test_values_have_one_canonical_form() -> None:
    filters = {
        "status": {"in": ["paid", "draft", "paid"]},
        "total": {"min": "10.50", "max": 1e3},
        "createdAt": {"from": "2025-01-01", "to": "2025-02-01T00:00:00+01:00"},
        "customerName": {"startsWith": "Ä"},
    }
    request = asking(filters=filters, timeZone="Europe/Berlin")
    assert json.loads(request.canonical) == {
        "filters": {
            "status": {"in": ["draft", "paid"]},
            "total": {"min": "10.5", "max": "1000"},
            "createdAt": {
                "from": "2024-12-31T23:00:00.000000Z",
                "to": "2025-01-31T23:00:00.000000Z",
            },
            "customerName": {"startsWith": "Ä"},
        }
    }
    assert request.asked["filters"]["createdAt"]["from"] == "2025-01-01"
    assert request.asked["timeZone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    "options",
    [
        {"filters": {"total": {"min": "-0.00", "max": "1E+5"}}},
        {"filters": {"createdAt": {"from": "2025-03-30T02:30:00"}}},
        {"dataset": "open-tasks", "filters": {"done": {"is": False}}},
        {"dataset": "open-tasks", "filters": {"dueOn": {"to": "2025-01-01"}}},
        {"dataset": "open-tasks", "filters": {"at": {"from": "2025-01-01"}}},
        {"dataset": "open-tasks", "columns": ["note", "no, in list"]},
        {"filters": {"status": {"in": ["paid", "draft"]}}, "columns": ["total"]},
        {"format": "csv.gz", "preset": "excel", "consistency": "snapshot"},
    ],
)
def test_workers_and_retries_read_the_same_request_from_its_canonical_form(
    options: dict[str, Any],
) -> None:
    asked = parse(WITH_TASKS, {**options, "timeZone": "America/New_York"})
    by_worker = ExportRequest.of_canonical(asked.dataset, asked.canonical)
    for_retry = parse(WITH_TASKS, json.loads(asked.canonical))
    for read in (by_worker, for_retry):
        assert read == asked
        assert read.canonical == asked.canonical


def test_a_zone_changes_dates_only() -> None:
    day = {"dueOn": {"from": "2025-01-01"}}
    plain = canonical(dataset="open-tasks", filters=day)
    zoned = canonical(dataset="open-tasks", filters=day, timeZone="Asia/Tokyo")
    assert zoned == plain
    moment = {"at": {"from": "2025-01-01"}}
    zoned = canonical(dataset="open-tasks", filters=moment, timeZone="Asia/Tokyo")
    assert zoned["filters"]["at"]["from"] == "2024-12-31T15:00:00.000000Z"


ALLOWED_COLUMNS = "Input should be 'id', 'number', 'customerName', 'status'"


@pytest.mark.parametrize(
    ("options", "field", "message"),
    [
        ({"dataset": "x"}, "dataset", "Input should be 'invoices' or 'audit-log'"),
        ({"dataset": 3}, "dataset", "Input should be 'invoices' or 'audit-log'"),
        ({"dataset": None}, "dataset", "Input should be 'invoices' or 'audit-log'"),
        ({"columns": []}, "columns", "at least 1 item"),
        ({"columns": ["x"]}, "columns.0", ALLOWED_COLUMNS),
        ({"columns": "number"}, "columns", "valid list"),
        ({"columns": ["id", "id"]}, "columns", "'id' stands twice"),
        ({"columns": [["id"]]}, "columns.0", "Input should be"),
        ({"filters": {"x": {}}}, "filters.x", "Allowed: status, createdAt, dueAt"),
        ({"filters": {"status": {}}}, "filters.status.in", "required"),
        ({"filters": {"status": {"in": []}}}, "filters.status.in", "at least 1"),
        ({"filters": {"status": {"in": ["x"]}}}, "filters.status.in.0", "'draft'"),
        ({"filters": {"status": {"is": 1}}}, "filters.status.is", "Allowed: in"),
        ({"filters": {"total": {}}}, "filters.total", "Set 'min' or 'max'"),
        ({"filters": {"total": {"min": True}}}, "filters.total.min", "a number"),
        ({"filters": {"total": {"min": "x"}}}, "filters.total.min", "decimal"),
        ({"filters": {"total": {"min": "NaN"}}}, "filters.total.min", "finite"),
        ({"filters": {"total": {"max": "1e99"}}}, "filters.total.max", "digits"),
        (
            {"filters": {"total": {"min": 2, "max": 1}}},
            "filters.total",
            "'min' should not be greater than 'max'",
        ),
        (
            {"filters": {"createdAt": {"from": "2025-02-01", "to": "2025-02-01"}}},
            "filters.createdAt",
            "'from' should be before 'to'",
        ),
        ({"filters": {"createdAt": {"from": 5}}}, "filters.createdAt.from", "a date"),
        (
            {"filters": {"createdAt": {"to": "0001-01-01"}}},
            "filters.createdAt.to",
            "year should be from 2 to 9998",
        ),
        (
            {"filters": {"number": {"equals": "a", "startsWith": "b"}}},
            "filters.number",
            "not both",
        ),
        ({"filters": {"number": {"equals": ""}}}, "filters.number.equals", "at least"),
        (
            {"filters": {"number": {"starts_with": "a"}}},
            "filters.number.starts_with",
            "Allowed: equals, startsWith",
        ),
        ({"filters": {"filter_0": {"in": ["paid"]}}}, "filters.filter_0", "Allowed"),
        ({"timeZone": "Mars"}, "timeZone", "like UTC or Europe/Berlin"),
        ({"time_zone": "UTC"}, "time_zone", "Allowed: timeZone, format"),
        ({"format": "pdf"}, "format", "'csv', 'csv.gz', 'jsonl'"),
        ({"format": "csv.pdf"}, "format", "'csv', 'csv.gz', 'jsonl'"),
        ({"format": "format"}, "format", "'csv', 'csv.gz', 'jsonl'"),
        ({"format": ["csv"]}, "format", "'csv', 'csv.gz', 'jsonl'"),
        ({"preset": "lotus"}, "preset", "'rfc4180' or 'excel'"),
        ({"format": "xlsx", "preset": "excel"}, "preset", "Only CSV has presets"),
        (
            {"format": "jsonl", "dialect": {"delimiter": "tab"}},
            "dialect.delimiter",
            "Only CSV has one",
        ),
        ({"dialect": {"delimiter": ";"}}, "dialect.delimiter", "'semicolon'"),
        ({"dialect": {"timeZone": "Mars"}}, "dialect.timeZone", "like UTC or"),
        ({"dialect": {"bom": True}}, "dialect.bom", "byteOrderMark"),
    ],
)
def test_refusal_names_the_field_and_what_is_allowed(
    options: dict[str, Any], field: str, message: str, api: Any
) -> None:
    answer = api("POST", "/api/organizations/org_acme/exports", body=options)
    assert answer.status == 422
    assert answer.body["code"] == "INVALID_REQUEST"
    found = {error["field"]: error["message"] for error in answer.body["errors"]}
    assert message in found[f"body.{field}"]


def test_places_without_a_model_allow_nothing() -> None:
    assert allowed_keys(DATASETS, ("body", "dataset=invoices", "nowhere")) == []


def test_one_dataset_needs_no_name() -> None:
    alone = Datasets((replace(TASKS, default=True),), DATASETS.directory)
    assert parse(alone, {}).dataset.name == "open-tasks"
    with pytest.raises(ValidationError, match="open-tasks"):
        parse(alone, {"dataset": "invoices"})


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "Tasks"}, "lower-case words"),
        ({"name": "t" * 41}, "up to 40"),
        ({"name": "export-pages"}, "its own 'export_pages'"),
        ({"organization": ""}, "column of the organisation's id"),
        ({"key": ()}, "a key"),
        ({"columns": ()}, "by default"),
        ({"columns": TASKS.columns * 2}, "two columns have the header"),
        ({"filters": TASKS.filters * 2}, "two filters have the name"),
        ({"cut_off": Key("due", KeyType.DATE)}, "cut-off must be"),
        ({"columns": (Column("a", "a", Kind.CHOICE),)}, "need each other"),
        ({"filters": (Filter("nowhere"),)}, "name the query's column"),
        ({"filters": (Filter("x", "x", Kind.CHOICE),)}, "need each other"),
        ({"filters": (Filter("x", "x", Kind.TEXT, whole=True),)}, "is whole"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(DatasetError, match=complaint):
        replace(TASKS, **{"filters": (), **changes})


def whole(yes: bool) -> Dataset:
    return replace(TASKS, filters=(Filter("no, in list", whole=yes),))


@pytest.mark.parametrize(
    ("column", "fits"),
    [
        ("smallint", True),
        ("integer", True),
        ("bigint", True),
        ("numeric", False),
        ("double precision", False),
    ],
)
def test_a_whole_filter_needs_an_integer_column(column: str, fits: bool) -> None:
    types = {"org": "text", "n": column}
    complaints = [
        [text for text in misfits(whole(yes), types) if text.startswith("filter")]
        for yes in (False, True)
    ]
    told = (
        "filter 'no, in list' is declared whole, and the column of the query is "
        f"{column}: leave out whole, or cast the column to bigint"
    )
    assert complaints == [[], [] if fits else [told]]


def test_a_whole_filter_is_part_of_the_fingerprint() -> None:
    assert whole(True).fingerprint != whole(False).fingerprint


def test_a_deployment_has_one_default_and_no_name_twice() -> None:
    with pytest.raises(DatasetError, match="same name"):
        Datasets((INVOICES, INVOICES), DATASETS.directory)
    with pytest.raises(DatasetError, match="default=True"):
        Datasets((TASKS,), DATASETS.directory)


def test_fingerprint_follows_meaning_and_ignores_words() -> None:
    same = replace(TASKS, label="To do", words=INVOICES.words, default=True)
    assert same.fingerprint == TASKS.fingerprint
    for changes in (
        {"query": "SELECT 2"},
        {"key": (Key("n", KeyType.INTEGER),)},
        {"columns": TASKS.columns[:-1]},
        {"zone": "Europe/Berlin"},
        {"cut_off": Key("at", KeyType.TIMESTAMP)},
        {"organization": "tenant"},
    ):
        assert replace(TASKS, filters=(), **changes).fingerprint != same.fingerprint


def test_words_of_a_removed_dataset_are_its_name() -> None:
    assert DATASETS.words_of("old-things").many == "old things rows"
    assert DATASETS.words_of("invoices") is INVOICES.words


def test_request_in_words_uses_the_labels() -> None:
    asked = asking(
        filters={
            "status": {"in": ["paid", "sent"]},
            "total": {"min": "10", "max": "99.5"},
            "customerName": {"startsWith": "A"},
            "createdAt": {"to": "2025-02-01", "from": "2025-01-01"},
        },
        columns=["number", "customerName"],
        timeZone="Europe/Berlin",
    ).asked
    assert describe(INVOICES, asked) == [
        "Status: paid or sent",
        "Created: from 2025-01-01 and before 2025-02-01",
        "Total: at least 10 and at most 99.5",
        "Customer: begins with “A”",
        "Time zone: Europe/Berlin",
        "Columns: Number, Customer",
    ]
    assert describe(None, {"filters": {"done": {"is": False}}}) == ["done: no"]
    assert describe(INVOICES, {}) == []


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2025-07-01", "Europe/Berlin", "2025-06-30T22:00:00.000000Z"),
        ("2025-03-30T02:30:00", "Europe/Berlin", "2025-03-30T01:30:00.000000Z"),
        ("2025-10-26T02:30:00", "Europe/Berlin", "2025-10-26T00:30:00.000000Z"),
        ("2025-10-26T02:30:00+01:00", "UTC", "2025-10-26T01:30:00.000000Z"),
        ("0002-01-01", "Asia/Tokyo", "0001-12-31T14:41:01.000000Z"),
    ],
)
def test_times_are_read_in_the_caller_s_zone(
    text: str, zone: str, instant: str
) -> None:
    assert as_utc(read_instant(text), zone) == instant


@pytest.mark.parametrize("name", ["", "Mars", "Europe", "../UTC", "europe/berlin"])
def test_zones_are_those_of_the_database_of_zones(name: str) -> None:
    assert is_zone("Europe/Berlin")
    assert not is_zone(name)


def test_default_preset_is_the_deployment_s() -> None:
    excel = parse(DATASETS, {}, Preset.EXCEL)
    assert excel.dialect == Preset.EXCEL.dialect("UTC")
    # What a worker reads says it all.
    assert parse(DATASETS, json.loads(excel.canonical)) == excel
    assert parse(DATASETS, {"preset": "rfc4180"}, Preset.EXCEL).canonical == "{}"
    assert parse(DATASETS, {"format": "xlsx"}, Preset.EXCEL).dialect == Dialect()
