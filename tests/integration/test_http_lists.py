"""Lists are read page by page, whatever else happens to them meanwhile."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from invoice_export.contracts.cursors import CursorList, read_cursor, write_cursor
from invoice_export.domain.positions import TOP, Position
from invoice_export.store.statements import compose
from tests.fix_api import Call
from tests.fix_world import World

EXPORTS = "/api/organizations/org_acme/exports"
AUDIT = "/api/organizations/org_acme/audit-logs"


class Listing(NamedTuple):
    """A list, where its answer has the items and where they have their ids."""

    path: str
    items: str
    key: str

    def ids(self, page: dict[str, Any]) -> list[str]:
        return [item[self.key] for item in page[self.items]]


OF_EXPORTS = Listing(EXPORTS, "exports", "runId")
OF_AUDIT = Listing(AUDIT, "auditLogs", "id")
INSERT_EXPORTS = (
    "INSERT INTO exports (organization_id, requested_by, dataset, fingerprint,"
    " idempotency_key, requested_at)"
    " SELECT 'org_acme', 'user_bob', 'invoices', '', n::text, %s"
)
INSERT_AUDIT = (
    "INSERT INTO audit_logs (organization_id, action, created_at)"
    " SELECT 'org_acme', n::text, %s"
)
SAME_TIME = "2026-02-03T04:05:06.000007Z"


def pages(api: Call, path: str, **query: str) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        answer = api("GET", path, query={**query, **cursor})
        assert answer.status == 200, answer.body
        yield answer.body
        if answer.body["next"] is None:
            return
        cursor = {"cursor": answer.body["next"]}


def listed(api: Call, listing: Listing, **query: str) -> list[str]:
    return [
        id_ for page in pages(api, listing.path, **query) for id_ in listing.ids(page)
    ]


def start_runs(world: World, count: int) -> None:
    for number in range(count):
        world.start(user="user_bob", key=f"run {number}")


@pytest.mark.parametrize("listing", [OF_EXPORTS, OF_AUDIT])
def test_pages_together_are_the_whole_list(
    world: World, api: Call, listing: Listing
) -> None:
    start_runs(world, 4)
    (whole,) = pages(api, listing.path, limit="100")
    expected = listing.ids(whole)
    assert len(expected) > 4
    for limit in ("1", "2", "3"):
        assert listed(api, listing, limit=limit) == expected


def test_page_that_ends_with_the_list_has_no_next(world: World, api: Call) -> None:
    start_runs(world, 2)
    count = len(api("GET", EXPORTS).body["exports"])
    last = api("GET", EXPORTS, query={"limit": str(count)}).body
    assert (len(last["exports"]), last["next"]) == (count, None)


@pytest.mark.parametrize("listing", [OF_EXPORTS, OF_AUDIT])
def test_rows_inserted_between_pages_neither_repeat_nor_hide_others(
    world: World, api: Call, listing: Listing
) -> None:
    start_runs(world, 4)
    before = listed(api, listing)
    seen = []
    for number, page in enumerate(pages(api, listing.path, limit="2")):
        seen += listing.ids(page)
        world.start(user="user_carol", key=f"meanwhile {number}")
    assert seen == before


@pytest.mark.parametrize(
    ("listing", "insert"),
    [(OF_EXPORTS, INSERT_EXPORTS), (OF_AUDIT, INSERT_AUDIT)],
    ids=["exports", "audit records"],
)
def test_rows_of_the_same_time_come_once_each(
    world: World, api: Call, listing: Listing, insert: str
) -> None:
    before = set(listed(api, listing))
    world.rows(f"{insert} FROM generate_series(1, 5) n", SAME_TIME)
    found = listed(api, listing, limit="2")
    assert set(found) >= before
    equal = [id_ for id_ in found if id_ not in before]
    assert len(equal) == 5
    assert equal == sorted(set(equal), reverse=True)


def test_run_that_changes_its_status_keeps_its_place(world: World, api: Call) -> None:
    start_runs(world, 4)
    before = listed(api, OF_EXPORTS)
    seen = []
    for page in pages(api, EXPORTS, limit="1"):
        seen += [run["runId"] for run in page["exports"]]
        api("POST", f"{EXPORTS}/{seen[-1]}/cancel")
        api("POST", f"{EXPORTS}/{seen[-1]}/retry")
    assert seen == before


def test_filters_hold_on_every_page(world: World, api: Call) -> None:
    for number in range(3):
        world.start(user="user_bob", key=f"bob {number}")
        world.start(user="user_carol", key=f"carol {number}")
    (whole,) = pages(api, EXPORTS, limit="100")
    for query in (
        {"status": "queued"},
        {"requestedBy": "user_carol"},
        {"status": "queued", "requestedBy": "user_bob"},
    ):
        expected = [
            run["runId"]
            for run in whole["exports"]
            if all(run[name] == value for name, value in query.items())
        ]
        assert len(expected) > 1
        assert listed(api, OF_EXPORTS, limit="1", **query) == expected
    assert listed(api, OF_EXPORTS, requestedBy="user_nobody") == []


def forged(of: CursorList, at: int) -> str:
    return urlsafe_b64encode(of.value + at.to_bytes(8, "big") + bytes(16)).decode()


BAD_CURSORS = [
    "",
    "x",
    "%",
    "é",
    "A" * 36,
    "A" * 35,
    "A" * 5_000,
    forged(CursorList.EXPORTS, 2**62),
]


@pytest.mark.parametrize("path", [EXPORTS, AUDIT])
def test_bad_cursor_is_explained_by_field(api: Call, path: str) -> None:
    for cursor in BAD_CURSORS:
        answer = api("GET", path, query={"cursor": cursor})
        assert (answer.status, answer.body["code"]) == (422, "INVALID_REQUEST")
        (error,) = answer.body["errors"]
        assert error["field"] == "query.cursor"


def test_cursor_is_of_one_list(world: World, api: Call) -> None:
    start_runs(world, 2)
    cursor = api("GET", EXPORTS, query={"limit": "1"}).body["next"]
    assert api("GET", EXPORTS, query={"cursor": cursor}).status == 200
    assert api("GET", AUDIT, query={"cursor": cursor}).status == 422


def test_cursor_of_another_organisation_shows_only_ones_own(
    world: World, api: Call
) -> None:
    start_runs(world, 2)
    cursor = write_cursor(CursorList.EXPORTS, TOP)
    globex = "/api/organizations/org_globex/exports"
    mine = api("GET", globex, as_user="user_dave", query={"cursor": cursor}).body
    assert {run["organizationId"] for run in mine["exports"]} <= {"org_globex"}


def test_bad_filter_is_explained_by_field(api: Call) -> None:
    for name, value in (
        ("status", "done"),
        ("status", ""),
        ("requestedBy", ""),
        ("requestedBy", "a b"),
        ("requestedBy", "x" * 65),
    ):
        answer = api("GET", EXPORTS, query={name: value})
        assert answer.status == 422
        assert answer.body["errors"][0]["field"] == f"query.{name}"


@pytest.mark.parametrize("at", [TOP.at, datetime.fromisoformat(SAME_TIME)])
def test_cursor_keeps_the_place_to_the_microsecond(at: datetime) -> None:
    position = Position(at, UUID(int=7))
    for of in CursorList:
        assert read_cursor(of, write_cursor(of, position)) == position


@pytest.mark.parametrize(
    ("status", "requested_by", "index"),
    [
        (None, None, "exports_recent_idx"),
        ("failed", None, "exports_status_idx"),
        (None, "user_7", "exports_requester_idx"),
    ],
)
def test_an_index_has_each_list_in_its_order(
    world: World, status: str | None, requested_by: str | None, index: str
) -> None:
    world.rows(
        "INSERT INTO exports (organization_id, requested_by, status, completed_at,"
        " dataset, fingerprint, idempotency_key, requested_at)"
        " SELECT 'org_acme', 'user_' || mod(n, 50), CASE WHEN mod(n, 50) = 0"
        "   THEN 'failed' ELSE 'completed' END, now(), 'invoices', '', n::text,"
        "   now() - n * interval '1 second'"
        " FROM generate_series(1, 5000) n"
    )
    world.rows("ANALYZE exports")
    with world.db.tenant("org_acme") as tx:
        plan = tx._connection.execute(
            f"EXPLAIN {compose('statuses.list_page')}",
            {
                "organization_id": "org_acme",
                "after_at": TOP.at,
                "after_id": TOP.id,
                "status": status,
                "requested_by": requested_by,
                "limit": 21,
            },
        ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert f"using {index}" in text
    assert "Sort" not in text


def named(api: Call) -> tuple[set[object], set[object]]:
    """Who asked for Bob's exports, and who acted in their audit records."""
    exports = api("GET", EXPORTS, query={"requestedBy": "user_bob"}).body["exports"]
    records = api("GET", AUDIT).body["auditLogs"]
    paths = [f"{EXPORTS}/{export['runId']}" for export in exports]
    exports += [api("GET", path).body for path in paths]
    return (
        {(export["requestedBy"], export["requesterName"]) for export in exports},
        {(record["actor"], record["actorName"]) for record in records},
    )


def test_people_have_the_names_of_the_directory(world: World, api: Call) -> None:
    world.finish(world.start(user="user_bob").run.ref, error="EmptyResultSetError")
    bob, system = ("user_bob", "Bob Brewer"), (None, None)
    assert named(api) == ({bob}, {bob, system})


@pytest.mark.parametrize(
    "change",
    [
        # Who has no name goes by the address in the directory.
        "UPDATE users SET name = email WHERE id = 'user_bob'",
        "DELETE FROM members WHERE user_id = 'user_bob'",
    ],
    ids=["has no name", "has left"],
)
def test_address_or_name_of_a_stranger_is_not_shown(
    world: World, api: Call, change: str
) -> None:
    world.start(user="user_bob")
    world.rows(change)
    bob, system = ("user_bob", None), (None, None)
    assert named(api) == ({bob}, {bob, system})
