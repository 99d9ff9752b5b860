"""Reads what a run exports, and holds its dataset as it is."""

import json

from pydantic import ValidationError

from invoice_export.contracts.requests import model_of
from invoice_export.domain.dataset import Datasets
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
    request = current_request(tx.datasets, run)
    if request.dataset.fingerprint != run.fingerprint:
        raise DatasetChangedError(f"the dataset {run.dataset} has changed")
    datasets.hold(tx, request.dataset)
    return request


def current_request(known: Datasets, run: RunRow) -> ExportRequest:
    """Return the run's request in terms of the present declarations.

    Raises :class:`DatasetChangedError` if they have no such dataset, column or filter.
    """
    dataset = known.by_name.get(run.dataset)
    if dataset is None:
        raise DatasetChangedError(f"there is no dataset {run.dataset} any more")
    options = {**json.loads(run.request_key), "dataset": run.dataset}
    try:
        # Of all models, a worker makes this one only.
        return model_of(dataset).model_validate(options).to_request()
    except ValidationError as exc:
        raise DatasetChangedError(
            f"the dataset {run.dataset} has no such column or filter any more"
        ) from exc
