"""The functions and the state machine of a commit, beside the present ones.

Both run in the tests' own process, one at a time: the package's modules are exchanged
for each call, so each release has a set of its own.
"""

import importlib.util
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from invoice_export.store.database import Database
from tests.fix_api import CONTEXT

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "invoice_export"
LAYER = f"layers/{PACKAGE}"
MIGRATIONS = f"{LAYER}/python/{PACKAGE}/sql/migrations"


def git(*arguments: str) -> bytes:
    """Run git in this checkout. Skips the test if it fails: there is no history."""
    try:
        done = subprocess.run(
            ["git", "-C", ROOT, *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("git is not installed, so there is no earlier release to run")
    if done.returncode != 0:
        pytest.skip("this checkout lacks the history, so no earlier release can run")
    return done.stdout


def before_the_newest_migration() -> str:
    """Return the last commit that did not know the present schema."""
    newest = git("log", "-1", "--format=%H", "--diff-filter=A", "--", MIGRATIONS)
    return f"{newest.decode().strip()}^"


def check_out(commit: str, folder: Path) -> Path:
    """Write what is deployed of a commit into the folder."""
    archive = git("archive", commit, LAYER, "lambdas", "statemachine")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


class Release:
    """The functions of one tree, called with the events that AWS would send."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, ModuleType] = {}
        self._handlers: dict[str, ModuleType] = {}
        self._opened: list[Database] = []
        machine = root / "statemachine" / "export_invoices.asl.json"
        self.definition: dict[str, Any] = json.loads(machine.read_text())

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """Return the answer of a function; raises what the function raises."""
        with self._in_place():
            if name not in self._handlers:
                self._handlers[name] = self._load(name)
            answer = self._handlers[name].handler(event, CONTEXT)
        return json.loads(json.dumps(answer))

    def close(self) -> None:
        """Close the connections of all functions."""
        for db in self._opened:
            db.close()

    def _load(self, name: str) -> ModuleType:
        self._remember_connections()
        path = self._root / "lambdas" / name / "handler.py"
        spec = importlib.util.spec_from_file_location(f"handler_{name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _remember_connections(self) -> None:
        wiring = importlib.import_module(f"{PACKAGE}.wiring.database")
        make = wiring.make_database
        if make.__module__ != wiring.__name__:
            return

        def remembered(settings: Any) -> Database:
            self._opened.append(make(settings))
            return self._opened[-1]

        wiring.make_database = remembered  # type: ignore[attr-defined]

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        others = _take_out()
        sys.modules.update(self._modules)
        path = str(self._root / LAYER / "python")
        sys.path.insert(0, path)
        try:
            yield
        finally:
            sys.path.remove(path)
            self._modules = _take_out()
            sys.modules.update(others)


def _take_out() -> dict[str, ModuleType]:
    """Remove the package's modules from the interpreter and return them."""
    names = [n for n in sys.modules if n == PACKAGE or n.startswith(f"{PACKAGE}.")]
    return {name: sys.modules.pop(name) for name in names}
