"""`make lock` covers every dependency group and every layer."""

import tomllib

from tools.lock import APART, EXTRAS, GROUPS, LAYERS, ROOT


def test_every_dependency_group_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {*GROUPS, *EXTRAS, *APART} == set(project["dependency-groups"])


def test_every_layer_with_wheels_has_a_lock():
    locks = (ROOT / "layers").glob("*/requirements.lock")
    assert {lock.parent.name for lock in locks} == set(LAYERS)
