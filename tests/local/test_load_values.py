"""Amounts and times: strict, and guessed only where a whole column allows one way."""

import calendar
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.loader import amounts
from local.loader import times as moments
from local.loader.problems import CsvError
from local.loader.survey import EXPORTED
from tests.driver import INVOICES
from tests.local.reading import HEADER, read, rows, times, totals


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "1_000",
            "\uff11\uff12",
            "1E+5",
            "1e30",
            "NaN",
            "Infinity",
            "0x10",
            "٣",
            "1²",
        ),
        *("£5", "5 EUR", "(5)", "5-", "- 5", "--5", "5.", ".", "-", "+"),
        *("1,23,456.00", "12.34.56", "1,,234", "1.234,567.8", "1 23"),
        "9" * 1_001,
    ],
)
def test_amount_that_is_no_plain_number_is_refused(cell):
    with pytest.raises(CsvError, match=r"line 3: total '.*' is not an amount"):
        totals("1.50", cell)


@pytest.mark.parametrize(
    ("cell", "point", "comma"),
    [
        ("12.50", "12.50", None),
        ("12,50", None, "12.50"),
        ("1,234.56", "1234.56", None),
        ("1.234,56", None, "1234.56"),
        ("1.234.567", None, "1234567"),
        ("39.940", "39.940", "39940"),
        ("-1,000", "-1000", "-1.000"),
        ("0.940", "0.940", None),
        ("1234.567", "1234.567", None),
        ("1 234,5", None, "1234.5"),
        ("1\u202f234\u202f567", "1234567", "1234567"),
        ("1'234.50", "1234.50", None),
        ("\u22123", "-3", "-3"),
        ("+7", "7", "7"),
        (".5", "0.5", None),
        ("007", "007", "007"),
    ],
)
def test_meaning_of_an_amount(cell, point, comma):
    expected = {"point": point, "comma": comma}
    assert amounts.readings(cell) == {k: v for k, v in expected.items() if v}


def test_decimal_mark_is_that_of_the_whole_column():
    assert totals("39.940", "12.5") == ["39.940", "12.5"]
    assert totals("39.940", "1.234,56") == ["39940", "1234.56"]
    assert totals("1,000", "-2,000.5", "3") == ["1000", "-2000.5", "3"]


def test_thousands_or_thousandths_are_asked_for():
    with pytest.raises(CsvError) as told:
        totals("7", "39.940", "1.000")
    assert "total '39.940' (line 3) can be read in more than one way" in str(told.value)
    assert "--decimal point (39.940) or --decimal comma (39940)" in str(told.value)
    assert totals("39.940", decimal={"": "comma"}) == ["39940"]
    assert totals("39.940", decimal={"total": "point"}) == ["39.940"]


def test_column_of_two_decimal_marks_is_refused_with_both():
    with pytest.raises(CsvError) as told:
        totals("7", "1,234.56", "1.234,56")
    assert "'1,234.56' (line 3) and '1.234,56' (line 4)" in str(told.value)
    with pytest.raises(CsvError, match=r"line 4: total '1\.234,56' is not"):
        totals("7", "1,234.56", "1.234,56", decimal={"": "point"})


def test_each_column_has_its_own_mark():
    text = 'number,customer,quantity,price,date\n1,a,1.000,"2,50",2024-01-01\n'
    with pytest.raises(CsvError, match=r"quantity '1\.000'"):
        rows(text)
    (row,) = rows(text, decimal={"quantity": "point"})
    assert row.total == "2.50000"


def test_export_is_known_by_its_header():
    assert ",".join(column.header for column in INVOICES.columns) == EXPORTED
    assert rows(f"{EXPORTED}\n,1,a,paid,39.940,EUR,2024-01-01,\n")[0].total == "39.940"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2), st.booleans())
def test_amount_is_read_in_both_conventions(value, grouped):
    text = f"{value:,.2f}" if grouped else f"{value:.2f}"
    assert Decimal(amounts.amount(text, "point")) == value
    swapped = text.translate(str.maketrans(",.", ".,"))
    assert Decimal(amounts.amount(swapped, "comma")) == value


@given(
    st.text("0123456789.,-+ '\u00a0_eE\u0661\uff11", max_size=9) | st.text(max_size=6)
)
def test_amount_has_one_meaning_for_each_mark_or_none(cell):
    for meaning in amounts.readings(cell).values():
        assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", meaning)
        # No digit is lost, and none is made up but the 0 of ".5".
        digits, meant = (re.sub("[^0-9]", "", text) for text in (cell, meaning))
        assert meant in (digits, f"0{digits}")


@pytest.mark.parametrize(
    ("cell", "ymd", "dmy", "mdy"),
    [
        ("2024-01-31", "2024-01-31T00:00:00Z", None, None),
        ("2024-01-31T08:26:00.000001Z", "2024-01-31T08:26:00.000001Z", None, None),
        ("2024-01-31 08:26", "2024-01-31T08:26:00Z", None, None),
        ("2024-01-31T10:00:00+02:00", "2024-01-31T08:00:00Z", None, None),
        ("20240131T082600Z", "2024-01-31T08:26:00Z", None, None),
        ("2024/1/31", "2024-01-31T00:00:00Z", None, None),
        ("31.12.2025", None, "2025-12-31T00:00:00Z", None),
        ("12/31/25", None, None, "2025-12-31T00:00:00Z"),
        ("31/12/25", "2031-12-25T00:00:00Z", "2025-12-31T00:00:00Z", None),
        ("12/1/2010 8:26", None, "2010-01-12T08:26:00Z", "2010-12-01T08:26:00Z"),
        ("1/13/1999, 12:05:06\u202fam", None, None, "1999-01-13T00:05:06Z"),
        ("13-01-1999 12:05 PM", None, "1999-01-13T12:05:00Z", None),
        ("31.12.70", None, "1970-12-31T00:00:00Z", None),
    ],
)
def test_meaning_of_a_time(cell, ymd, dmy, mdy):
    expected = {"ymd": ymd, "dmy": dmy, "mdy": mdy}
    assert {
        order: datetime.fromisoformat(meaning).astimezone(UTC)
        for order, meaning in moments.readings(cell).items()
    } == {k: datetime.fromisoformat(v) for k, v in expected.items() if v}


