"""PostgreSQL chains the audit records; no change of them stays unseen."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from invoice_export.domain.audit_chain import Finding, Kind
from invoice_export.domain.chain_heads import Head
from invoice_export.store import audit, lane
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from tests.fix_postgres import TestDatabase
from tests.fix_world import World
from tests.tampering import rewrite, unbound
from tools.audit.check import check_organization
from tools.audit.database import reading

ORG = "org_acme"
NAUGHTY = (
    *("", "-", "1:a,", "-,", "'; DROP TABLE lanes; --", "=1+1", "\\u0041", '"', "\\"),
    *(
        "\t\r\n\x01\x7f",
        "Ω≈ç√∫",
        "👩‍👩‍👧",
        "e\u0301",
        "\u202eabc",
        "\ufeff",
        "\U0010ffff",
    ),
    *("a" * 10_000, " ", "NULL", "{}", "%s", "\x1f"),
)
PAYLOADS = (
    *(
        {},
        {"a": None},
        {"b": 1, "a": 2, "aa": 3},
        {"f": 0.1},
        {"f": 1e300},
        {"f": -0.0},
    ),
    *({"n": 10**40}, {"": ""}, {"é": ["x", {"y": "\u2028"}]}, {"q": 'a"b\\c/d\n'}),
)


def findings(
    url: str, org: str = ORG, digests: dict[str, Head] | None = None
) -> list[Finding]:
    with reading(connector(url)) as chains:
        head = chains.heads().get(org)
        return check_organization(org, chains.records(org), head, digests or {})[1]


def head_of(url: str, org: str = ORG) -> Head:
    with reading(connector(url)) as chains:
        return chains.heads()[org]


def append(db: Database, org: str, count: int = 1, **fields: object) -> None:
    about: Any = {"action": "test.done", "subject": "x", "actor": None, **fields}
    for _ in range(count):
        with db.tenant(org) as tx:
            lane.open_lane(tx, org)
            audit.append_action(tx, organization_id=org, **about)


def test_python_hashes_what_postgresql_hashed(
    world: World, database: TestDatabase
) -> None:
    chance = random.Random(18)
    with world.db.tenant(ORG) as tx:
        lane.open_lane(tx, ORG)
        for _ in range(300):
            audit.append_action(
                tx,
                organization_id=ORG,
                action=chance.choice(NAUGHTY),
                subject=chance.choice(NAUGHTY),
                actor=chance.choice([None, *NAUGHTY]),
                payload=chance.choice(PAYLOADS),
            )
    assert findings(database.owner_url) == []
    assert head_of(database.owner_url).seq >= 300


def test_the_sample_and_a_run_are_chained(world: World, database: TestDatabase) -> None:
    world.run_to_end(world.start().run.ref)
    for url in (database.owner_url, database.app_url):
        assert findings(url) == []
        assert findings(url, "org_globex") == []
    assert head_of(database.owner_url).seq == 4


def test_event_that_is_recorded_already_takes_no_place(
    world: World, database: TestDatabase
) -> None:
    append(world.db, "org_new", 3, event_key="once")
    append(world.db, "org_new")
    assert findings(database.owner_url, "org_new") == []
    assert head_of(database.owner_url, "org_new").seq == 2


def test_transaction_that_fails_takes_no_place(
    world: World, database: TestDatabase
) -> None:
    append(world.db, "org_new")
    with suppress(ZeroDivisionError), world.db.tenant("org_new") as tx:
        audit.append_action(
            tx, organization_id="org_new", action="a", subject="b", actor=None
        )
        raise ZeroDivisionError
    append(world.db, "org_new")
    assert findings(database.owner_url, "org_new") == []
    assert head_of(database.owner_url, "org_new").seq == 2


def test_concurrent_writers_of_an_organisation_make_one_chain(
    world: World, database: TestDatabase
) -> None:
    writers = [world.db.second_connection() for _ in range(6)]
    with ThreadPoolExecutor(len(writers)) as pool:
        for done in [pool.submit(append, db, "org_new", 25) for db in writers]:
            done.result()
    for db in writers:
        db.close()
    assert findings(database.owner_url, "org_new") == []
    assert head_of(database.owner_url, "org_new").seq == 150
    # An export that ends at a moment has no gap before it.
    (row,) = world.rows(
        "SELECT array_agg(seq ORDER BY created_at, seq) AS by_time FROM audit_logs",
        org="org_new",
    )
    assert row["by_time"] == list(range(1, 151))


def test_organisations_do_not_wait_for_each_other(
    world: World, database: TestDatabase
) -> None:
    append(world.db, "org_globex")
    other = world.db.second_connection()
    with world.db.tenant("org_globex") as tx:
        lane.open_lane(tx, "org_globex")
        audit.append_action(
            tx, organization_id="org_globex", action="a", subject="b", actor=None
        )
        # That chain is locked until the end of this block.
        with psycopg.connect(database.owner_url) as owner:
            owner.execute("SELECT set_config('app.org_id', 'org_globex', true)")
            with pytest.raises(errors.LockNotAvailable):
                owner.execute("SELECT FROM invoice_export.lanes FOR UPDATE NOWAIT")
        append(other, ORG)
    other.close()
    assert findings(database.owner_url) == []
    assert findings(database.owner_url, "org_globex") == []


def test_nobody_chooses_a_place_in_the_chain(
    world: World, database: TestDatabase
) -> None:
    append(world.db, "org_new")
    with psycopg.connect(database.app_url) as app:
        app.execute("SELECT act_for('org_new')")
        app.execute(
            "INSERT INTO audit_logs"
            " (organization_id, action, payload, seq, previous_hash, hash)"
            " VALUES ('org_new', 'a', %s, 9, '\\x00', '\\x00')",
            [Jsonb({})],
        )
    assert findings(database.owner_url, "org_new") == []
    assert head_of(database.owner_url, "org_new").seq == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lanes SET audit_seq = 0",
        "UPDATE lanes SET audit_hash = NULL",
        "INSERT INTO lanes (organization_id, audit_seq) VALUES ('org_new', 7)",
        "SELECT audit_beginning('org_acme')",
        "ALTER TABLE audit_logs DISABLE TRIGGER chain",
        "SELECT chain_audit_record()",
    ],
)
def test_the_applications_role_does_not_touch_the_chain(
    database: TestDatabase, statement: str
) -> None:
    with psycopg.connect(database.app_url) as app:
        app.execute("SELECT act_for('org_new')")
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute(statement)


PUSH = "UPDATE audit_logs SET seq = seq + 1000 WHERE {}seq > 3"
BACK = "UPDATE audit_logs SET seq = seq - 999 WHERE {}seq > 1000"
COPY_OF_THE_THIRD = (
    "INSERT INTO audit_logs"
    " (organization_id, action, payload, seq, previous_hash, hash)"
    " SELECT organization_id, action, payload, {}, previous_hash, hash"
    " FROM audit_logs WHERE organization_id = 'org_acme' AND seq = 3"
)


@pytest.mark.parametrize(
    ("statements", "kind", "text"),
    [
        (
            ["UPDATE audit_logs SET actor = 'user_mallory' WHERE {}seq = 3"],
            Kind.ALTERED,
            "record 3 ",
        ),
        (
            ["UPDATE audit_logs SET payload = jsonb '[1]' WHERE {}seq = 3"],
            Kind.ALTERED,
            "record 3 ",
        ),
        (
            ["UPDATE audit_logs SET created_at = created_at + '1 us' WHERE {}seq = 3"],
            Kind.ALTERED,
            "record 3 ",
        ),
        (["DELETE FROM audit_logs WHERE {}seq = 3"], Kind.MISSING, "record 3 is"),
        (["DELETE FROM audit_logs WHERE {}seq >= 6"], Kind.MISSING, "last is record 5"),
        (
            [
                "UPDATE audit_logs SET seq = -1 WHERE {}seq = 3",
                "UPDATE audit_logs SET seq = 3 WHERE {}seq = 4",
                "UPDATE audit_logs SET seq = 4 WHERE {}seq = -1",
            ],
            Kind.REORDERED,
            "was written as record 3",
        ),
        (
            [
                PUSH,
                BACK,
                COPY_OF_THE_THIRD.format("4"),
            ],
            Kind.ADDED,
            "the place 4",
        ),
        ([COPY_OF_THE_THIRD.format("9")], Kind.MISSING, "record 8 is missing"),
    ],
)
def test_change_by_the_owner_of_the_database_is_found(
    world: World,
    database: TestDatabase,
    statements: list[str],
    kind: Kind,
    text: str,
) -> None:
    append(world.db, ORG, 7 - head_of(database.owner_url).seq)
    assert findings(database.owner_url) == []
    with unbound(database.owner_url) as owner:
        for statement in statements:
            owner.execute(statement.format("organization_id = 'org_acme' AND "))
    found = findings(database.owner_url)
    assert [f for f in found if f.kind is kind and text in f.text], found
    assert findings(database.owner_url, "org_globex") == []


def test_chain_that_its_owner_wrote_anew_is_found_by_a_digest(
    world: World, database: TestDatabase
) -> None:
    append(world.db, ORG, 3)
    said = head_of(database.owner_url)
    append(world.db, ORG)
    with unbound(database.owner_url) as owner:
        owner.execute("UPDATE audit_logs SET actor = 'user_mallory' WHERE seq = 2")
        rewrite(owner, ORG)
    assert findings(database.owner_url) == []
    (found,) = findings(database.owner_url, digests={"monday": said})
    assert found.kind is Kind.REWRITTEN


def test_forgotten_organisation_begins_a_chain_of_its_own(
    world: World, database: TestDatabase
) -> None:
    append(world.db, "org_new", 2)
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("SELECT invoice_export.forget_organization('org_new')")
    append(world.db, "org_new")
    assert findings(database.owner_url, "org_new") == []
    assert head_of(database.owner_url, "org_new").seq == 1
