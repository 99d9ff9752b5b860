"""Loading a CSV of invoices: what a row is, what is there already, all or nothing."""

import threading

import psycopg
import pytest

from local.loader.load import load
from local.loader.problems import CsvError
from local.loader.rules import Existing, Lines, Rules
from tests.local.reading import HEADER

YEAR_2023 = HEADER + "".join(f"000{n},a,{n}0,2023-0{n}-01,\n" for n in range(1, 6))
YEAR_2024 = HEADER + "".join(f"000{n},a,{n}1,2024-0{n}-01,\n" for n in range(1, 8))
BY_DATE = ("number", "created_at")

# As a billing tool writes it: a line for each item, the invoice's total in all of them.
ITEMS = (
    "Invoice Number,Customer,Invoice Status,Invoice Total,Item,Invoice Date\n"
    "INV-1,Ada,Sent,1000.00,Desk,2024-01-05\n"
    "INV-1,Ada,Sent,1000.00,Chair,2024-01-05\n"
    "INV-2,Bob,Paid,39.75,Lamp,2024-01-06\n"
    "INV-1,Ada,Sent,1000.00,Shelf,2024-01-05\n"
    "INV-3,Cy,Overdue,300.00,Rug,2024-01-07\n"
    "INV-3,Cy,Overdue,300.00,Bin,2024-01-07\n"
)


def said(report):
    return "\n".join(report.lines())


def test_report_says_what_was_read_and_what_was_not(load_text):
    report = load_text(
        "Invoice No,Customer,Notes,Total,Date,Status\n"
        "1,a,x,1.50,2024-01-02,\n\n2,b,y,-3,2024-01-01,sent\n"
    )
    *facts, last = said(report).splitlines()
    assert facts[0].endswith("utf-8, separated by ',', header in line 1")
    assert facts[1:] == [
        "  number        Invoice No",
        "  customer_name Customer",
        "  status        Status, empty in 1 row: paid",
        "  total         Total (decimal point)",
        "  currency      no column: GBP",
        "  created_at    Date (year first)",
        "  due_at        no column: none",
        "  not read      Notes",
        "blank rows skipped: 1, the first in line 3",
        (
            "2 invoices of -1.50 GBP,"
            " from 2024-01-01 00:00:00+00 to 2024-01-02 00:00:00+00"
        ),
    ]
    assert last == ("org_new: 2 rows, 2 new, new organisation; export them as user_new")


def test_same_file_again_brings_nothing_new(load_text, stored):
    assert load_text(YEAR_2023).organizations[0].new == 5
    (again,) = load_text(YEAR_2023).organizations
    assert (again.rows, again.new, again.unchanged) == (5, 0, 5)
    assert len(stored("number")) == 5


def test_corrected_amounts_are_reported_by_line_and_nothing_changes(load_text, stored):
    load_text(YEAR_2023)
    corrected = YEAR_2023.replace(",20,", ",25,").replace("0004,a,", "0004,b,")
    with pytest.raises(CsvError) as told:
        load_text(corrected + "0006,a,60,2023-06-01,\n")
    assert "line 3: 0002: total 20 -> 25" in str(told.value)
    assert "line 5: 0004: customer_name 'a' -> 'b'" in str(told.value)
    assert "--update" in str(told.value)
    assert "--keep" in str(told.value)
    assert stored("number, total")[1] == ("0002", 20)
    assert len(stored("number")) == 5


def test_update_takes_the_content_of_the_file(load_text, stored):
    load_text(YEAR_2023)
    ids = stored("id")
    report = load_text(YEAR_2023.replace(",20,", ",25,"), existing=Existing.UPDATE)
    (one,) = report.organizations
    assert (one.new, one.changed, one.unchanged) == (0, 1, 4)
    assert "line 3: 0002: total 20 -> 25" in said(report)
    assert "5 rows, 0 new, 1 updated, 4 unchanged" in said(report)
    assert stored("number, total")[1] == ("0002", 25)
    assert stored("id") == ids


def test_keep_loads_what_is_new_and_says_what_it_kept(load_text, stored):
    load_text(YEAR_2023)
    report = load_text(
        YEAR_2023.replace(",20,", ",25,") + "0006,a,60,2023-06-01,\n",
        existing=Existing.KEEP,
    )
    assert "existing invoices kept, although the file differs: 1" in said(report)
    assert "6 rows, 1 new, 1 kept, 4 unchanged" in said(report)
    assert stored("total")[1] == (20,)


def test_dry_run_says_what_would_change_and_writes_nothing(load_text, stored, owner):
    load_text(YEAR_2023)
    changed = YEAR_2023.replace(",20,", ",25,") + "0006,a,60,2023-06-01,\n"
    report = load_text(changed, existing=Existing.UPDATE, dry_run=True)
    assert "line 3: 0002: total 20 -> 25" in said(report)
    assert "6 rows, 1 new, 1 updated, 4 unchanged" in said(report)
    assert said(report).endswith("dry run: nothing was written")
    assert stored("total") == [(10,), (20,), (30,), (40,), (50,)]
    assert "3 rows, 3 new" in said(
        load_text(ITEMS, organization="org_dry", lines=Lines.FIRST, dry_run=True)
    )
    assert stored("id", "org_dry") == []


