"""People's requests; each runs as a separate process, which may die."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from invoice_export.api.service import Service
from invoice_export.contracts.requests import parse
from invoice_export.domain.dataset import Datasets
from invoice_export.domain.roles import Role
from invoice_export.errors import RequestError, TransientError
from invoice_export.steps.cancel_export import cancel_export
from invoice_export.steps.estimate_export import estimate_export
from invoice_export.steps.retry_export import retry_export
from invoice_export.store.database import Database
from tests.driver import Driver
from tests.faults.dataset import LABORATORY
from tests.faults.injector import Died, Injector, faulty_connector

USERS = {
    "user_alice": "org_acme",
    "user_bob": "org_acme",
    "user_carol": "org_acme",
    "user_dave": "org_globex",
    "user_erin": "org_initech",
    "user_frank": "org_empty",
}


def faulty_database(
    url: str, injector: Injector, datasets: Datasets = LABORATORY
) -> Database:
    return Database(faulty_connector(url, injector), datasets)


@dataclass(kw_only=True)
class People(Driver):
    """Requests of the sample users; None means that no answer arrived."""

    app_url: str
    injector: Injector
    steps_taken: int = 0
    idle: list[Database] = field(default_factory=list)
    # What new processes declare.
    declared: Datasets = LABORATORY
    # Every run that a start was answered with, and what the caller had asked for.
    answers: list[tuple[UUID, Mapping[str, Any]]] = field(default_factory=list)
    # What each estimate said of a request: its organisation, its options, its rows.
    estimates: list[tuple[str, Mapping[str, Any], int]] = field(default_factory=list)

    def new_database(self) -> Database:
        return faulty_database(self.app_url, self.injector, self.declared)

    def click(
        self,
        user: str,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> UUID | None:
        """Request an export."""

        def act() -> UUID:
            request = parse(self.declared, options or {})
            run = self.start(USERS[user], user, key=key, request=request).run
            self.answers.append((run.id, request.asked))
            return run.id

        return self.act_as("start", act)

    def estimate(self, user: str, options: Mapping[str, Any]) -> None:
        """Ask how large an export would be."""
        request = parse(self.declared, options)
        found = estimate_export(self.db, USERS[user], request, self.pages)
        self.estimates.append((USERS[user], request.asked, found.rows))

    def renew_workers(self, declared: Datasets) -> None:
        """Replace every process by one that declares this."""
        for db in (self.db, *self.idle):
            db.close()
        self.idle.clear()
        self.declared = declared
        self.db = self.new_database()

    def cancel(self, run_id: UUID, user: str) -> None:
        def act() -> None:
            cancelled = cancel_export(
                self.db,
                organization_id=USERS[user],
                run_id=run_id,
                user_id=user,
                role=Role.OWNER,
                max_running=self.lane.max_running,
            )
            self._service.launch(cancelled.start)
            self._service.clean_up(cancelled)

        self.act_as("cancel", act)

    def retry(self, run_id: UUID, user: str) -> None:
        def act() -> None:
            accepted = retry_export(
                self.db,
                organization_id=USERS[user],
                run_id=run_id,
                user_id=user,
                role=Role.OWNER,
                policy=self.lane,
            )
            self._service.launch(accepted.start)

        self.act_as("retry", act)

    @property
    def _service(self) -> Service:
        # No test here signs in or reads pages, so the rest of the service stays empty.
        unused: Any = dict.fromkeys(Service._fields)
        return Service(
            **unused
            | {
                "db": self.db,
                "files": self.files,
                "executions": self.executions,
                "policy": self.lane,
            }
        )

    def act_as(self, label: str, act: Callable[[], Any]) -> Any:
        """Run ``act`` as a separate process and ignore its failure.

        A nested process (a script) leaves the outer one unchanged.
        """
        injector = self.injector
        outer = injector.label, injector.visit, injector.dead
        own = self.idle.pop() if self.idle else self.new_database()
        db, self.db = self.db, own
        self.steps_taken += 1
        injector.run_as(label, self.steps_taken)
        try:
            return act()
        except Died:
            injector.dead = False
            own.close()
            return None
        except (TransientError, RequestError):
            return None
        finally:
            self.idle.append(own)
            self.db = db
            injector.label, injector.visit, injector.dead = outer
