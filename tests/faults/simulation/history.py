"""A history as data: people's acts, faults and the order."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from tests.faults.injector import Fault, Kind

MINUTE, HOUR, DAY = 60, 3600, 86400
HALF_DAY = 12 * HOUR
# Shorter than what may pass while a step is at work.
NEARLY = 20


@dataclass(frozen=True)
class Act:
    """What somebody does, so many effects after the begin, to the run of a number."""

    do: str
    after: int = 0
    user: str = ""
    request: str = "all"
    key: str | None = None
    run: int = 0
    seconds: int = 0
    point: str = ""


@dataclass(frozen=True)
class History:
    """All choices; the same history has the same course."""

    seed: int
    acts: tuple[Act, ...]
    faults: tuple[Fault, ...] = ()
    # Which process goes on; None lets each run to its end.
    order: int | None = 0
    max_running: int = 10
    # How many seconds after its begin a day ends.
    to_midnight: int = HALF_DAY
    min_rows: int = 3
    # Give way before every statement, not only at the edges of effects.
    fine: bool = False

    def dump(self) -> str:
        """Return the history as JSON."""
        return json.dumps(
            {
                **asdict(self),
                "acts": [_without_defaults(act) for act in self.acts],
            }
        )

    @classmethod
    def load(cls, text: str) -> "History":
        fields = json.loads(text)
        fields["acts"] = tuple(Act(**act) for act in fields["acts"])
        fields["faults"] = tuple(
            Fault(f["point"], Kind(f["kind"]), f["occurrence"])
            for f in fields["faults"]
        )
        return cls(**fields)


def _without_defaults(act: Act) -> dict[str, Any]:
    usual = asdict(Act(""))
    return {key: it for key, it in asdict(act).items() if it != usual[key]}
