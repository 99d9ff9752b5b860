"""Lets MiniStack's Lambda unpack each layer once, where it does so in every process."""

# ruff: noqa: SLF001 - this file is about MiniStack's private functions

import functools
import hashlib
import io
import os
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

_unpacking = threading.Lock()


def share_layers(spawn: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the function that starts a process: half of its time was unpacking."""

    @functools.wraps(spawn)
    def wrapper(worker: Any) -> None:
        config = worker.config
        folders = [str(_unpacked(layer)) for layer in config.get("Layers", [])]
        variables = {
            **config.get("Environment", {}).get("Variables", {}),
            # The worker's script reads this; MiniStack sets it for its own copies.
            "_LAMBDA_LAYERS_DIRS": os.pathsep.join(folders),
        }
        environment = {"Variables": variables}
        worker.config = {**config, "Layers": [], "Environment": environment}
        try:
            spawn(worker)
        finally:
            worker.config = config

    return wrapper


def _unpacked(layer: Any) -> Path:
    """Return the folder of a layer version; the first caller fills it."""
    content = lambda_svc._resolve_layer_zip(layer)
    digest = hashlib.sha256(content).hexdigest()
    folder = Path(tempfile.gettempdir()) / "layers" / digest
    with _unpacking:
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            zipfile.ZipFile(io.BytesIO(content)).extractall(unfinished)
            unfinished.rename(folder)
    return folder
