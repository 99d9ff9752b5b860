"""The invariants notice every break of the protocols; a crash does not count."""

from tests.faults.matrix import Workers
from tests.faults.mutants import MUTANTS


def test_every_mutant_is_noticed(workers: Workers, figures: list[str]) -> None:
    kills = workers.run_mutants([mutant.name for mutant in MUTANTS])
    killed = [kill for kill in kills if kill.noticed]
    runs = sum(kill.runs for kill in kills)
    figures.append(f"mutants: {len(killed)} of {len(kills)} killed in {runs} runs")
    figures += [
        f"  {kill.mutant:<56} {kill.noticed or 'SURVIVED'} [{kill.runs}]"
        for kill in sorted(kills, key=lambda kill: kill.mutant)
    ]
    assert [kill.mutant for kill in kills if not kill.noticed] == []
    # By the invariants that are about it, and by no accident.
    wrong = {k.mutant: (k.missing, k.strange) for k in kills if k.missing or k.strange}
    assert wrong == {}
    assert len(killed) >= 57