@pytest.mark.parametrize(
    "cell",
    [
        *("2023-02-29", "31.11.2024", "2024-13-01", "0000-01-01", "2024-01-31T25:00"),
        *("1.2/2024", "45292"),
        *(
            "\uff12\uff10\uff12\uff14-01-01",
            "soon",
            "2024-01",
            "10:00",
            "2024-01-31T10",
            "1704067200",
        ),
        *("10000-02-30 00:00:00", "0000-01-01 00:00:00 BC", "999999-01-01 00:00:00"),
    ],
)
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(CsvError, match=r"line 3: created_at '.*' is not a time"):
        times("2024-01-01", cell, dates={"": "ymd"})


@pytest.mark.parametrize(
    "cell",
    [
        *("1/2/2024 13:00 PM", "1/2/2024 0:30 AM", "1/2/2024 24:01", "29.2.1900"),
        # 10100 is no leap year, as 1900 is none.
        *("10100-02-29 00:00:00", "10000-13-01 00:00:00", "1/2/024", "1/2/20240"),
    ],
)
def test_time_that_no_calendar_or_clock_has_means_nothing(cell):
    assert moments.readings(cell) == {}


def test_order_of_dates_is_that_of_the_whole_column():
    assert times("01/02/2024", "31/01/2024") == [
        "2024-02-01T00:00:00+00:00",
        "2024-01-31T00:00:00+00:00",
    ]
    assert times("1/2/2024", "1/31/2024")[0] == "2024-01-02T00:00:00+00:00"
    # The same day either way.
    assert times("05/05/2024") == ["2024-05-05T00:00:00+00:00"]


def test_open_order_of_dates_is_asked_for():
    with pytest.raises(CsvError) as told:
        times("05/05/2024", "01/02/2024")
    assert "created_at '01/02/2024' (line 3)" in str(told.value)
    assert "--dates dmy (2024-02-01T" in str(told.value)
    assert "--dates mdy (2024-01-02T" in str(told.value)
    assert times("01/02/2024", dates={"": "dmy"}) == ["2024-02-01T00:00:00+00:00"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("31.12.2024", "12/31/2024"), ("2024-01-02", "13/01/2024")],
)
def test_column_of_two_orders_is_refused_with_both(one, other):
    with pytest.raises(CsvError) as told:
        times(one, other)
    assert f"{one!r} (line 2) and {other!r} (line 3)" in str(told.value)


def test_three_values_that_agree_in_pairs_only_are_refused():
    with pytest.raises(CsvError, match="written in more than one way"):
        times("31/12/25", "12/31/25")


def test_every_undecided_column_is_told_at_once():
    with pytest.raises(CsvError) as told:
        rows("number,customer,total,date,due\n1,a,1.000,01/02/2024,03/04/2024\n")
    assert [
        field in str(told.value) for field in ("total", "created_at", "due_at")
    ] == [True] * 3


def test_dates_are_read_by_a_pattern():
    assert times("05-Jan-2024", dates={"": "%d-%b-%Y"}) == ["2024-01-05T00:00:00+00:00"]
    assert times("5.1.2024 +0200", dates={"": "%d.%m.%Y %z"}) == [
        "2024-01-04T22:00:00+00:00"
    ]
    for cell in ("5 Jan 2024", "0\uff15-Jan-2024"):
        with pytest.raises(CsvError, match="not a time of the form %d-%b-%Y"):
            times(cell, dates={"": "%d-%b-%Y"})


def test_times_finer_than_a_microsecond_are_counted():
    reader, found = read(
        HEADER
        + "1,a,1,2024-01-01T00:00:00.1234567Z,\n2,a,1,2024-01-01T00:00:00.1234560Z,\n"
    )
    assert found[0].created_at == "2024-01-01T00:00:00.123456+00:00"
    assert (reader.cut_times.count, reader.cut_times.first) == (1, 2)


ANY_TIME = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31))  # noqa: DTZ001


@given(ANY_TIME)
def test_time_is_read_in_every_order(moment):
    clock = f"{moment:%H:%M:%S}.{moment.microsecond:06}"
    y, m, d = f"{moment.year:04}", moment.month, moment.day
    for order, text in (
        ("ymd", f"{y}-{m:02}-{d:02}T{clock}Z"),
        ("ymd", f"{y}/{m}/{d} {clock}"),
        ("dmy", f"{d}.{m}.{y} {clock}"),
        ("mdy", f"{m}/{d}/{y} {clock}"),
    ):
        meaning, is_cut = moments.time(text, order)
        assert datetime.fromisoformat(meaning) == moment.replace(tzinfo=UTC)
        assert not is_cut


@given(st.text("0123456789-/.: TZ+BCinfty", max_size=20) | st.text(max_size=8))
def test_time_has_a_meaning_or_none(cell):
    for order, meaning in moments.readings(cell).items():
        assert order in moments.ORDERS
        day = re.match(r"-?infinity|([0-9]{4,6})-([0-9]{2})-([0-9]{2})", meaning)
        assert day
        if day[1]:
            assert 1 <= int(day[3]) <= max(calendar.monthrange(2000, int(day[2]))[1], 1)
