"""The formats of a file. A module here that has ``FORMATS`` adds formats."""

from importlib import import_module
from pkgutil import iter_modules

from invoice_export.formats.format import Format


def _find() -> dict[str, Format]:
    modules = [
        import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)
    ]
    found = [each for module in modules for each in getattr(module, "FORMATS", ())]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


ALL = _find()


def of(name: str) -> Format:
    """Return the format of this name."""
    return ALL[name]
