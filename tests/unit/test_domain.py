"""Domain rules, at their limits and over their whole range."""

import csv
import io
import re
from dataclasses import replace
from datetime import date
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invoice_export import formats
from invoice_export.domain import failures, joins, keys, pages
from invoice_export.domain.dataset import Column, Kind
from tests.driver import INVOICES, asking

MIB = 1024 * 1024
RUN = UUID("0191b211-d9c0-7000-8000-00000000acae")


@pytest.mark.parametrize(
    ("total", "rows"),
    [
        (1, 500),
        (10_000, 500),
        (10_001, 501),
        (2_000_000, 100_000),
        (100_000_000, 100_000),
        (1_000_000_000, 1_000_000),
    ],
)
def test_page_rows_of_production(total: int, rows: int) -> None:
    assert pages.page_rows(total, row_bytes=160, min_rows=500, max_rows=100_000) == rows


@given(st.integers(min_value=1, max_value=10**10))
def test_an_export_never_has_more_than_a_thousand_pages(total: int) -> None:
    rows = pages.page_rows(total, row_bytes=160, min_rows=500, max_rows=100_000)
    assert -(-total // rows) <= pages.MAX_PAGES


def test_header_is_what_the_contract_says() -> None:
    assert formats.of("csv").opening(asking()) == (
        b"id,number,customerName,status,total,currency,createdAt,dueAt\r\n"
    )


def test_header_is_csv_like_any_row() -> None:
    names = ["id", 'what, "exactly"']
    columns = tuple(Column(name, name, Kind.TEXT) for name in names)
    row = formats.of("csv").opening(replace(asking(), columns=columns))
    assert row == b'id,"what, ""exactly"""\r\n'
    assert next(csv.reader(io.StringIO(row.decode()))) == names


def test_keys_are_derived() -> None:
    day = date(2026, 11, 24)
    assert keys.part_key("org_a", RUN, 7) == f"parts/org_a/{RUN}/00007.csv"
    key = keys.file_key("org_a", RUN, dataset="invoices", day_bucket=day)
    assert key == f"exports/org_a/{RUN}/invoices-2026-11-24.csv"
    assert keys.file_name(key) == "invoices-2026-11-24.csv"
    assert keys.app_link("https://app.example/", "org_a", RUN) == (
        f"https://app.example/inspector?organization=org_a&run={RUN}"
    )


ANY_ID = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)


@given(ANY_ID, ANY_ID)
@example(".", "..")
@example("%2E", ".")
@example("a b", "a+b")
@example("\U0001f600" * 127, "\U0001f600" * 128)
@example("~" + sha256(("\U0001f600" * 128).encode()).hexdigest(), "\U0001f600" * 128)
def test_two_organisations_never_share_a_folder(one: str, other: str) -> None:
    for prefix in (keys.parts_prefix, keys.file_prefix):
        folders = [prefix(one, RUN), prefix(other, RUN)]
        assert (one == other) == folders[0].startswith(folders[1])
        assert (one == other) == folders[1].startswith(folders[0])
        for folder in folders:
            root, organization, run, end = folder.split("/")
            assert re.fullmatch(r"[A-Za-z0-9_%~-]+", organization)
            assert (root, run, end) == (prefix("a", RUN).split("/")[0], str(RUN), "")
            assert len(folder) < 1_024 - len("manifest.json")


@given(st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True))
def test_a_plain_id_is_its_folder(organization: str) -> None:
    assert keys.file_prefix(organization, RUN) == f"exports/{organization}/{RUN}/"


def covered(plan: list[joins.Copy | joins.Upload]) -> list[joins.Piece]:
    found: list[joins.Piece] = []
    for step in plan:
        found += [step.piece] if isinstance(step, joins.Copy) else step.pieces
    return found


SIZES = st.lists(st.integers(min_value=1, max_value=20 * MIB), min_size=1, max_size=40)


@given(SIZES)
def test_a_join_takes_every_byte_once_and_in_order(sizes: list[int]) -> None:
    at = dict.fromkeys(range(len(sizes)), 0)
    order = []
    for piece in covered(list(joins.plan_join(sizes))):
        assert piece.start == at[piece.part]
        at[piece.part] = piece.end
        order.append(piece.part)
    assert at == dict(enumerate(sizes))
    assert order == sorted(order)


@given(SIZES)
def test_a_join_keeps_to_the_rules_of_s3_and_to_bounded_memory(
    sizes: list[int],
) -> None:
    plan = list(joins.plan_join(sizes))
    for step in plan[:-1]:
        size = step.piece.size if isinstance(step, joins.Copy) else step.size
        assert size >= joins.MIN_PART_BYTES
    for step in plan:
        if isinstance(step, joins.Upload):
            assert step.size < 2 * joins.MIN_PART_BYTES


def test_equal_large_parts_are_all_copied() -> None:
    plan = list(joins.plan_join([5 * MIB] * 10 + [1]))
    assert [type(step).__name__ for step in plan] == ["Copy"] * 10 + ["Upload"]


def test_every_failure_has_a_code_and_says_what_to_do() -> None:
    empty = failures.explain("EmptyResultSetError", INVOICES.words)
    for failure in [*failures.FAILURES.values(), failures.OTHERWISE, empty]:
        assert failure.code.isupper()
        assert "again" in failure.message
    assert (
        failures.explain("States.Timeout", INVOICES.words).code == "EXECUTION_TIMED_OUT"
    )
    assert failures.explain("KeyError", INVOICES.words).code == "EXPORT_FAILED"
    assert not empty.needs_email


def test_every_format_is_found_by_its_name():
    assert {name: formats.of(name) for name in formats.load()} == formats.load()
