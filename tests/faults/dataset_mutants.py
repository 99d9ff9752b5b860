"""Deliberate breaks of what reads a dataset: conditions, views and definitions."""

from typing import Any

from invoice_export.domain.requests import ExportRequest
from invoice_export.steps import compose_file, plan_pages, write_page
from invoice_export.store import datasets
from tests.faults.breaks import (
    Mutant,
    every,
    forget,
    left_out,
    sql_with,
    swapped,
    view_with,
)


def _read_unfenced(tx: Any, run: Any) -> Any:
    """Read a run's request, whatever its dataset was when it began."""
    dataset = tx.datasets.by_name[run.dataset]
    datasets.hold(tx, dataset)
    return ExportRequest.of_canonical(dataset, run.request_key)


OF_DATASETS = (
    Mutant(
        "plan without conditions",
        left_out("conditions", "exported_rows.walk"),
        ("filtered",),
        "Plan Pages",
        noticed_by=(
            "a plan does not fit the rows of its file",
            "rows too many",
        ),
    ),
    Mutant(
        "page without conditions",
        left_out("conditions", "exported_rows.copy_page"),
        ("filtered",),
        "Write Page",
        noticed_by=(
            "rows too many",
            "an estimate counts other rows than the file has",
        ),
    ),
    Mutant(
        "page without the cut-off",
        left_out("cut_off", "exported_rows.copy_page"),
        ("filtered",),
        "Write Page",
        noticed_by=("rows too many",),
    ),
    Mutant(
        "view without the tenant",
        view_with("WHERE q.{organization} = {current}", ""),
        ("filtered",),
        "Write Page",
        noticed_by=(
            "rows too many",
            "a plan does not fit the rows of its file",
        ),
    ),
    Mutant(
        "request key forgets the filters",
        forget("filters"),
        ("filtered",),
        "start",
        noticed_by=(
            "a request was answered with a run of another request",
            "rows too many",
            "a plan does not fit the rows of its file",
        ),
    ),
    Mutant(
        "start finds a run of other options",
        sql_with("runs.find_today", "AND request_key = %(request_key)s", ""),
        ("filtered",),
        "start",
        noticed_by=("a request was answered with a run of another request",),
    ),
    Mutant(
        "old worker reads a new view",
        swapped(datasets, "hold", lambda *_: None),
        ("redeployed",),
        "Write Page",
        noticed_by=("other cells in seller",),
    ),
    Mutant(
        "new worker continues a run of an old dataset",
        every(
            swapped(plan_pages, "read_request", _read_unfenced),
            swapped(write_page, "read_request", _read_unfenced),
            swapped(compose_file, "read_request", _read_unfenced),
        ),
        ("redeployed",),
        "Plan Pages",
        noticed_by=("other cells in seller",),
    ),
)
