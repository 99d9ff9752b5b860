"""What this deployment exports. Each dataset is two files here (docs/adapt.md)."""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from invoice_export.domain.dataset import Datasets, Directory

DIRECTORY = Path(__file__).parent / "directory"


@cache
def load() -> Datasets:
    """Return every dataset of this package, the default one first.

    Raises :class:`DatasetError` for a declaration that contradicts itself.
    """
    names = sorted(module.name for module in iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").DATASET for name in names]
    return Datasets(
        tuple(sorted(found, key=lambda dataset: not dataset.default)),
        read_directory(DIRECTORY),
    )


def read_directory(folder: Path) -> Directory:
    """Return the three queries of a folder."""
    queries = {
        name: (folder / f"{name}.sql").read_text("utf-8").strip().rstrip(";")
        for name in ("organizations", "users", "members")
    }
    return Directory(**queries)
