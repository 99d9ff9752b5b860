"""Encodings that spreadsheets write, and bytes that cannot be decoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.loader.problems import CsvError
from tests.local.reading import HEADER, rows

TEXT = HEADER + "1,Müller GmbH,1,2024-01-01,\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"], ids=str
)
def test_byte_order_mark_names_the_encoding(encoding):
    assert rows(TEXT.encode(encoding))[0].customer_name == "Müller GmbH"


def test_both_byte_orders_of_utf_16_are_read():
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        found = rows(mark + TEXT.encode(encoding))
        assert found[0].customer_name == "Müller GmbH"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(encoding):
    with pytest.raises(CsvError, match=f"say --encoding {encoding}"):
        rows(TEXT.encode(encoding))
    assert rows(TEXT.encode(encoding), encoding=encoding)[0].number == "1"


def test_windows_1252_is_refused_with_what_the_line_would_hold():
    content = (HEADER + "0,a,1,2024-01-01,\n1,Müller GmbH,1,2024-01-01,\n").encode(
        "windows-1252"
    )
    with pytest.raises(CsvError) as told:
        rows(content)
    assert "line 3: byte 0xFC is not utf-8" in str(told.value)
    assert "with --encoding windows-1252 the line holds '1,Müller GmbH,1" in str(
        told.value
    )
    assert len(str(told.value).splitlines()) == 1
    found = rows(content, encoding="windows-1252")
    assert found[1].customer_name == "Müller GmbH"


@pytest.mark.parametrize("line", [2, 3_000])
def test_undecodable_byte_is_named_by_its_line(line):
    before = "1,ä,1,2024-01-01,\n" * (line - 2)
    content = (HEADER + before).encode() + b"1,\xe4,1,2024-01-01,\n"
    with pytest.raises(CsvError, match=f"line {line}: byte 0xE4 is not utf-8"):
        rows(content + b"2,a,1,2024-01-01,\n" * 3_000)


@given(
    st.lists(st.sampled_from(["a\n", "b\r\n", "ü\r", '"c\n\n"\n']), max_size=60),
    st.integers(0, 59),
)
def test_undecodable_byte_is_found_among_all_line_ends(lines, at):
    lines = ["x\n", *lines]
    bad = min(at, len(lines) - 1)
    before = "".join(lines[:bad])
    ends = before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    content = before.encode() + b"\xff" + "".join(lines[bad:]).encode()
    with pytest.raises(CsvError, match=f"line {ends + 1}: byte 0xFF"):
        rows(content)


def test_declared_encoding_that_does_not_fit_is_refused_with_the_line():
    content = (HEADER + "1,\x81,1,2024-01-01,\n").encode("latin-1")
    with pytest.raises(CsvError, match="line 2: byte 0x81 is not cp1252"):
        rows(content, encoding="windows-1252")


def test_broken_utf_16_is_refused_with_the_line():
    content = TEXT.encode("utf-16") + b"\x00\xd8"
    with pytest.raises(CsvError, match="line 3: byte 0x00 is not utf-16"):
        rows(content)


def test_declared_encoding_against_the_mark_is_refused():
    with pytest.raises(CsvError, match="begins with the mark of utf-8"):
        rows(TEXT.encode("utf-8-sig"), encoding="windows-1252")


@pytest.mark.parametrize("start", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_workbook_is_refused_with_what_to_do(start):
    with pytest.raises(CsvError, match="is a workbook: save the sheet as CSV"):
        rows(start)
