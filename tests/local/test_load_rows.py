"""Rows of a file: blank ones, broken ones, and the lines that a refusal names."""

import csv
import gzip
import io
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.errors import LaptopError
from local.loader.problems import CsvError, Problems
from local.loader.source import opened
from local.loader.table import open_table
from tests.local.reading import HEADER, read, rows, rules_of

GOOD = "1,a,1,2024-01-01,\n"


def numbers(text, **declared):
    return [row.number for row in rows(text, **declared)]


def test_blank_line_does_not_end_the_file():
    text = HEADER + "1,a,1,2024-01-01,\n2,a,1,2024-01-01,\n\n3,a,1,2024-01-01,\n"
    assert numbers(text) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "blank",
    ["\n", "\r\n", ",,,,\n", ",\n", " , ,\u00a0,,\n", '"","",,,\n', '"\n",,,,\n'],
)
def test_blank_and_empty_rows_are_skipped_and_counted(blank):
    reader, found = read(HEADER + blank + GOOD + blank + blank)
    assert [row.number for row in found] == ["1"]
    assert (reader.table.blank.count, reader.table.blank.first) == (3, 2)


def test_bad_row_after_a_blank_line_is_seen():
    with pytest.raises(CsvError, match="line 5: total 'x'"):
        rows(HEADER + GOOD + "\n,,,,\n2,a,x,2024-01-01,\n")


def test_blank_lines_above_the_header_are_skipped():
    assert rows("\n\n" + HEADER + GOOD)[0].line == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_file_also_after_line_ends_in_quotes(end):
    text = HEADER + '1,"a\nb\nc",1,2024-01-01,\n\n"2\n",a,x,2024-01-01,\n'
    with pytest.raises(CsvError, match="line 6: total 'x'"):
        rows(text.replace("\n", end))


@given(
    st.lists(
        st.one_of(
            st.just([]),
            st.just(["", " ", ""]),
            st.tuples(*[st.text('ab,"\r\n ', max_size=4)] * 2),
        ),
        max_size=12,
    )
)
def test_every_row_has_the_line_that_it_begins_on(content):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["number", "customer", "total", "date"])
    begins = []
    for row in content:
        line = len(io.StringIO(text.getvalue(), newline="").readlines()) + 1
        if len(row) == 2:
            begins.append(line)
            writer.writerow([f"n{row[0]}", row[1], "1", "2024-01-01"])
        else:
            writer.writerow(row)
    assert [row.line for row in rows(text.getvalue())] == begins


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1,a,ten,2024-01-01,", "line 3: total 'ten' is not an amount"),
        ("1,a,,2024-01-01,", "line 3: total is empty"),
        ("1,a,1,01/02/2024,", "line 3: created_at '01/02/2024' is not a time"),
        ("1,a,1,,", "line 3: created_at is empty"),
        (",a,1,2024-01-01,", "line 3: number is empty"),
        ("1,a,1,2024-01-01,lost", "line 3: status 'lost' is not one of draft, sent"),
        ("1,a,1", "line 3: 3 values, the header has 5"),
        ("1,a\0,1,2024-01-01,", "line 3: customer_name holds a NUL"),
        ('1,"a"b,1,2024-01-01,', "line 3: ',' expected after '\"'"),
        ('1,"a,1,2024-01-01,', "line 3: a quote opens in this row and never closes"),
    ],
)
def test_bad_row_is_named_by_its_line(line, complaint):
    with pytest.raises(CsvError) as told:
        rows(f"{HEADER}0,a,1,2024-01-01,\n{line}\n", dates={"": "ymd"})
    assert complaint in str(told.value)


def test_only_the_first_ten_bad_lines_are_listed():
    with pytest.raises(CsvError, match="and 15 more") as told:
        rows(HEADER + "1,a,x,2024-01-01,\n" * 25)
    assert str(told.value).count("is not an amount") == 10


def test_unknown_status_is_listed_once_with_its_lines_counted():
    with pytest.raises(CsvError) as told:
        rows(HEADER + "1,a,1,2024-01-01,Open\n2,a,1,2024-01-01,Void\n" * 3)
    assert "line 2: status 'Open' is not one of draft, sent, paid, overdue" in str(
        told.value
    )
    assert '--status "Open=sent" (3 lines have it)' in str(told.value)
    assert str(told.value).count("Void") == 2


def test_statuses_are_mapped_without_regard_to_case_and_blanks():
    found = rows(
        HEADER + "1,a,1,2024-01-01, OPEN \n2,a,1,2024-01-01,Paid\n3,a,1,2024-01-01,\n",
        statuses={"Open": "sent"},
    )
    assert [row.status for row in found] == ["sent", "paid", None]


@pytest.mark.parametrize("word", ["\uff50aid", "pa\u0131d", "PA\u0130D"])
def test_status_in_letters_that_only_look_alike_is_unknown(word):
    with pytest.raises(CsvError, match="is not one of"):
        rows(HEADER + f"1,a,1,2024-01-01,{word}\n")


@pytest.mark.parametrize("currency", ["EURO", "E1R", "\ufb01x", "€"])
def test_currency_is_three_letters(currency):
    with pytest.raises(CsvError, match="is not three letters"):
        rows(f"number,customer,total,date,currency\n1,a,1,2024-01-01,{currency}\n")


@pytest.mark.parametrize("name", ["invoices.csv.gz", "invoices.csv"])
def test_packed_file_is_read_whatever_its_name(name):
    assert len(read(gzip.compress((HEADER + GOOD).encode()), name)[1]) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"not gzip",
        gzip.compress(HEADER.encode() * 99, mtime=0)[:-9],
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x07",
    ],
    ids=["other bytes", "cut off", "broken block"],
)
def test_broken_gzip_is_refused_in_one_line(content):
    with pytest.raises(LaptopError, match="Cannot read"):
        read(content, "invoices.csv.gz")


def test_missing_file_and_folder_are_refused_in_one_line(tmp_path):
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(LaptopError, match="Cannot read"), opened(path, None):
            pass


def test_pipe_is_read_like_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(HEADER + GOOD,))
    writer.start()
    with opened(pipe, None) as source:
        table = open_table(source, rules_of())
        assert [len(list(table.rows(Problems()))) for _ in range(2)] == [1, 1]
    writer.join()


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", ",,,\n"])
def test_empty_file_says_so(text):
    with pytest.raises(CsvError, match="is empty"):
        rows(text)


def test_long_text_is_read():
    long = "x" * 1_000_000
    assert rows(f"{HEADER}1,{long},1,2024-01-01,\n")[0].customer_name == long
