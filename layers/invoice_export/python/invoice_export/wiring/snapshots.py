"""Prepares a function for its snapshot, which every process of it begins with.

SnapStart takes the snapshot when a version is published. What is loaded before it, no
call has to load. It holds modules, models and descriptions, but neither clients, which
find credentials, nor connections.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import random
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from snapshot_restore_py import register_after_restore, register_before_snapshot

if TYPE_CHECKING:
    from pydantic import BaseModel


def prepare() -> None:
    """Build the models, load the formats, and let no two processes draw alike."""
    register_before_snapshot(_build_models)
    register_before_snapshot(_load_formats)
    # botocore draws the delays before its retries.
    register_after_restore(random.seed)


def prepare_module(name: str) -> None:
    """Load a module that a call would load."""
    register_before_snapshot(import_module, name)


def _build_models() -> None:
    """Build pydantic's models, in the function that has some: the API."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None:
        return
    for model in _descendants(pydantic.BaseModel):
        if model.model_config.get("defer_build"):
            model.model_rebuild()


def _load_formats() -> None:
    """Load what a request may name, in a function that reads requests."""
    formats = sys.modules.get("invoice_export.formats")
    if formats is not None:
        formats.load()


def _descendants(model: "type[BaseModel]") -> "Iterator[type[BaseModel]]":
    for child in model.__subclasses__():
        yield child
        yield from _descendants(child)
