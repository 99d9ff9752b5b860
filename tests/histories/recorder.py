"""Calls the API and records what it answered, and when."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import httpx

from tests.histories.checker import Call


class Recorder:
    """Records one organisation's calls, by one clock; for several threads."""

    def __init__(self, path: str) -> None:
        self.calls: list[Call] = []
        self.ids: list[str] = []
        self._path = path
        self._zero = time.monotonic()
        self._lock = Lock()

    def start(self, http: httpx.Client, user: str, key: str, **options: Any) -> None:
        headers = {"Idempotency-Key": key} if key else {}
        self._record(
            "start",
            (user, key),
            lambda: http.post(self._path, headers=headers, **options),
            lambda run: (run["runId"], run["status"], run["deduplicated"]),
        )

    def retry(self, http: httpx.Client, run_id: str) -> None:
        self._record(
            "retry",
            (run_id,),
            lambda: http.post(f"{self._path}/{run_id}/retry"),
            lambda run: (
                (run["status"], run["deduplicated"])
                if "runId" in run
                else (run["code"], True)
            ),
        )

    def cancel(self, http: httpx.Client, run_id: str) -> None:
        # The answer's status is read after the cancellation: a retry may come between.
        self._record(
            "cancel",
            (run_id,),
            lambda: http.post(f"{self._path}/{run_id}/cancel"),
            lambda run: "cancelled" if "runId" in run else run["code"],
        )

    def show(self, http: httpx.Client, run_id: str) -> None:
        self._record(
            "show",
            (run_id,),
            lambda: http.get(f"{self._path}/{run_id}"),
            lambda run: _shown(run)[1:],
        )

    def list(self, http: httpx.Client) -> None:
        self._record(
            "list",
            (),
            lambda: http.get(self._path, params={"limit": 100}),
            lambda page: frozenset(map(_shown, page["exports"])),
        )

    def _record(
        self,
        name: str,
        arguments: tuple[str, ...],
        send: Callable[[], httpx.Response],
        read: Callable[[Any], Any],
    ) -> None:
        """Send and record; after a timeout or a 5xx nobody knows what happened."""
        began = self._now()
        try:
            response = send()
            answer = None if response.is_server_error else read(response.json())
        except httpx.TransportError:
            answer = None
        ended = None if answer is None else self._now()
        with self._lock:
            self.calls.append(Call(name, arguments, began, ended, answer))
            if name == "start" and answer and answer[0] not in self.ids:
                self.ids.append(answer[0])

    def _now(self) -> float:
        return time.monotonic() - self._zero


def _shown(run: dict[str, Any]) -> tuple[str, str, int, int | None]:
    return run["runId"], run["status"], run["attemptCount"], run["queuePosition"]
