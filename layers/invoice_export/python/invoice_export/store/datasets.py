"""Rows of ``datasets``: which declaration the views of this deployment show."""

from invoice_export.domain.dataset import Dataset
from invoice_export.errors import DatasetChangedError
from invoice_export.store.database import Transaction


def hold(tx: Transaction, dataset: Dataset) -> None:
    """Keep the dataset's view as it is until the transaction ends.

    Raises :class:`DatasetChangedError` if the view shows another declaration.
    """
    if tx.value("datasets.hold", name=dataset.name) != dataset.fingerprint:
        raise DatasetChangedError(f"the dataset {dataset.name} has changed")
