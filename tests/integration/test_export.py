"""The whole export, step by step, on a real database."""

from tests.fix_world import World


def test_export_equals_an_independent_query(world: World) -> None:
    run = world.start().run
    assert world.run_to_end(run.ref) == "completed"
    assert world.records(run.id) == world.expected()
    row = world.run(run.id)
    assert (row["status"], row["row_count"], row["pages_done"]) == ("completed", 240, 5)
    assert len(world.sent()) == 1
