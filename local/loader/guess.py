"""Decides how a whole column is written, or says why it cannot.

``1.234`` and ``01/02/2024`` mean different things to different writers. All values of
a column are read in the same way, and the caller chooses if they allow several ways.
dateutil and Babel do not help: they judge one value at a time, and they accept text
that is not meant as a number or a date.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from local.loader.problems import CsvError

# The meaning of a value for each way of reading that fits it.
Readings = Mapping[str, str]


@dataclass
class Guess:
    """Sees the values of one column and decides on one way to read them all."""

    column: str
    option: str
    choices: tuple[str, ...]
    readings: Callable[[str], Readings]
    _left: set[str] = field(init=False)
    _excluding: list[tuple[int, str]] = field(init=False, default_factory=list)
    # One example for each kind of ambiguity: which ways give the same meaning.
    _examples: dict[frozenset[frozenset[str]], tuple[int, str]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._left = set(self.choices)

    def see(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Narrow the choice. A value that fits no way is ignored."""
        for value in dict.fromkeys(cells):
            fits = self.readings(value)
            if not fits or (len(self._left) == 1 and self._left <= fits.keys()):
                continue
            excluded = self._left - fits.keys()
            if excluded or len({fits[choice] for choice in self._left}) > 1:
                seen = (lines[cells.index(value)], value)
                if excluded:
                    self._excluding.append(seen)
                    self._left -= excluded
                self._examples.setdefault(_agreement(fits), seen)

    def decide(self) -> str:
        """Return the way. Raises CsvError if none or more than one is left."""
        if not self._left:
            (line, value), (other_line, other) = self._conflict()
            raise CsvError(
                f"{self.column} is written in more than one way: {value!r} (line"
                f" {line}) and {other!r} (line {other_line}). Make the column uniform,"
                f" or say which way is right: {self.option} {' or '.join(self.choices)}"
            )
        left = [choice for choice in self.choices if choice in self._left]
        for line, value in self._examples.values():
            fits = self.readings(value)
            if len({fits.get(choice) for choice in left}) > 1:
                ways = " or ".join(
                    f"{self.option} {choice} ({fits[choice]})" for choice in left
                )
                raise CsvError(
                    f"{self.column} {value!r} (line {line}) can be read in more than"
                    f" one way, and no other value of the column settles it: say {ways}"
                )
        return left[0]

    def _conflict(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """Return two values that exclude each other, if there are such."""
        *others, last = self._excluding
        fits = self.readings(last[1]).keys()
        apart = (one for one in others if fits.isdisjoint(self.readings(one[1])))
        return next(apart, others[0]), last


def _agreement(fits: Readings) -> frozenset[frozenset[str]]:
    """Group the ways that give a value the same meaning."""
    return frozenset(
        frozenset(other for other in fits if fits[other] == fits[choice])
        for choice in fits
    )
