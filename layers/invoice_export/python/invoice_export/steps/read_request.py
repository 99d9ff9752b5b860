"""Reads what a run exports, and holds its dataset as it is."""

from invoice_export.domain.requests import ExportRequest
from invoice_export.errors import DatasetChangedError
from invoice_export.store import datasets
from invoice_export.store.database import Transaction
from invoice_export.store.runs import RunRow


def read_request(tx: Transaction, run: RunRow) -> ExportRequest:
    """Return the run's request; its dataset stays as it is while ``tx`` is open.

    Raises :class:`DatasetChangedError` if the dataset was changed or removed since the
    run began.
    """
    dataset = tx.datasets.by_name.get(run.dataset)
    if dataset is None:
        raise DatasetChangedError(f"there is no dataset {run.dataset} any more")
    if dataset.fingerprint != run.fingerprint:
        raise DatasetChangedError(f"the dataset {run.dataset} has changed")
    datasets.hold(tx, dataset)
    return ExportRequest.of_canonical(dataset, run.request_key)