def test_dry_run_lists_every_change(load_text):
    text = HEADER + "".join(f"{n},a,1,2024-01-01,\n" for n in range(20))
    load_text(text)
    changed = text.replace(",a,", ",b,")
    report = load_text(changed, existing=Existing.UPDATE, dry_run=True)
    assert said(report).count(" -> ") == 20
    assert said(load_text(changed, existing=Existing.UPDATE)).count(" -> ") == 10


def test_numbers_of_two_years_are_told_apart_by_their_date(load_text, stored):
    load_text(YEAR_2023)
    with pytest.raises(CsvError, match="--key number,created_at"):
        load_text(YEAR_2024)
    (one,) = load_text(YEAR_2024, key=BY_DATE).organizations
    assert one.new == 7
    assert sum(total for (total,) in stored("total")) == 150 + 287


def test_numbers_of_two_years_in_one_file_are_told_apart_too(load_text, stored):
    both = YEAR_2023 + YEAR_2024.removeprefix(HEADER)
    with pytest.raises(CsvError, match="10 rows share their number with another row"):
        load_text(both)
    report = load_text(both, key=BY_DATE)
    assert (
        "numbers that occur more than once: 5, in 10 rows; each row is a separate"
        in said(report)
    )
    assert len(stored("number")) == 12
    assert load_text(both, key=BY_DATE).organizations[0].unchanged == 12
    with pytest.raises(CsvError, match="line 2: 2 existing invoices have this number"):
        load_text(YEAR_2023)


def test_key_that_two_rows_share_is_refused(load_text):
    text = HEADER + "1,a,1,2024-01-01,\n1,b,2,2024-01-01,\n"
    with pytest.raises(CsvError, match="share their number and created_at"):
        load_text(text, key=BY_DATE)
    with pytest.raises(CsvError, match="share their number"):
        load_text(HEADER + "1,a,1,2024-01-01,\n1 ,b,2,2024-01-01,\n")


def test_same_number_in_two_organisations_is_two_invoices(load_text):
    report = load_text(
        "number,customer,total,date,org\n1,a,1,2024-01-01,X\n1,a,2,2024-01-01,Y\n",
        organization_column="org",
    )
    assert [one.new for one in report.organizations] == [1, 1]


def test_what_the_file_does_not_say_is_kept(load_text, stored):
    load_text(
        "number,customer,total,date,status,currency,due\n"
        "1,a,1,2024-01-01,sent,EUR,2024-02-01\n"
    )
    before = stored("status, currency, due_at")
    short = "number,customer,total,date,status\n1,a,1,2024-01-01,\n"
    assert load_text(short).organizations[0].unchanged == 1
    load_text(short.replace(",1,2", ",2,2"), existing=Existing.UPDATE)
    assert stored("status, currency, due_at") == before
    cleared = "number,customer,total,date,due\n1,a,2,2024-01-01,\n"
    with pytest.raises(CsvError, match="due_at 2024-02-01 00:00:00\\+00 -> none"):
        load_text(cleared)


def test_repeated_numbers_are_refused_with_the_ways_to_load_them(load_text, stored):
    with pytest.raises(CsvError) as told:
        load_text(ITEMS)
    assert "5 rows share their number with another row; 'INV-1' is in lines 2 to 5" in (
        str(told.value)
    )
    for way in (
        "--lines first",
        "--lines sum",
        "--lines item",
        "--key number,created_at",
    ):
        assert way in str(told.value)
    assert stored("id") == []


def test_total_that_each_item_repeats_is_taken_once(load_text, stored):
    report = load_text(ITEMS, lines=Lines.FIRST)
    assert "occur more than once: 2, in 5 rows; the rows repeat one invoice" in said(
        report
    )
    assert "3 invoices of 1,339.75 GBP" in said(report)
    assert [(str(t), s) for t, s in stored("total, status")] == [
        ("1000.00", "sent"),
        ("39.75", "paid"),
        ("300.00", "overdue"),
    ]
    assert load_text(ITEMS, lines=Lines.FIRST).organizations[0].unchanged == 3


