"""Where programs that read a file and the database differ: nowhere."""

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.judges import json_lines, readers, workbooks

Row = Sequence[Any]
# The first row with a difference, by judge.
Differences = dict[str, object]


def first(
    rows: Iterable[Row], truth: Iterable[Row], same: Callable[[Any, Any], bool]
) -> object:
    """Return the first row that differs: its number, and what differs in it."""
    for number, (seen, true) in enumerate(zip_longest(rows, truth)):
        if seen is None or true is None or len(seen) != len(true):
            return number, seen, true
        cells = zip(seen, true, strict=True)
        if wrong := [
            (its, ours)
            for its, ours in cells
            # Most cells are plainly equal, and there are millions of them.
            if (type(its) is not type(ours) or its != ours) and not same(its, ours)
        ]:
            return number, wrong
    return None


def of_csv(path: Path, truth: list[list[str]]) -> Differences:
    """Let every installed judge read a CSV file; the header is a row of the truth."""
    return _found(
        (name, first(read(path), readers.seen_by(name, truth), operator.eq))
        for name, (read, missing) in readers.JUDGES.items()
        if missing() is None
    )


def of_workbook(path: Path, truth: Sequence[Row]) -> Differences:
    """Let every installed judge read a workbook; the header is a row of the truth."""
    return _found(
        (name, first(judge.read(path), truth, judge.same))
        for name, judge in workbooks.JUDGES.items()
        if judge.missing() is None
    )


def of_json_lines(path: Path, truth: Sequence[Row]) -> Differences:
    """Let every installed judge read JSON lines, but for rows that it refuses."""
    return _found(
        (name, _first_in_json(path, truth, judge))
        for name, judge in json_lines.JUDGES.items()
        if judge.missing() is None
    )


def _found(differences: Iterable[tuple[str, object]]) -> Differences:
    return {name: found for name, found in differences if found}


def _first_in_json(path: Path, truth: Sequence[Row], judge: json_lines.Judge) -> object:
    accepted = [judge.accepts(row) for row in truth]
    if not all(accepted):
        with path.open("rb") as file:
            kept = [line for line, keep in zip(file, accepted, strict=True) if keep]
        path = path.with_name(f"accepted-{path.name}")
        path.write_bytes(b"".join(kept))
        truth = [row for row, keep in zip(truth, accepted, strict=True) if keep]
    return first(judge.read(path), truth, judge.same)
