"""Prepares one function for a snapshot in this process, and prints what it holds.

``python snapshot.py SERVICE…`` with the handler's folder on the path.
"""

import gc
import json
import random
import sys
from collections.abc import Iterable
from importlib import import_module

events: list[str] = []
sys.addaudithook(lambda event, _: events.append(event))

# Opened or found for one process; all copies of a snapshot would share them.
OWN = (
    ("botocore.client", "BaseClient"),
    ("botocore.credentials", "Credentials"),
    ("psycopg", "Connection"),
    ("socket", "socket"),
    ("ssl", "SSLContext"),
)


def run(hooks: Iterable) -> None:
    for call, args, kwargs in hooks:
        call(*args, **kwargs)


def prepare() -> None:
    import_module("handler")
    run(reversed(import_module("snapshot_restore_py").get_before_snapshot()))


def held() -> list[str]:
    gc.collect()
    kinds = [getattr(sys.modules.get(m), n, None) for m, n in OWN]
    everything = gc.get_objects()
    return [
        kind.__qualname__
        for kind in filter(None, kinds)
        if any(isinstance(thing, kind) for thing in everything)
    ]


def draws() -> list[float]:
    """What two copies draw first."""
    state = random.getstate()
    drawn = []
    for _ in range(2):
        random.setstate(state)
        run(import_module("snapshot_restore_py").get_after_restore())
        drawn.append(random.random())
    return drawn


def read_by_clients(services: list[str]) -> list[str]:
    """The files and modules that the first call loads to create its clients."""
    clients = import_module("invoice_export.wiring.clients")
    loaders = import_module("botocore.loaders")
    read_file = loaders.JSONFileLoader.load_file
    read: list[str] = []

    def load_file(self, path):
        content = read_file(self, path)
        if content is not None:
            read.append(path)
        return content

    loaders.JSONFileLoader.load_file = load_file
    modules = set(sys.modules)
    for service in services:
        clients.make_client(service)
    return read + sorted(set(sys.modules) - modules)


def models() -> list[str]:
    """The models that the first call has to build."""
    found = import_module("pydantic").BaseModel.__subclasses__()
    for model in found:
        found += model.__subclasses__()
    return [
        model.__qualname__
        for model in found
        if model.__module__.startswith(("handler", "invoice_export."))
        and not model.__pydantic_complete__
    ]


def formats() -> list[str]:
    """The modules that the first call loads for the format that its request names."""
    modules = set(sys.modules)
    if "invoice_export.formats" in modules:
        sys.modules["invoice_export.formats"].load()
    return sorted(set(sys.modules) - modules)


prepare()
connected = [e for e in events if e in {"socket.connect", "socket.getaddrinfo"}]
found = {
    "held": held(),
    "connected": connected,
    "models": models(),
    "draws": draws(),
    "formats": formats(),
}
if sys.argv[1:]:
    found["read"] = read_by_clients(sys.argv[1:])
sys.stdout.write(json.dumps(found))
