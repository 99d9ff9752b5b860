"""Requests for exports: typed models made from the datasets' declarations.

Each dataset has a model of its own, so that the OpenAPI document describes it. The
models check values; :meth:`StartOptions.to_request` makes them canonical.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    create_model,
)
from typing_extensions import TypeAliasType

from invoice_export.contracts.filters import MODELS, Body, FilterModel, refused
from invoice_export.contracts.start_options import StartOptions
from invoice_export.domain.dataset import Dataset, Datasets, Filter, Kind
from invoice_export.domain.dialects import Preset
from invoice_export.domain.requests import ExportRequest

# Marks the part of an error's place that is no field of the body.
TAG = "dataset="


@cache
def body_of(datasets: Datasets) -> Any:
    """Return the annotation of a start's body: one model for each dataset."""
    models = tuple(
        Annotated[model_of(dataset), Tag(f"{TAG}{dataset.name}")]
        for dataset in datasets.all
    )
    fallback = datasets.default.name

    def tag(body: Any) -> str:
        if isinstance(body, StartOptions):
            return f"{TAG}{body.declared.name}"
        name = body.get("dataset", fallback) if isinstance(body, dict) else fallback
        return f"{TAG}{name}"

    known = " or ".join(f"'{dataset.name}'" for dataset in datasets.all)
    discriminator = Discriminator(
        tag,
        custom_error_type="unknown_dataset",
        custom_error_message=f"Input should be {known}",
    )
    if len(models) == 1:
        return model_of(datasets.default)
    union = models[0]
    for model in models[1:]:
        union = union | model
    return Annotated[union, discriminator]


def _named(name: str, words: tuple[str, ...]) -> TypeAliasType:
    """Return the type of these words, under a name for the classes of generators."""
    return TypeAliasType(name, Literal[words])


@cache
def model_of(dataset: Dataset) -> type[StartOptions]:
    """Return the model of requests for this dataset."""
    camel = "".join(word.capitalize() for word in dataset.name.split("-"))
    headers = tuple(column.header for column in dataset.columns)
    column: Any = _named(f"{camel}Column", headers)
    columns = Annotated[
        list[column],
        Field(min_length=1, description="The file's columns, in this order"),
        BeforeValidator(_without_repeats),
    ]
    name: Any = Literal[dataset.name]
    fields: dict[str, Any] = {
        "dataset": (name, dataset.name if dataset.default else ...),
        "columns": (columns | None, None),
    }
    if dataset.filters:
        fields["filters"] = (_filters_model(camel, dataset) | None, None)
    model = create_model(
        f"{camel}ExportRequest",
        __base__=StartOptions,
        __doc__=f"{dataset.label}: what the file holds.",
        **fields,
    )
    model.declared = dataset
    return model


def _filters_model(camel: str, dataset: Dataset) -> type[Body]:
    fields: dict[str, Any] = {
        f"filter_{n}": (
            _values_model(camel, each) | None,
            Field(None, alias=each.header, description=each.label),
        )
        for n, each in enumerate(dataset.filters_by_header.values())
    }
    return create_model(f"{camel}Filters", __base__=Body, **fields)


def _values_model(camel: str, declared: Filter) -> type[FilterModel]:
    if declared.kind is not Kind.CHOICE:
        return MODELS[declared.kind or Kind.TEXT]
    words = "".join(part.capitalize() for part in declared.label.split())
    choices: Any = _named(f"{camel}{words}", declared.choices)
    values = Annotated[list[choices], Field(min_length=1, alias="in")]
    return create_model(
        f"{camel}{words}Choice", __base__=FilterModel, in_=(values, ...)
    )


def _without_repeats(columns: object) -> object:
    if isinstance(columns, list):
        for column in columns:
            if columns.count(column) > 1:
                raise refused(f"The column {column!r} stands twice")
    return columns


def allowed_keys(datasets: Datasets, place: tuple[int | str, ...]) -> list[str]:
    """Return the keys that an object of a start's body may have; none if unknown.

    ``place`` leads to the object, from the body on, as errors of the body give it.
    """
    model: Any = model_of(datasets.default)
    for part in place[1:]:
        if isinstance(part, str) and part.startswith(TAG):
            model = model_of(datasets.by_name[part.removeprefix(TAG)])
            continue
        model = next(
            (
                kind
                for name, field in model.model_fields.items()
                if part in (name, field.alias)
                for kind in (field.annotation, *get_args(field.annotation))
                if isinstance(kind, type) and issubclass(kind, Body)
            ),
            None,
        )
        if model is None:
            return []
    return [field.alias or name for name, field in model.model_fields.items()]


def parse(
    datasets: Datasets,
    options: Mapping[str, Any],
    default_preset: Preset = Preset.RFC4180,
) -> ExportRequest:
    """Return the request of these options. Raises pydantic's ``ValidationError``."""
    return _adapter(datasets).validate_python(options).to_request(default_preset)


@cache
def _adapter(datasets: Datasets) -> TypeAdapter[StartOptions]:
    return TypeAdapter(body_of(datasets))
