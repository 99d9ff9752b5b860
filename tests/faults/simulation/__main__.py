"""Plays one history again and prints its course: `make replay SEED=5`."""

import argparse
import sys
from contextlib import nullcontext

import psycopg

import tests.conftest  # noqa: F401 - sets the environment of all tests
from tests.faults.mutants import applied
from tests.faults.simulation.draw import draw
from tests.faults.simulation.history import History
from tests.faults.simulation.many import simulator
from tests.faults.simulation.play import play
from tests.fix_postgres import copy_template, socket_urls, started_cluster


def main() -> int:
    """Exit with 1 if the history violates something."""
    parser = argparse.ArgumentParser(prog="make replay")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--seed", type=int)
    wanted.add_argument("--history")
    parser.add_argument("--mutant", help="what to break on purpose")
    given = parser.parse_args()
    history = History.load(given.history) if given.history else draw(given.seed)
    with started_cluster() as cluster:
        with psycopg.connect(
            cluster.url_of("postgres", "postgres"), autocommit=True
        ) as admin:
            copy_template(admin, "replay")
        lab = simulator(socket_urls(cluster, "replay"))
        with applied(given.mutant, lab) if given.mutant else nullcontext():
            course = play(lab, history)
        for connection in (lab.db, *lab.idle, lab.admin):
            connection.close()
    lines = [history.dump()]
    lines += [f"  {who:<14} {point:<44} {fault}" for who, point, fault in course.trace]
    lines += [f"{len(course.violations)} violations", *course.violations]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if course.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
