"""A history while it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any

from tests.faults.injector import Fault, Kind, kinds_for
from tests.faults.points import POINTS
from tests.faults.simulation.history import HALF_DAY, Act
from tests.faults.simulation.surroundings import REQUESTS

PAIRS: Sequence[tuple[str, Kind]] = [
    pair for point in sorted(POINTS) for pair in product([point], kinds_for(point))
]
# The plain ones are the most frequent.
REQUESTED = ("all", "settled", "open", "recent") * 3 + tuple(REQUESTS)[4:]
PEOPLE = ("user_alice", "user_bob", "user_carol", "user_dave")
RARE_PEOPLE = ("user_erin", "user_frank")
FATAL = (
    "Write Page: put_object",
    "Compose File: create_multipart_upload",
    "Plan Pages: plans.freeze",
    "Compose File: runs.record_file",
)


@dataclass
class Draft:
    random: Random
    acts: list[Act] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    to_midnight: int = HALF_DAY

    def start(self, user: str | None = None, after: int | None = None) -> None:
        random = self.random
        user = user or random.choice(PEOPLE * 4 + RARE_PEOPLE)
        after = random.choice([0, 0, random.randrange(15)]) if after is None else after
        request = "recent" if user == "user_erin" else random.choice(REQUESTED)
        key = random.choice([None, None, None, "k1", "k2"])
        self.acts.append(Act("start", after, user, request, key))

    def act(self, do: str, earliest: int, latest: int, **more: Any) -> None:
        more.setdefault("run", self.random.randrange(3))
        self.acts.append(Act(do, self.random.randint(earliest, latest), **more))

    def fault(self, point: str, kind: Kind, occurrence: int = 1) -> None:
        self.faults.append(Fault(point, kind, occurrence))