def test_cells_that_an_invoice_fills_in_one_row_only_are_found(load_text, stored):
    load_text(
        "number,customer,total,date,status\n1,,,,\n1,Ada,5,2024-01-05,sent\n1,,,,\n",
        lines=Lines.FIRST,
    )
    assert [(n, str(t), s) for n, t, s in stored("customer_name, total, status")] == [
        ("Ada", "5", "sent")
    ]
    with pytest.raises(CsvError, match="no row of this invoice has a total"):
        load_text(HEADER + "1,a,,2024-01-01,\n1,a,,2024-01-01,\n", lines=Lines.FIRST)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("INV-1,Ada,Sent,10.00,x,2024-01-05", "total 10.00 instead of 1000.00"),
        ("INV-1,Eve,Sent,1000.00,x,2024-01-05", "customer_name 'Eve' instead of 'Ada'"),
        ("INV-1,Ada,Paid,1000.00,x,2024-01-05", "status paid instead of sent"),
        ("INV-1,Ada,Sent,1000.00,x,2025-01-05", "created_at 2025-01-05"),
    ],
)
def test_rows_of_one_invoice_that_disagree_are_refused(load_text, row, said):
    with pytest.raises(CsvError, match=f"line 8 against line 2: {said}"):
        load_text(f"{ITEMS}{row}\n", lines=Lines.FIRST)


def test_parts_of_an_invoice_are_added_up(load_text, stored):
    report = load_text(
        "InvoiceNo,Customer,Quantity,UnitPrice,InvoiceDate\n"
        "7,Ada,3,2.55,2024-01-01 10:00\n8,Bob,1,1,2024-01-01\n"
        "7,Ada,-2,.5,2024-01-01 10:01\n",
        lines=Lines.SUM,
    )
    assert (
        "occur more than once: 1, in 2 rows; the totals of the rows are added up"
        in said(report)
    )
    assert "rows with a different time of the same day: 1; the time of the" in said(
        report
    )
    assert [(n, str(t)) for n, t in stored("number, total")] == [
        ("8", "1"),
        ("7", "6.65"),
    ]


def test_parts_in_two_currencies_are_not_added_up(load_text):
    head = "number,customer,total,date,currency\n"
    text = f"{head}1,a,1,2024-01-01,EUR\n1,a,1,2024-01-01,USD\n"
    with pytest.raises(CsvError, match="currency USD instead of EUR"):
        load_text(text, lines=Lines.SUM)


def test_items_are_numbered_within_their_invoice(load_text, stored):
    items = (
        "InvoiceNo,Description,Quantity,UnitPrice,InvoiceDate\n"
        "7,Lamp,3,2.55,2024-01-01\n8,Lamp,1,1,2024-01-01\n7,Mug,-2,0.5,2024-01-01\n"
    )
    report = load_text(items)
    assert (
        "occur more than once: 1, in 2 rows; each row is a separate invoice, numbered"
        in (said(report))
    )
    found = [(number, str(total)) for number, total in stored("number, total")]
    assert sorted(found) == [("7-1", "7.65"), ("7-2", "-1.0"), ("8-1", "1")]
    assert load_text(items).organizations[0].unchanged == 3


def test_rows_of_one_time_keep_the_order_of_the_file(load_text, stored):
    names = [f"n{n * 7 % 50}" for n in range(50)]
    load_text(HEADER + "".join(f"{name},a,1,2024-01-01,\n" for name in names))
    assert [name for (name,) in stored("number")] == names


def test_nothing_is_loaded_if_a_row_is_bad(load_text, stored):
    with pytest.raises(CsvError, match="line 1002"):
        load_text(
            HEADER + "".join(f"{n},a,1,2024-01-01,\n" for n in range(1000)) + "x\n"
        )
    assert stored("id") == []


@pytest.mark.parametrize("below", ["", "\n\n", ",,,,\n"])
def test_file_without_rows_is_refused(load_text, below):
    with pytest.raises(CsvError, match="there is no row below the header"):
        load_text(HEADER + below)


def test_product_is_exact(load_text, stored):
    price = "123456789012345678901234567890.123456789"
    load_text(f"number,customer,quantity,price,date\n1,a,3,{price},2024-01-01\n")
    assert str(stored("total")[0][0]) == "370370367037037036703703703670.370370367"


def test_database_with_another_client_encoding_takes_every_letter(
    tmp_path, stored, owner, database
):
    owner.execute(
        f"ALTER ROLE CURRENT_USER IN DATABASE {database.name}"
        " SET client_encoding = LATIN1"
    )
    owner.commit()
    path = tmp_path / "invoices.csv"
    path.write_text(HEADER + "1,北京,1,2024-01-01,\n", "utf-8")
    with psycopg.connect(database.owner_url) as connection:
        load(connection, path, Rules(organization="org_new"))
    assert stored("customer_name") == [("北京",)]


def test_two_loads_at_once_make_each_invoice_once(tmp_path, database, stored):
    path = tmp_path / "invoices.csv"
    path.write_text(HEADER + "".join(f"{n},a,1,2024-01-01,\n" for n in range(500)))
    rules = Rules(organization="org_new")
    new = []

    def run():
        with psycopg.connect(database.owner_url) as connection:
            new.append(load(connection, path, rules).organizations[0].new)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [0, 0, 0, 500]
    assert len(stored("id")) == 500
