"""What happened to a chain of audit records is found, and called by its name."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from invoice_export.domain.audit_chain import ChainedRecord, Kind, beginning
from invoice_export.domain.chain_heads import Head
from tools.audit.check import check_organization

ORG = "org_acme"
Change = Callable[[list[ChainedRecord]], list[ChainedRecord]]


def sealed(record: ChainedRecord) -> ChainedRecord:
    return replace(record, hash=record.hash_at(record.seq))


def record(seq: int, previous: str, action: str) -> ChainedRecord:
    return sealed(
        ChainedRecord(
            seq=seq,
            previous_hash=previous,
            hash="",
            id=f"id-{action}",
            action=action,
            subject=None,
            actor="user_alice",
            payload="{}",
            event_key=None,
            time="2026-01-01T00:00:00.000000Z",
        )
    )


def chain_of(*actions: str) -> list[ChainedRecord]:
    records: list[ChainedRecord] = []
    for seq, action in enumerate(actions, start=1):
        previous = records[-1].hash if records else beginning(ORG)
        records.append(record(seq, previous, action))
    return records


CHAIN = chain_of("a", "b", "c", "d", "e", "f")
HEAD = Head(6, CHAIN[-1].hash)


def moved(item: ChainedRecord, seq: int) -> ChainedRecord:
    return replace(item, seq=seq)


def altered(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [*records[:2], replace(records[2], actor="user_mallory"), *records[3:]]


def altered_and_sealed(records: list[ChainedRecord]) -> list[ChainedRecord]:
    changed = sealed(replace(records[2], actor="user_mallory"))
    return [*records[:2], changed, *records[3:]]


def first_missing(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return records[1:]


def some_missing(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [*records[:2], *records[4:]]


def missing_and_closed_up(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [*records[:2], *(moved(r, r.seq - 1) for r in records[3:])]


def last_missing(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return records[:-2]


def swapped(records: list[ChainedRecord]) -> list[ChainedRecord]:
    second, fourth = moved(records[1], 4), moved(records[3], 2)
    return [records[0], fourth, records[2], second, *records[4:]]


def put_behind_the_others(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [*records[:1], *records[2:], moved(records[1], 7)]


def added_between(records: list[ChainedRecord]) -> list[ChainedRecord]:
    added = record(3, records[1].hash, "added")
    return [*records[:2], added, *(moved(r, r.seq + 1) for r in records[2:])]


def added_without_a_hash(records: list[ChainedRecord]) -> list[ChainedRecord]:
    added = replace(record(3, records[1].hash, "added"), hash="00")
    return [*records[:2], added, *(moved(r, r.seq + 1) for r in records[2:])]


def added_behind_the_others(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [*records, record(7, records[-1].hash, "added")]


def added_in_a_place_that_is_taken(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [*records[:3], record(3, records[1].hash, "added"), *records[3:]]


def added_before_the_first(records: list[ChainedRecord]) -> list[ChainedRecord]:
    return [record(0, beginning(ORG), "added"), *records]


def copied_from_another(_: list[ChainedRecord]) -> list[ChainedRecord]:
    other = beginning("org_globex")
    records = [record(1, other, "a")]
    for seq in range(2, 7):
        records.append(record(seq, records[-1].hash, "a"))
    return records


def test_untouched_chain_has_no_finding() -> None:
    assert check_organization(ORG, CHAIN, HEAD, {"today": HEAD}) == (HEAD, [])


def test_empty_chain_has_no_finding() -> None:
    assert check_organization(ORG, [], None, {}) == (None, [])


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        (altered, Kind.ALTERED, "record 3 (id-c) is not what was hashed"),
        (altered_and_sealed, Kind.REWRITTEN, "record 4 (id-d) does not follow"),
        (first_missing, Kind.MISSING, "record 1 is missing"),
        (some_missing, Kind.MISSING, "records 3 to 4 are missing"),
        (missing_and_closed_up, Kind.MISSING, "the record written as 3 is missing"),
        (last_missing, Kind.MISSING, "counts 6 records, and the last is record 4"),
        (swapped, Kind.REORDERED, "record 4 (id-b) was written as record 2"),
        (put_behind_the_others, Kind.REORDERED, "record 7 (id-b) was written as"),
        (added_between, Kind.ADDED, "another record has the place 3"),
        (added_without_a_hash, Kind.ADDED, "another record has the place 3"),
        (added_behind_the_others, Kind.ADDED, "the last is record 7"),
        (added_in_a_place_that_is_taken, Kind.ADDED, "record 3 (id-added) has a place"),
        (added_before_the_first, Kind.ADDED, "record 0 (id-added) has a place"),
        (copied_from_another, Kind.REWRITTEN, "record 1 (id-a) does not follow"),
    ],
)
def test_change_is_found(change: Change, kind: Kind, text: str) -> None:
    _, findings = check_organization(ORG, change(CHAIN), HEAD, {})
    assert [f for f in findings if f.kind is kind and text in f.text], findings


def test_swapped_records_are_all_that_is_reported() -> None:
    _, findings = check_organization(ORG, swapped(CHAIN), HEAD, {})
    assert {finding.kind for finding in findings} == {Kind.REORDERED}
    assert len(findings) == 2


def test_chain_that_was_written_anew_is_found_by_the_digest_alone() -> None:
    anew = chain_of("a", "b", "x", "d", "e", "f")
    head = Head(6, anew[-1].hash)
    before, after = Head(2, CHAIN[1].hash), Head(5, CHAIN[4].hash)
    assert check_organization(ORG, anew, head, {"monday": before})[1] == []
    _, findings = check_organization(
        ORG, anew, head, {"monday": before, "tuesday": after}
    )
    (finding,) = findings
    assert finding.kind is Kind.REWRITTEN
    assert "record 5 is another one than in digest tuesday" in finding.text


def test_end_that_was_cut_off_is_found_by_the_digest_alone() -> None:
    head = Head(4, CHAIN[3].hash)
    assert check_organization(ORG, CHAIN[:4], head, {})[1] == []
    _, findings = check_organization(ORG, CHAIN[:4], head, {"monday": HEAD})
    (finding,) = findings
    assert (finding.kind, "digest monday has it" in finding.text) == (
        Kind.MISSING,
        True,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"action": "ab", "subject": "c"},
        {"subject": ""},
        {"actor": None},
        {"payload": '{"a": 1}'},
        {"event_key": "x"},
        {"time": "2026-01-01T00:00:00.000001Z"},
        {"id": "id-b "},
        {"previous_hash": "00"},
    ],
)
def test_each_field_is_part_of_the_hash(change: dict[str, str]) -> None:
    one = record(1, beginning(ORG), "a")
    assert replace(one, **change).hash_at(1) != one.hash
    assert one.hash_at(2) != one.hash
