"""Draws benchmarks/results/*.json into docs/images: ``python -m benchmarks.plots``."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from local.config import ROOT

RESULTS = ROOT / "benchmarks" / "results"
IMAGES = ROOT / "docs" / "images"


def results() -> dict[str, Any]:
    """All facts and comparisons, whichever run measured them last."""
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
    axes.set(title=title, xlabel=label, ylabel="million rows a second", ylim=0)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path)
    plt.close(figure)


def bars(comparison: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    names = [result["name"] for result in comparison["results"]]
    axes.barh(names, [result["median"] for result in comparison["results"]])
    axes.set(xlabel="seconds, median")
    axes.invert_yaxis()
    figure.suptitle(comparison["title"])
    figure.savefig(path)
    plt.close(figure)


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
    if "rows_per_second_by_page_rows" in facts:
        curve(
            facts["rows_per_second_by_page_rows"],
            "Speed against page size",
            "rows a page",
            IMAGES / "speed-by-page.svg",
        )
    if "rows_per_second_by_workers" in facts:
        curve(
            facts["rows_per_second_by_workers"],
            "Speed against workers",
            "workers",
            IMAGES / "speed-by-workers.svg",
        )
    if "rows_per_second_by_rows" in facts:
        curve(
            facts["rows_per_second_by_rows"],
            "Speed against rows",
            "rows of the export",
            IMAGES / "speed-by-rows.svg",
        )
    for name, file in (("data_path", "data-path.svg"), ("whole", "whole-export.svg")):
        if name in facts:
            bars(facts[name], IMAGES / file)
    if "stages" in facts:
        stages(facts["stages"], IMAGES / "stages.svg")


if __name__ == "__main__":
    main()
