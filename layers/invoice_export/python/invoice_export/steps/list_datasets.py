"""Lists what a caller may export, with all that a form needs."""

from invoice_export import formats
from invoice_export.contracts.http import (
    ColumnDescription,
    DatasetDescription,
    DatasetList,
    FilterDescription,
    FormatDescription,
    PresetDescription,
)
from invoice_export.domain.dataset import Dataset, Datasets
from invoice_export.domain.dialects import Preset
from invoice_export.domain.roles import Role


def list_datasets(
    datasets: Datasets, role: Role, default_preset: Preset
) -> DatasetList:
    """Return the datasets that this role may export, and what describes a file."""
    return DatasetList(
        datasets=[
            _describe(dataset)
            for dataset in datasets.all
            if role.at_least(dataset.role)
        ],
        formats=[
            FormatDescription(
                name=each.name,
                label=each.label,
                about=each.about,
                presets=list(Preset) if each.has_dialects else [],
            )
            for each in formats.load().values()
        ],
        presets=[
            PresetDescription(
                name=preset,
                label=preset.label,
                about=preset.about,
                is_default=preset is default_preset,
            )
            for preset in Preset
        ],
    )


def _describe(dataset: Dataset) -> DatasetDescription:
    return DatasetDescription(
        name=dataset.name,
        label=dataset.label,
        is_default=dataset.default,
        formats=list(formats.load()),
        presets=list(Preset),
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
