"""Columns and headers: what is found, and how a refusal helps."""

import re

import pytest

from local.errors import LaptopError
from local.loader.columns import called
from local.loader.problems import CsvError
from local.loader.rules import Lines
from tests.local.reading import read, rows

ROW = "1,a,1,2024-01-01,paid\n"


def test_columns_are_found_by_any_of_their_names():
    (row,) = rows(
        "Due Date,Invoice No,extra,customerName,TOTAL,Invoice_Status,currency code,"
        'invoice_date\n2024-02-01,A-1,x,"Smith, ""Sons""",10.50,Sent,eur,2024-01-01\n'
    )
    assert row._asdict() == {
        "line": 2,
        "organization_id": "org_new",
        "id": None,
        "number": "A-1",
        "customer_name": 'Smith, "Sons"',
        "status": "sent",
        "total": "10.50",
        "currency": "EUR",
        "created_at": "2024-01-01+00",
        "due_at": "2024-02-01+00",
    }


def test_missing_columns_are_named_with_the_names_they_may_have():
    with pytest.raises(CsvError) as told:
        rows("number,date,Gross\n1,2024-01-01,5\n")
    for field in ("customer_name", "total"):
        assert f"no column for {field}. It may be called {called(field)}" in str(
            told.value
        )
    assert "--map total=<column>" in str(told.value)
    assert "the columns are: number, date, Gross" in str(told.value)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("total,total", "'total' (column 1) and 'total' (column 2)"),
        ("Total,Amount", "'Total' (column 1) and 'Amount' (column 2)"),
        ("total,TOTAL,amount", "3 columns could be the total"),
    ],
)
def test_two_columns_that_could_be_the_total_are_refused(header, told):
    with pytest.raises(CsvError) as refused:
        rows(f"{header},number,customer,date\n")
    assert told in str(refused.value)
    assert "Choose one: --map total=" in str(refused.value)


def test_refusal_of_two_columns_says_what_works():
    text = "total,total,number,customer,date\n1,2,n,a,2024-01-01\n"
    with pytest.raises(CsvError) as refused:
        rows(text)
    choice = re.search(r"--map total=(\S+)", str(refused.value))[1]
    assert rows(text, columns={"total": choice})[0].total == "1"
    assert rows(text, columns={"total": "#2"})[0].total == "2"


def test_mapped_column_is_taken_and_the_other_one_reported():
    reader, (row,) = read(
        "Total,Invoice Total,number,customer,date\n1,2,n,a,2024-01-01\n",
        columns={"total": "invoice total"},
    )
    assert row.total == "2"
    assert reader.table.columns.ignored == ["Total"]


def test_mapped_column_is_not_taken_for_another_field():
    (row,) = rows(
        "Due Date,number,customer,total\n2024-01-01,n,a,1\n",
        columns={"created_at": "Due Date"},
    )
    assert (row.created_at, row.due_at) == ("2024-01-01+00", None)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"total": "Gross"}, "--map total: there is no column 'Gross'"),
        ({"total": "#9"}, "--map total: there is no column '#9'"),
        ({"total": "x"}, "--map total: 2 columns have that name"),
        ({"colour": "x"}, "--map colour: use one of number, customer_name"),
    ],
)
def test_mapping_that_fits_no_column_is_refused(columns, told):
    with pytest.raises(LaptopError, match=re.escape(told)):
        rows("number,customer,total,date,x,x\n1,a,1,2024-01-01,,\n", columns=columns)


def test_customer_goes_before_description():
    reader, (row,) = read(
        "number,Description,Customer,total,date\n1,item,a,1,2024-01-01\n"
    )
    assert row.customer_name == "a"
    assert reader.table.columns.ignored == ["Description"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Payment Status", "status"),
        ("status_text", "status"),
        ("Original currency", "currency"),
        ("Payment due date", "due_at"),
    ],
)
def test_column_that_may_be_meant_is_never_passed_over(name, field):
    text = f"number,customer,total,date,{name}\n1,a,1,2024-01-01,\n"
    with pytest.raises(CsvError, match=f"'{name}' may be the {field}: say --map"):
        rows(text)
    assert rows(text, columns={field: ""})
    assert rows(text, columns={field: name})


def test_duplicate_column_that_nothing_reads_does_no_harm():
    assert rows("number,customer,total,date,x,x,,\n1,a,1,2024-01-01,,,,\n")


def test_duplicate_organisation_column_is_refused():
    with pytest.raises(CsvError, match="--org-column: 2 columns have that name"):
        rows(
            "number,customer,total,date,Org,org\n1,a,1,2024-01-01,x,y\n",
            organization_column="ORG",
        )


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe")]
)
def test_wrong_separator_is_named(separator, name):
    text = f"number,customer,total,date,status\n{ROW}".replace(",", separator)
    with pytest.raises(CsvError) as told:
        rows(text)
    assert f"the header is separated by {separator!r}, not ','" in str(told.value)
    assert f"--delimiter {name}" in str(told.value)
    assert rows(text, delimiter=separator)[0].number == "1"


def test_separator_that_the_file_declares_is_used():
    assert (
        rows('sep=;\nnumber;customer;total;date\n1;a;"1,5";2024-01-01\n')[0][6] == "1.5"
    )


def test_header_below_titles_is_named_by_its_line():
    text = f"Invoices\n\nfrom 2024,to 2025\nnumber,customer,total,date,status\n{ROW}"
    with pytest.raises(CsvError, match="line 4 looks like the header: say") as told:
        rows(text)
    assert "--header-line 4" in str(told.value)
    (row,) = rows(text, header_line=4)
    assert (row.line, row.number) == (5, "1")


def test_header_elsewhere_with_another_separator_that_lacks_a_column_is_told_whole():
    with pytest.raises(CsvError) as told:
        rows("Invoices\nnumber;customer;gross;date\n1;a;1;2024-01-01\n")
    assert "--header-line 2 --delimiter semicolon" in str(told.value)
    assert "no column for total" in str(told.value)


def test_header_line_without_a_header_is_refused():
    with pytest.raises(CsvError, match="line 9: there is no header"):
        rows("number,customer,total,date\n", header_line=9)


def test_header_that_was_named_is_the_one_that_is_judged():
    text = "number,customer,total,amount,date\n" * 3
    with pytest.raises(CsvError, match="line 2: this header cannot be used"):
        rows(text, header_line=2)


def test_header_may_have_line_ends_in_a_name():
    assert rows('"Invoice\nNo",customer,total,date\n1,a,1,2024-01-01\n')[0].line == 3


ITEMS = (
    "InvoiceNo,Description,Quantity,UnitPrice,InvoiceDate\n7,Lamp,3,2.55,2024-01-01\n"
)


def test_without_a_total_each_row_is_an_item():
    reader, (row,) = read(ITEMS)
    assert reader.table.columns.lines is Lines.ITEM
    assert row.total == "7.65"


def test_amount_of_an_item_that_could_be_two_things_is_refused():
    text = "number,customer,total,quantity,unit price,date\n1,a,9,2,3,2024-01-01\n"
    assert rows(text)[0].total == "9"
    with pytest.raises(CsvError, match="or quantity times unit price"):
        rows(text, lines=Lines.SUM)
    assert rows(text, lines=Lines.SUM, columns={"total": "total"})[0].total == "9"
    assert rows(text, lines=Lines.SUM, columns={"total": ""})[0].total == "6"


def test_repeated_total_needs_a_column():
    with pytest.raises(CsvError, match="no column for total"):
        rows(ITEMS, lines=Lines.FIRST)
