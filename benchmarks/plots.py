"""``python -m benchmarks.plots``: draws the results into docs/images."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.growth import exponents
from local.config import ROOT

RESULTS = ROOT / "benchmarks" / "results"
IMAGES = ROOT / "docs" / "images"
# The name of the fact, the title, the label of the x axis, the file.
CURVES = (
    (
        "rows_per_second_by_page_rows",
        "Speed by page size",
        "rows per page",
        "speed-by-page.svg",
    ),
    (
        "rows_per_second_by_workers",
        "Speed by number of workers",
        "workers",
        "speed-by-workers.svg",
    ),
    (
        "rows_per_second_by_rows",
        "Speed by size of the export",
        "rows of the export",
        "speed-by-rows.svg",
    ),
)
BARS = (
    ("data_path", "data-path.svg"),
    ("whole_s3_scattered", "whole-export.svg"),
)


def results() -> dict[str, Any]:
    """Return all facts and comparisons, each from the last run that measured it."""
    facts: dict[str, Any] = {}
    for path in sorted(RESULTS.glob("*.json"), key=lambda path: path.stat().st_mtime):
        read = json.loads(path.read_text())
        if not read["quick"]:
            facts |= read["facts"] | read["comparisons"]
    return facts


def curve(points: dict[str, float], title: str, label: str, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    numbers = [int(key) for key in points]
    axes.plot(numbers, [rows / 1e6 for rows in points.values()], marker="o")
    if max(numbers) > 100:
        axes.set_xscale("log")
    axes.set(title=title, xlabel=label, ylabel="million rows per second", ylim=0)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path)
    plt.close(figure)


def bars(comparison: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    names = [_plain(result["name"]) for result in comparison["results"]]
    axes.barh(names, [result["median"] for result in comparison["results"]])
    axes.set(xlabel="seconds, median")
    axes.invert_yaxis()
    figure.suptitle(comparison["title"])
    figure.savefig(path)
    plt.close(figure)


def growth(points: dict[str, dict[str, float]], path: Path) -> None:
    """Draw time and memory against rows, both on logarithmic scales."""
    measured = {int(rows): point for rows, point in points.items()}
    fitted = exponents(measured)
    figure, (time, memory) = plt.subplots(
        1, 2, figsize=(8.4, 3.6), layout="constrained"
    )
    names = {"seconds": "export, POST to completed", "psql_seconds": "psql to S3"}
    _draw(time, measured, fitted, names)
    time.set(xlabel="rows", ylabel="seconds", title="Time")
    names = {"worker": "largest worker", "workers": "all workers", "engine": "engine"}
    _draw(memory, measured, fitted, names)
    memory.set(xlabel="rows", ylabel="MiB, peak", title="Memory")
    figure.savefig(path)
    plt.close(figure)


def _draw(
    axes: Any,
    points: dict[int, dict[str, float]],
    fitted: dict[str, float],
    names: dict[str, str],
) -> None:
    for name, label in names.items():
        values = [point[name] for point in points.values()]
        text = f"{label}: exponent {fitted[name]:.2f}"
        axes.loglog(list(points), values, marker="o", label=text)
    axes.grid(visible=True, alpha=0.3)
    axes.set_ylim(top=axes.get_ylim()[1] * 10)
    axes.legend(fontsize="small", loc="upper left")


def _plain(name: str) -> str:
    """Return a name without the marks that it has in the documents."""
    return name.replace("`", "").replace("**", "")


def stages(seconds: dict[str, float], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(6, 2), layout="constrained")
    left = 0.0
    for name, value in seconds.items():
        axes.barh(["export"], [value], left=left, label=f"{name} {value:.2f} s")
        left += value
    axes.set(title="Where the time goes in one export", xlabel="seconds")
    figure.legend(ncols=3, loc="outside lower center")
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "invoice-export"
    IMAGES.mkdir(parents=True, exist_ok=True)
    facts = results()
    for name, title, label, file in CURVES:
        if name in facts:
            curve(facts[name], title, label, IMAGES / file)
    for name, file in BARS:
        if name in facts:
            bars(facts[name], IMAGES / file)
    if "growth" in facts:
        growth(facts["growth"], IMAGES / "growth.svg")
    if "stages" in facts:
        stages(facts["stages"], IMAGES / "stages.svg")


if __name__ == "__main__":
    main()
