"""Datasets over HTTP and through the steps: choice, filters, estimates, changes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from invoice_export.domain.dataset import RESERVED, Dataset, Datasets
from invoice_export.domain.roles import Role
from invoice_export.errors import ConflictError, DatasetChangedError
from invoice_export.steps.retry_export import retry_export
from invoice_export.store.database import Database
from invoice_export.store.runs import RunRow
from tests.driver import DATASETS, INVOICES, asking
from tests.fix_api import Call
from tests.fix_world import World

ACME = "/api/organizations/org_acme"
SOME = {
    "columns": ["total", "customerName", "createdAt", "number"],
    "filters": {"status": {"in": ["paid", "overdue"]}, "total": {"min": "0"}},
}


def finished(world: World, **options: Any) -> list[dict[str, str]]:
    run = world.start(request=asking(**options), key=json.dumps(options)).run
    assert world.run_to_end(run.ref) == "completed"
    return world.records(run.id)


@contextmanager
def declared(world: World, *datasets: Dataset) -> Iterator[None]:
    """Deploy functions with these datasets; the views stay as they are."""
    before = world.db
    world.db = Database(before._connect, Datasets(datasets, DATASETS.directory))
    try:
        yield
    finally:
        world.db.close()
        world.db = before


def retry(world: World, run_id: UUID) -> RunRow:
    return retry_export(
        world.db,
        organization_id="org_acme",
        run_id=run_id,
        user_id="user_alice",
        role=Role.MEMBER,
        policy=world.lane,
    ).run


def deploy(world: World, dataset: Dataset) -> None:
    """Record that the view shows this declaration, as a deployment does."""
    world.rows(
        "UPDATE datasets SET fingerprint = %s WHERE name = %s",
        dataset.fingerprint,
        dataset.name,
    )


def test_file_holds_the_chosen_columns_of_the_matching_rows(world: World) -> None:
    expected = [
        {header: row[header] for header in SOME["columns"]}
        for row in world.expected()
        if row["status"] in ("paid", "overdue") and Decimal(row["total"]) >= 0
    ]
    assert 50 < len(expected) < 240
    assert finished(world, **SOME) == expected


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"status": {"in": ["draft"]}}, lambda row: row["status"] == "draft"),
        (
            {"total": {"min": "-20.5", "max": "2000"}},
            lambda row: Decimal("-20.5") <= Decimal(row["total"]) <= 2000,
        ),
        (
            {"createdAt": {"from": "2024-02-01", "to": "2024-03-01"}},
            lambda row: "2024-02-01" <= row["createdAt"] < "2024-03-01",
        ),
        (
            {"dueAt": {"to": "2024-03-01T00:00:00Z"}},
            lambda row: "" < row["dueAt"] < "2024-03-01",
        ),
        (
            {"customerName": {"startsWith": "Wayne"}},
            lambda row: row["customerName"].startswith("Wayne"),
        ),
        ({"customerName": {"startsWith": "%"}}, lambda _: False),
        ({"number": {"equals": "INV-00007"}}, lambda r: r["number"] == "INV-00007"),
        ({"number": {"equals": "' OR true --"}}, lambda _: False),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_every_kind_of_filter_keeps_the_rows_that_match(
    world: World, filters: dict[str, Any], holds: Any
) -> None:
    expected = [row for row in world.expected() if holds(row)]
    request = asking(filters=filters)
    run = world.start(request=request).run
    if expected:
        assert world.run_to_end(run.ref) == "completed"
        assert world.records(run.id) == expected
        assert world.run(run.id)["row_count"] == len(expected)
    else:
        assert world.finish(run.ref, "EmptyResultSetError") == "failed"
        message = world.run(run.id)["error_message"]
        assert message == (
            "No invoices match the filters. Change them, then export again."
        )


def test_page_bounds_count_matching_rows_only(world: World) -> None:
    run = world.start(request=asking(filters={"status": {"in": ["paid"]}})).run
    pages = world.plan(run.ref)
    rows = [world.write(run.ref, page).rows for page in pages]
    paid = sum(row["status"] == "paid" for row in world.expected())
    assert sum(rows) == paid
    assert all(count == 50 for count in rows[:-1])


@pytest.mark.parametrize("option", ["csv.gz", "snapshot"])
def test_filters_hold_in_every_form(world: World, option: str) -> None:
    form = {"format": option} if "." in option else {"consistency": option}
    run = world.start(request=asking(**SOME, **form)).run
    assert world.run_to_end(run.ref) == "completed"
    plain = world.start(request=asking(**SOME)).run
    assert world.run_to_end(plain.ref) == "completed"
    assert world.run(run.id)["row_count"] == world.run(plain.id)["row_count"]
    if option == "snapshot":
        assert world.file(run.id) == world.file(plain.id)


def test_another_dataset_has_its_own_name_everywhere(world: World) -> None:
    assert finished(world)
    run = world.start(request=asking(dataset="audit-log")).run
    assert world.run_to_end(run.ref) == "completed"
    assert world.run(run.id)["object_key"].rpartition("/")[2].startswith("audit-log-")
    (record, *_) = world.records(run.id)
    assert list(record) == [
        *("id", "action", "subject", "actor", "payload", "createdAt", "eventKey"),
        *("seq", "hashedTime", "previousHash", "hash"),
    ]
    actions = [row["action"] for row in world.records(run.id)]
    assert "export.invoices.completed" in actions
    assert world.sent()[-1].subject == "Your audit log export for Acme Inc. is ready"
    about = world.rows("SELECT action FROM audit_logs WHERE subject = %s", str(run.id))
    assert {row["action"] for row in about} == {
        "export.audit-log.requested",
        "export.audit-log.completed",
    }


def test_audit_record_and_mail_say_what_was_asked_for(world: World) -> None:
    assert finished(world, **SOME)
    payload = world.audits("requested")[-1]["payload"]
    assert payload == {"attempt": 1, "request": SOME}
    body = str(world.sent()[-1].body)
    assert "Status: paid or overdue" in body
    assert "Columns: Total, Customer, Created, Number" in body


def test_api_lists_what_a_form_needs(api: Call) -> None:
    answer = api("GET", f"{ACME}/datasets", as_user="user_carol")
    assert answer.status == 200
    invoices, audit_log = answer.body["datasets"]
    assert (invoices["name"], invoices["isDefault"]) == ("invoices", True)
    assert (audit_log["name"], audit_log["isDefault"]) == ("audit-log", False)
    assert invoices["formats"] == ["csv", "csv.gz", "jsonl", "jsonl.gz", "xlsx"]
    assert invoices["columns"][2] == {
        "name": "customerName",
        "label": "Customer",
        "kind": "text",
        "default": True,
    }
    assert invoices["filters"][0] == {
        "name": "status",
        "label": "Status",
        "kind": "choice",
        "choices": ["draft", "sent", "paid", "overdue"],
    }


def test_api_starts_and_shows_what_was_asked_for(world: World, api: Call) -> None:
    started = api("POST", f"{ACME}/exports", body=SOME)
    assert started.status == 202
    run = api("GET", f"{ACME}/exports/{started.body['runId']}").body
    assert (run["dataset"], run["request"]) == ("invoices", SOME)
    again = api("POST", f"{ACME}/exports", body=SOME)
    assert again.body["runId"] == started.body["runId"]
    other = api("POST", f"{ACME}/exports", body={**SOME, "columns": ["number"]})
    assert other.body["runId"] != started.body["runId"]


def test_estimate_counts_what_would_be_exported(world: World, api: Call) -> None:
    answer = api("POST", f"{ACME}/exports/estimate", body=SOME)
    assert answer.status == 200
    assert answer.body["rows"] == len(finished(world, **SOME))
    assert answer.body["exact"] is True
    run = world.rows("SELECT * FROM exports ORDER BY requested_at DESC LIMIT 1")[0]
    assert answer.body["pages"] == run["pages_total"]
    assert 0.5 < answer.body["bytes"] / run["byte_count"] < 1.5
    assert answer.body["seconds"] > 0


def test_estimate_starts_nothing_and_finds_nothing(world: World, api: Call) -> None:
    before = world.rows("SELECT count(*) FROM exports")
    nothing = {"filters": {"number": {"equals": "none"}}}
    answer = api("POST", f"{ACME}/exports/estimate", body=nothing)
    assert answer.body["rows"] == answer.body["pages"] == answer.body["bytes"] == 0
    assert world.rows("SELECT count(*) FROM exports") == before
    refused = api("POST", f"{ACME}/exports/estimate", as_user="user_carol", body=[])
    assert refused.status == 422


def test_estimate_of_many_rows_is_not_counted(
    world: World, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoice_export.steps.estimate_export.COUNTED_ROWS", 100)
    answer = api("POST", f"{ACME}/exports/estimate")
    assert answer.body["exact"] is False
    assert answer.body["rows"] >= 100


def test_dataset_of_admins_is_theirs(world: World, api: Call) -> None:
    run = world.start().run
    world.run_to_end(run.ref)
    secret = replace(INVOICES, role=Role.ADMIN)
    download = f"{ACME}/exports/{run.id}/download"
    with declared(world, secret):
        listed = api("GET", f"{ACME}/datasets", as_user="user_carol")
        assert listed.body["datasets"] == []
        for path in ("exports", "exports/estimate"):
            refused = api("POST", f"{ACME}/{path}", as_user="user_carol")
            assert (refused.status, refused.body["code"]) == (403, "ROLE_TOO_LOW")
        assert api("GET", download, as_user="user_carol").status == 403
        assert api("GET", download, as_user="user_bob").status == 200
    assert api("GET", download, as_user="user_carol").status == 200


NARROW = replace(INVOICES, columns=INVOICES.columns[:4], filters=INVOICES.filters[:1])


@pytest.mark.parametrize("known_to", ["functions", "database", "both"])
@pytest.mark.parametrize("state", ["queued", "planned", "written"])
def test_changed_dataset_ends_the_run_and_a_retry_plans_again(
    world: World, known_to: str, state: str
) -> None:
    run = world.start().run
    if state != "queued":
        pages = world.plan(run.ref)
        for page in pages if state == "written" else pages[:1]:
            world.write(run.ref, page)
    functions = NARROW if known_to != "database" else INVOICES
    if known_to != "functions":
        deploy(world, NARROW)
    with declared(world, functions):
        next_step = {
            "queued": lambda: world.plan(run.ref),
            "planned": lambda: world.write(run.ref, 2),
            "written": lambda: world.compose(run.ref),
        }[state]
        with pytest.raises(DatasetChangedError):
            next_step()
        assert world.finish(run.ref, "DatasetChangedError") == "failed"
        assert world.run(run.id)["error_code"] == "DATASET_CHANGED"
        assert not world.keys("exports/")
    deploy(world, NARROW)
    with declared(world, NARROW):
        again = retry(world, run.id)
        assert world.run_to_end(again.ref) == "completed"
        records = world.records(run.id)
    assert len(records) == 240
    assert list(records[0]) == ["id", "number", "customerName", "status"]


def test_removed_column_or_dataset_cannot_be_retried(world: World) -> None:
    asked = asking(columns=["total"])
    run = world.start(request=asked).run
    world.finish(run.ref, "DatasetChangedError")
    other = DATASETS.by_name["audit-log"]
    for datasets in ((NARROW,), (replace(other, default=True),)):
        with declared(world, *datasets), pytest.raises(ConflictError) as refusal:
            retry(world, run.id)
        assert refusal.value.code == "DATASET_CHANGED"
    assert world.run(run.id)["status"] == "failed"


def test_removed_dataset_leaves_its_runs_readable(world: World, api: Call) -> None:
    run = world.start().run
    queued = world.start(key="next").run
    with declared(world, replace(DATASETS.by_name["audit-log"], default=True)):
        with pytest.raises(DatasetChangedError):
            world.plan(run.ref)
        assert world.finish(run.ref, "DatasetChangedError") == "failed"
        listed = api("GET", f"{ACME}/exports").body["exports"]
    assert {each["dataset"] for each in listed} == {"invoices"}
    assert world.run(queued.id)["status"] == "running"


def test_same_key_with_another_dataset_is_refused(world: World, api: Call) -> None:
    key = {"idempotency-key": "k"}
    assert api("POST", f"{ACME}/exports", headers=key).status == 202
    body = {"dataset": "audit-log"}
    refused = api("POST", f"{ACME}/exports", headers=key, body=body)
    assert (refused.status, refused.body["code"]) == (422, "OPTIONS_DIFFER")


def test_deleted_organisation_ends_quietly(world: World, api: Call) -> None:
    run = world.start().run
    queued = world.start(key="next").run
    world.plan(run.ref)
    world.write(run.ref, 1)
    delete_organisation(world, "org_acme")
    assert world.rows("SELECT FROM exports WHERE organization_id = 'org_acme'") == []
    with pytest.raises(Exception, match=str(run.id)):
        world.write(run.ref, 2)
    world.sweep_runs()
    world.sweep_runs(run.ref)
    assert api("GET", f"{ACME}/exports/{queued.id}").status == 404
    other = world.start("org_globex", "user_dave").run
    assert world.run_to_end(other.ref) == "completed"


def test_organisation_that_left_the_directory_keeps_no_one_waiting(
    world: World, api: Call
) -> None:
    run = world.start().run
    queued = world.start(key="next").run
    world.plan(run.ref)
    leave_directory(world, "org_acme")
    assert api("GET", f"{ACME}/exports/{run.id}").status == 404
    assert world.finish(run.ref, "ExecutionLost") == "failed"
    assert world.finish(queued.ref, "ExecutionLost") == "failed"
    world.sweep_runs()
    assert world.sent() == []


def test_member_who_left_is_not_mailed(world: World) -> None:
    run = world.start(user="user_carol").run
    world.rows("DELETE FROM members WHERE user_id = 'user_carol'")
    assert world.run_to_end(run.ref) == "completed"
    assert world.sent() == []


def delete_organisation(world: World, organization: str) -> None:
    for statement in (
        "DELETE FROM invoices",
        "DELETE FROM members",
        "DELETE FROM organizations",
    ):
        world.rows(statement, org=organization)


def leave_directory(world: World, organization: str) -> None:
    """Take the organisation from the directory, but leave the runs to end."""
    world.rows("ALTER TABLE organizations DISABLE TRIGGER USER")
    delete_organisation(world, organization)


def test_a_dataset_may_have_any_name_that_the_schema_does_not_use(world: World) -> None:
    relations = world.rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v')"
        " AND relnamespace = 'invoice_export'::regnamespace"
    )
    names = {row["relname"] for row in relations}
    views = {dataset.view for dataset in DATASETS.all}
    views |= {dataset.keys_view for dataset in DATASETS.all}
    assert names - views == RESERVED
