"""Prepares a function for its snapshot, which every process of it begins with.

SnapStart takes the snapshot when a version is published. What is loaded before it, no
call has to load. It holds modules, models and descriptions, but neither clients, which
find credentials, nor connections.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import random
from collections.abc import Iterator
from importlib import import_module

from pydantic import BaseModel
from snapshot_restore_py import register_after_restore, register_before_snapshot


def prepare() -> None:
    """Build the models, and let no two processes draw the same numbers."""
    register_before_snapshot(_build_models)
    # botocore draws the delays before its retries.
    register_after_restore(random.seed)


def prepare_module(name: str) -> None:
    """Load a module that a call would load."""
    register_before_snapshot(import_module, name)


def _build_models() -> None:
    for model in _descendants(BaseModel):
        if model.model_config.get("defer_build"):
            model.model_rebuild()


def _descendants(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _descendants(child)
