"""Loading a CSV of invoices: columns, checks, all or nothing."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from local.errors import LaptopError
from local.invoice_csv import CsvError, InvoiceCsv
from local.load import load
from local.tenancy import act_for


@pytest.fixture
def owner(database):
    with psycopg.connect(database.owner_url) as connection:
        yield connection


@pytest.fixture
def load_text(tmp_path, owner):
    def load_it(text, organization="org_new", column=None):
        path = tmp_path / "invoices.csv"
        path.write_text(text, "utf-8")
        file = InvoiceCsv(
            path=path, organization_column=column, currency="GBP", status="paid"
        )
        return load(owner, file, organization)

    return load_it


def invoices(owner, organization="org_new"):
    with owner.transaction():
        act_for(owner.cursor(), organization)
        return owner.execute(
            "SELECT number, customer_name, status, total, currency, created_at, due_at"
            " FROM invoices ORDER BY number"
        ).fetchall()


def test_columns_are_found_by_name_and_alias(load_text, owner):
    (loaded,) = load_text(
        "Due Date,Invoice No,extra,customerName,TOTAL,status,currency,invoice_date\n"
        '2024-02-01,A-1,x,"Smith, ""Sons""",10.50,sent,eur,2024-01-01T10:00:00+02:00\n'
        ",A-2,,,-3,,,2024-01-02 03:04:05.000006\n"
    )
    assert (loaded.rows, loaded.new) == (2, 2)
    assert invoices(owner) == [
        (
            "A-1",
            'Smith, "Sons"',
            "sent",
            Decimal("10.50"),
            "EUR",
            datetime(2024, 1, 1, 8, tzinfo=UTC),
            datetime(2024, 2, 1, tzinfo=UTC),
        ),
        (
            "A-2",
            "",
            "paid",
            Decimal(-3),
            "GBP",
            datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            None,
        ),
    ]


def test_invoice_lines_are_numbered_and_multiplied(load_text, owner):
    load_text(
        "InvoiceNo,Description,Quantity,UnitPrice,InvoiceDate\n"
        "7,Lamp,3,2.55,2024-01-01\n8,Lamp,1,1,2024-01-01\n7,Mug,-2,0.5,2024-01-01\n"
    )
    numbers = [(row[0], row[3]) for row in invoices(owner)]
    assert numbers == [("7-1", Decimal("7.65")), ("7-2", -1), ("8-1", 1)]


def test_new_organisation_gets_somebody_to_export_as(load_text, owner):
    (loaded,) = load_text("number,customer,total,date\n1,a,1,2024-01-01\n")
    assert (loaded.organization_id, loaded.member) == ("org_new", "user_new")
    (again,) = load_text("number,customer,total,date\n2,a,1,2024-01-01\n", "org_acme")
    assert again.member == "user_alice"


def test_column_of_organisations_makes_one_for_each_value(load_text, owner):
    loaded = load_text(
        "number,customer,total,date,Country\n"
        "1,a,1,2024-01-01,United Kingdom\n2,a,1,2024-01-01,EIRE\n",
        organization=None,
        column="country",
    )
    assert [item.organization_id for item in loaded] == [
        "org_eire",
        "org_united_kingdom",
    ]
    assert len(invoices(owner, "org_eire")) == 1


def test_same_file_again_brings_nothing_new(load_text, owner):
    text = "number,customer,total,date\n1,a,1,2024-01-01\n1,b,2,2024-01-01\n"
    assert load_text(text)[0].new == 2
    assert load_text(text)[0].new == 0
    assert len(invoices(owner)) == 2


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1,a,ten,2024-01-01,", "line 3: total 'ten' is not a number"),
        ("1,a,NaN,2024-01-01,", "line 3: total 'NaN' is not a number"),
        ("1,a,1,01/02/2024,", "line 3: created_at '01/02/2024' is not an ISO 8601"),
        (",a,1,2024-01-01,", "line 3: number is empty"),
        ("1,a,1,2024-01-01,lost", "line 3: status 'lost' is not one of draft, sent"),
        ("1,a,1", "line 3: 3 values, the header has 5"),
        ("1,a\0,1,2024-01-01,", "line 3: customer_name holds a NUL"),
        ('1,"a"b,1,2024-01-01,', "line 3: ',' expected after '\"'"),
    ],
)
def test_bad_line_is_named_and_nothing_is_loaded(load_text, owner, line, complaint):
    head = "number,customer,total,date,status\n0,a,1,2024-01-01,\n"
    with pytest.raises(CsvError) as told:
        load_text(f"{head}{line}\n")
    assert complaint in str(told.value)
    assert invoices(owner) == []


def test_line_numbers_count_the_lines_inside_quotes(load_text):
    with pytest.raises(CsvError, match="line 4: total"):
        load_text('number,customer,total,date\n1,"a\nb",1,2024-01-01\n2,a,x,2024\n')


def test_only_the_first_ten_bad_lines_are_listed(load_text):
    bad = "1,a,x,2024-01-01\n" * 25
    with pytest.raises(CsvError, match="and 15 more"):
        load_text(f"number,customer,total,date\n{bad}")


def test_missing_columns_are_named(load_text):
    with pytest.raises(CsvError, match="no column for customer_name, total"):
        load_text("number,date\n1,2024-01-01\n")


def test_empty_file_says_so(load_text):
    with pytest.raises(CsvError, match="is empty"):
        load_text("")


def test_organisation_id_must_be_one(load_text):
    with pytest.raises(LaptopError, match="no organisation id"):
        load_text("number,customer,total,date\n1,a,1,2024-01-01\n", "not an id")


def test_packed_file_is_read(tmp_path, owner):
    path = tmp_path / "invoices.csv.gz"
    path.write_bytes(gzip.compress(b"number,customer,total,date\n1,a,1,2024-01-01\n"))
    file = InvoiceCsv(path=path, currency="GBP", status="paid")
    assert load(owner, file, "org_new")[0].new == 1
    path.write_bytes(b"not gzip")
    with pytest.raises(LaptopError, match="Cannot read"):
        load(owner, file, "org_new")
