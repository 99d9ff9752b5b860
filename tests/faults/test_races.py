"""Two processes meet at a barrier and race, many times over.

They share a database, which decides the race. Each process has its own AWS in moto, and
the tests add up what both did there.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from invoice_export.contracts.workflow.run import RunRef
from invoice_export.errors import ExportError
from local.config import APP_ROLE, Laptop
from tests.driver import DataPath
from tests.faults.laboratory import (
    EMPTY_AGAIN,
    FEW_INVOICES,
    SEARCH_PATH,
    Laboratory,
)
from tests.faults.matrix import laboratory
from tests.fix_postgres import copy_template

REPETITIONS = {True: 200, False: 25}
ALICE, ACME = "user_alice", "org_acme"


def start_four_times(lab: Laboratory) -> list[str]:
    def start(_: int) -> str:
        db = lab.new_database()
        path = DataPath(db=db, files=lab.files, pages=lab.pages, lane=lab.lane)
        accepted = path.accept(ACME, ALICE)
        db.close()
        return str(accepted.run.id)

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(start, range(4)))


def start(lab: Laboratory, user: str) -> str:
    return str(lab.click(user))


def finish(lab: Laboratory, ref: RunRef) -> Any:
    return lab.finish(ref).value


def sweep(lab: Laboratory) -> None:
    lab.sweep_runs()


def mail(lab: Laboratory, ref: RunRef) -> str:
    try:
        return str(lab.mail(ref))
    except ExportError as exc:
        return type(exc).__name__


def write(lab: Laboratory, ref: RunRef, page: int) -> str:
    try:
        lab.write(ref, page)
    except ExportError as exc:
        return type(exc).__name__
    return "written"


def cancel(lab: Laboratory, ref: RunRef) -> None:
    lab.cancel(ref.run_id, ALICE)


def running_run(lab: Laboratory, until: str) -> RunRef:
    """Start a run for Alice and drive it as far as ``until``."""
    run_id = lab.click(ALICE)
    assert run_id is not None
    ref = RunRef(organization_id=ACME, run_id=run_id, generation=1)
    pages = lab.plan(ref)
    if until == "pages":
        return ref
    for page in pages:
        lab.write(ref, page)
    lab.compose(ref)
    if until == "mailed":
        mail(lab, ref)
    return ref


def forget(lab: Laboratory) -> None:
    lab.cloud.clear()


def sent_mails(lab: Laboratory) -> int:
    return len(lab.cloud.ses.sent_messages)


def objects(lab: Laboratory) -> list[str]:
    return list(lab.cloud.bucket.keys)


def serve(urls: tuple[str, str], barrier: Any, orders: Any) -> None:
    """Run a racing process: take an order, wait at the barrier, execute."""
    lab = laboratory(*urls)
    chance = random.Random(multiprocessing.current_process().name)
    orders.send("ready")
    while True:
        work, arguments, together = orders.recv()
        if work is None:
            return
        if together:
            barrier.wait(60)
            time.sleep(chance.random() * 0.004)
        try:
            orders.send((True, work(lab, *arguments)))
        except Exception as exc:  # noqa: BLE001 - the parent reports it
            orders.send((False, repr(exc)))


@dataclass
class Track:
    """Both processes and the database that they share."""

    lanes: list[Any]
    admin: psycopg.Connection[Any]

    def alone(self, lane: int, work: Callable[..., Any], *arguments: Any) -> Any:
        self.lanes[lane].send((work, arguments, False))
        return self._result(lane)

    def race(self, *works: tuple[Any, ...]) -> list[Any]:
        for lane, (work, *arguments) in zip(self.lanes, works, strict=True):
            lane.send((work, arguments, True))
        return [self._result(number) for number in range(len(works))]

    def _result(self, lane: int) -> Any:
        assert self.lanes[lane].poll(60), "a racing process did not answer"
        good, answer = self.lanes[lane].recv()
        assert good, answer
        return answer

    def clear(self) -> None:
        self.admin.execute(EMPTY_AGAIN)
        for lane in (0, 1):
            self.alone(lane, forget)

    def rows(self, statement: str, *params: Any) -> list[Any]:
        return self.admin.execute(statement, params).fetchall()


@pytest.fixture(scope="module")
def track(cluster: Laptop) -> Iterator[Track]:
    admin_url = cluster.url_of("postgres", "faults_race")
    with psycopg.connect(
        cluster.url_of("postgres", "postgres"), autocommit=True
    ) as admin:
        copy_template(admin, "faults_race")
    connection = psycopg.connect(admin_url, autocommit=True)
    connection.execute(SEARCH_PATH)
    connection.execute(FEW_INVOICES)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    lanes, processes = [], []
    for _ in (0, 1):
        ours, theirs = context.Pipe()
        urls = (cluster.url_of(APP_ROLE, "faults_race"), admin_url)
        processes.append(context.Process(target=serve, args=(urls, barrier, theirs)))
        processes[-1].start()
        assert ours.poll(60)
        assert ours.recv() == "ready"
        lanes.append(ours)
    yield Track(lanes, connection)
    for lane, process in zip(lanes, processes, strict=True):
        lane.send((None, (), False))
        process.join(10)
        lane.close()
    connection.close()


@pytest.fixture
def repetitions(
    everything: bool, request: pytest.FixtureRequest, figures: list[str]
) -> range:
    count = REPETITIONS[everything]
    figures.append(f"race {request.node.name.removeprefix('test_')}: {count} times")
    return range(count)


def test_eight_identical_starts_make_one_run(track: Track, repetitions: range) -> None:
    for _ in repetitions:
        track.clear()
        mine, theirs = track.race((start_four_times,), (start_four_times,))
        assert len({*mine, *theirs}) == 1
        assert track.rows("SELECT count(*) FROM exports") == [(1,)]
        assert track.rows("SELECT count(*) FROM execution_starts") == [(1,)]


def test_finish_against_start_loses_no_hand_over(
    track: Track, repetitions: range
) -> None:
    for _ in repetitions:
        track.clear()
        ref = track.alone(0, running_run, "mailed")
        track.race((finish, ref), (start, "user_bob"))
        assert track.rows(
            "SELECT requested_by, status FROM exports ORDER BY lane_seq"
        ) == [(ALICE, "completed"), ("user_bob", "running")]
        starts = track.rows("SELECT acknowledged_at IS NOT NULL FROM execution_starts")
        assert starts == [(True,), (True,)]


def test_finish_against_sweep_ends_once(track: Track, repetitions: range) -> None:
    for _ in repetitions:
        track.clear()
        ref = track.alone(0, running_run, "mailed")
        # The sweep's AWS does not know the execution, so the sweep treats it as dead.
        track.race((finish, ref), (sweep,))
        assert track.rows("SELECT status FROM exports") == [("completed",)]
        assert track.rows(
            "SELECT count(*) FROM audit_logs WHERE action = 'export.invoices.completed'"
        ) == [(1,)]
        assert track.rows("SELECT kind, status FROM email_deliveries") == [
            ("completed", "sent")
        ]


def test_two_mail_workers_send_once(track: Track, repetitions: range) -> None:
    for _ in repetitions:
        track.clear()
        ref = track.alone(0, running_run, "composed")
        said = track.race((mail, ref), (mail, ref))
        assert "sent" in said
        assert set(said) <= {"sent", "EmailOutcomePendingError"}
        assert sum(track.alone(lane, sent_mails) for lane in (0, 1)) == 1


def test_zombie_page_after_cancel_leaves_nothing(
    track: Track, repetitions: range
) -> None:
    for _ in repetitions:
        track.clear()
        ref = track.alone(0, running_run, "pages")
        said, _ = track.race((write, ref, 1), (cancel, ref))
        assert said in {"written", "RunNotActiveError"}
        assert track.rows("SELECT status FROM exports") == [("cancelled",)]
        late = track.rows(
            "SELECT FROM export_pages p JOIN exports e ON e.id = p.run_id"
            " WHERE p.finished_at > e.completed_at"
        )
        assert late == []
        # The sweep deletes what the zombie wrote after the clean-up, once it is due.
        track.admin.execute("UPDATE exports SET cleanup_pending = true")
        track.alone(0, sweep)
        assert track.alone(0, objects) == []
