"""Deliberate breaks of the sweep."""

from typing import Any

from invoice_export.steps import finish_run, reconcile_runs
from tests.faults.breaks import Break, Mutant, every, swapped


def _sweep_without(reason: str) -> Break:
    repairs = {
        name: (lambda *_: None) if name == reason else repair
        for name, repair in reconcile_runs.REPAIRS.items()
    }
    return swapped(reconcile_runs, "REPAIRS", repairs)


def _sweep_takes_silence_for_death(sweep: Any, ref: Any) -> None:
    finish_run.finish_run(
        sweep.db,
        sweep.files,
        sweep.executions,
        ref,
        error="ExecutionLost",
        max_running=sweep.policy.max_running,
    )


OF_SWEEPS = (
    Mutant(
        "sweep ignores dead executions",
        _sweep_without("silent_run"),
        ("lost_events",),
        "sweep",
        noticed_by=(
            "a run is still running after the sweep",
            "a run is still queued after the sweep",
        ),
    ),
    Mutant(
        "sweep takes silence for death",
        every(
            swapped(reconcile_runs, "finish_dead_run", _sweep_takes_silence_for_death),
            swapped(
                reconcile_runs,
                "REPAIRS",
                {
                    **reconcile_runs.REPAIRS,
                    "silent_run": _sweep_takes_silence_for_death,
                },
            ),
        ),
        ("lost_events",),
        "sweep",
        noticed_by=(
            "a live execution lost its run",
            "a failed run's requester was not mailed",
        ),
    ),
    Mutant(
        "sweep ignores unacknowledged starts",
        every(
            _sweep_without("unacknowledged_start"),
            swapped(reconcile_runs, "relaunch", lambda *_: None),
        ),
        ("lost_events",),
        "start",
        noticed_by=(
            "a start is unacknowledged",
            "a run is still running after the sweep",
        ),
    ),
    Mutant(
        "sweep ignores failure mails",
        _sweep_without("unsent_failure_email"),
        ("lost_events",),
        "sweep: emails.claim",
        noticed_by=("a failed run's requester was not mailed",),
    ),
    Mutant(
        "sweep ignores clean-up",
        _sweep_without("cleanup"),
        ("bad_day",),
        "cancel: ",
        noticed_by=("a cancelled run left objects behind",),
    ),
)
