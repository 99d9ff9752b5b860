"""The formats of a file. A module here that has ``FORMATS`` adds formats.

A format's name begins with its module's: ``csv.gz`` is in ``csv``. So a call loads the
module of the format that it writes, and no other.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from invoice_export.formats.format import Format


def of(name: str) -> Format:
    """Return the format of this name. Raises ``KeyError``."""
    return _formats_in(name.partition(".")[0])[name]


@cache
def load() -> dict[str, Format]:
    """Return every format by its name."""
    found = {
        name: it for module in _modules() for name, it in _formats_in(module).items()
    }
    return dict(sorted(found.items()))


@cache
def _modules() -> frozenset[str]:
    return frozenset(module.name for module in iter_modules(__path__))


@cache
def _formats_in(module: str) -> dict[str, Format]:
    if module not in _modules():
        return {}
    found = getattr(import_module(f"{__name__}.{module}"), "FORMATS", ())
    return {each.name: each for each in found}
