"""Lists what a caller may export, with all that a form needs."""

from invoice_export.contracts.http import (
    ColumnDescription,
    DatasetDescription,
    DatasetList,
    FilterDescription,
)
from invoice_export.domain.dataset import Dataset, Datasets
from invoice_export.domain.formats import FileFormat
from invoice_export.domain.roles import Role


def list_datasets(datasets: Datasets, role: Role) -> DatasetList:
    """Return the datasets that this role may export."""
    return DatasetList(
        datasets=[
            _describe(dataset)
            for dataset in datasets.all
            if role.at_least(dataset.role)
        ]
    )


def _describe(dataset: Dataset) -> DatasetDescription:
    return DatasetDescription(
        name=dataset.name,
        label=dataset.label,
        is_default=dataset.default,
        formats=list(FileFormat),
        presets=[],
        columns=[
            ColumnDescription(
                name=column.header,
                label=column.title,
                kind=column.kind.on_the_wire,
                default=column.default,
            )
            for column in dataset.columns
        ],
        filters=[
            FilterDescription(
                name=each.header,
                label=each.label,
                kind=each.kind.on_the_wire if each.kind else "",
                choices=list(each.choices),
            )
            for each in dataset.filters_by_header.values()
        ],
    )
